"""Finds and reads text on a picture with RapidOCR (the PP-OCR networks inside its wheel, on ONNX Runtime).

The work is cut into slices of well under a second, with a look at the cancel token between them: detection into
horizontal strips, recognition into small batches.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.cancel import CancelToken
from assistant.engine.light.boxes import Box, Span
from assistant.engine.light.ink import word_columns
from assistant.engine.light.regions import regions
from assistant.engine.light.strays import strays
from assistant.engine.light.strips import Quads, coarse_scale, refined_scale, scaled, strips, tidy

Pixels = NDArray[np.uint8]

_NOTHING: Quads = np.zeros((0, 4, 2), np.float32)

_BATCH = 3
"""Pieces recognised in one go. Measured on 96 pieces of a 1080p screen: 3 at once 0.68 s, 6: 0.91 s, 12: 1.09 s,
because a batch is padded to its widest piece."""

_BOX_THRESHOLD = 0.4
"""The detector's own 0.5 misses single digits of 13 px, such as a sheet's row numbers; 0.4 finds them."""

_LOWEST_SCORE = 0.5
"""Below it, RapidOCR's default too, what was read is an icon or a line rather than text."""

_SURE = 0.85
"""The score from which a stray piece of ink is taken for a character."""

_LOOK_SECONDS = 0.02

_UPRIGHT = 2.5
"""A piece this much taller than wide is text on its side; a digit (about 1.7) is not."""


class Ocr:
    """Text on pictures. Not thread-safe: one caller at a time.

    Args:
        threads: of ONNX Runtime, for each of the two networks.
    """

    def __init__(self, threads: int) -> None:
        self._threads = max(1, threads)
        self._rapid: Any = None
        self._loading = threading.Lock()
        self._begun: dict[Any, Any] = {}
        """Slices of the picture whose reading was stopped, by their pixels: the next try goes on from there."""

    def load(self) -> None:
        """Builds the two networks (about a second). Does nothing when they are."""
        with self._loading:
            if self._rapid is None:
                self._rapid = self._built()

    def load_beside(self, cancel: CancelToken) -> None:
        """As `load`, on a thread of its own, which goes on when the wait for it is stopped.

        Raises:
            Cancelled: the token was set.
        """
        if self._rapid is not None:
            return
        thread = ThreadPoolExecutor(1, "ocr-loading")
        loading = thread.submit(self.load)
        thread.shutdown(wait=False)
        while not loading.done():
            cancel.check()
            cancel.wait(_LOOK_SECONDS)
        loading.result()

    def _built(self) -> Any:
        from rapidocr import RapidOCR

        logging.getLogger("RapidOCR").setLevel(logging.ERROR)
        return RapidOCR(
            params={
                "Global.log_level": "error",
                "Global.use_cls": False,
                "Global.use_preprocess_img": False,
                "EngineConfig.onnxruntime.intra_op_num_threads": self._threads,
                "Det.limit_side_len": 32,  # this module scales; the detector's own step would blow up small pictures
                "Det.box_thresh": _BOX_THRESHOLD,
                "Rec.rec_img_shape": [3, 48, 48],  # the default pads each short piece to 320 columns
                "Rec.rec_batch_num": _BATCH,
            }
        )

    def unload(self) -> None:
        with self._loading:
            self._rapid = None
        self.forget()

    def forget(self) -> None:
        """Drops what was done for a picture whose reading was stopped."""
        self._begun.clear()

    def read(self, pixels: Pixels, cancel: CancelToken) -> list[Box]:
        """Reads all text. Stopped, it goes on at the next call for the same picture with what was done by then.

        Args:
            pixels: uint8, shape (height, width, 3), RGB.

        Returns:
            The boxes in the recogniser's order (by line, then from the left); empty where there is no text.
        """
        self.load()
        picture = np.ascontiguousarray(pixels[:, :, ::-1])  # RapidOCR expects OpenCV's BGR
        found = self._detect(picture, cancel)
        quads = tidy(np.concatenate([found, strays(picture, found)]))
        boxes = self._recognise(picture, quads[: len(found)], cancel)
        lone = self._recognise(picture, quads[len(found) :], cancel)
        self._begun.clear()
        kept = [box for box in boxes if box.text and box.score >= _LOWEST_SCORE]
        return _with_strays(kept, [box for box in lone if _is_character(box)])

    def _detect(self, picture: Pixels, cancel: CancelToken) -> Quads:
        """The pieces of text of the whole picture, in the recogniser's order."""
        parts = [_NOTHING]
        for left, top, right, bottom in regions(picture):
            found = self._detect_region(picture[top:bottom, left:right], cancel)
            parts.append(found + np.array([left, top], np.float32))
        quads = np.concatenate(parts)
        return np.asarray(self._detector.sorted_boxes(quads), np.float32) if len(quads) else quads

    def _detect_region(self, region: Pixels, cancel: CancelToken) -> Quads:
        """Looks once at a bounded size, and again strip by strip at a larger one where the text came out small."""
        coarse = coarse_scale(region)
        quads = self._detect_scaled(region, coarse, cancel)
        fine = refined_scale(region, quads, coarse)
        if fine <= coarse:
            return quads
        parts = [
            self._detect_scaled(region[top:bottom], fine, cancel) + np.array([0, top], np.float32)
            for top, bottom in strips(region, quads, fine)
        ]
        return np.concatenate([_NOTHING, *parts])

    def _detect_scaled(self, picture: Pixels, scale: float, cancel: CancelToken) -> Quads:
        small, factors = scaled(picture, scale)
        key = (small.shape, small.tobytes())
        if key not in self._begun:
            cancel.check()
            self._begun[key] = self._detector(small).boxes
        found = self._begun[key]
        if found is None or len(found) == 0:
            return _NOTHING
        return np.asarray(found, np.float32) / factors

    @property
    def _detector(self) -> Any:
        return self._rapid._load_det_model()

    def _recognise(self, picture: Pixels, quads: Quads, cancel: CancelToken) -> list[Box]:
        pieces = [self._cut(picture, quad) for quad in quads]
        keys = [(piece.shape, piece.tobytes()) for piece in pieces]
        unique = {key: piece for key, piece in zip(keys, pieces, strict=True)}
        read: dict[Any, tuple[str, float]] = {}
        by_width = sorted(unique, key=lambda key: key[0][1] / key[0][0])
        for start in range(0, len(by_width), _BATCH):
            # A batch is kept as a whole: what is read of a piece depends a little on those beside it.
            batch = tuple(by_width[start : start + _BATCH])
            if batch not in self._begun:
                cancel.check()
                result = self._rapid.recognize_txt([unique[key] for key in batch])
                self._begun[batch] = list(zip(result.txts, result.scores, strict=True))
            read.update(zip(batch, self._begun[batch], strict=True))
        return [_box(quad, piece, *read[key]) for quad, piece, key in zip(quads, pieces, keys, strict=True)]

    def _cut(self, picture: Pixels, quad: NDArray[np.float32]) -> Pixels:
        """The pixels of one piece of text, turned upright."""
        left, top = np.floor(quad.min(axis=0)).astype(int)
        right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 1
        slant = np.abs(quad[0, 1] - quad[1, 1])
        if slant > 0.25 * (bottom - top):
            return np.ascontiguousarray(self._rapid.crop_text_regions(picture, quad[None])[0])
        piece = picture[max(0, top) : bottom, max(0, left) : right]
        tall = piece.shape[0] >= _UPRIGHT * piece.shape[1]
        return np.ascontiguousarray(np.rot90(piece) if tall else piece)


def _is_character(box: Box) -> bool:
    """Whether a stray turned out to be text beyond doubt, rather than an icon or a bullet."""
    return box.score >= _SURE and box.text.isascii() and any(letter.isalnum() for letter in box.text)


def _with_strays(boxes: list[Box], lone: list[Box]) -> list[Box]:
    """Puts strays where they belong in the recogniser's order: before the first box that comes after them."""
    for stray in lone:
        after = (at for at, box in enumerate(boxes) if _comes_before(stray, box))
        boxes.insert(next(after, len(boxes)), stray)
    return boxes


def _comes_before(stray: Box, box: Box) -> bool:
    if abs(stray.middle_y - box.middle_y) <= 0.5 * stray.height:
        return stray.x < box.x
    return stray.middle_y < box.middle_y


def _box(quad: NDArray[np.float32], piece: Pixels, text: str, score: float) -> Box:
    left, top = (float(value) for value in quad.min(axis=0))
    right, bottom = (float(value) for value in quad.max(axis=0))
    text = " ".join(text.split())
    words: tuple[Span, ...] = ()
    if abs(piece.shape[1] - (right - left)) <= 3:  # upright, as it lies on the picture
        words = tuple(Span(left + first, left + last + 1) for first, last in word_columns(piece, len(text.split())))
    if words:
        left, right = words[0].start, words[-1].end
    return Box(left, top, max(1.0, right - left), bottom - top, text, float(score), words)
