"""At which size to look for text on a picture, and where to cut it so that no line of text is cut."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
Quads = NDArray[np.float32]
"""Four corners of each piece of text, clockwise from the top left: shape (pieces, 4, 2), pixels of the picture."""

_COARSE_PIXELS = 1920 * 1088
"""The first look's size. On two cores the detector takes 0.63 s for it, which leaves Stop its 1.5 s."""

_FINE_PIXELS = 4096 * 2304
"""The second look's size, at most: four or five times the first one's time."""

_READABLE = 19.0
"""Height in the detector's pixels below which it begins to miss text (measured: all 96 pieces of a 1080p screen at
25 px, 93 at 21, 87 at 19, 80 at 16)."""

_COMFORTABLE = 25.0
_LARGEST_SCALE = 3.0
_SMALLEST_SIDE = 32
"""The detector's stride: below one stride there is nothing to look at."""


def coarse_scale(picture: Pixels) -> float:
    """The scale of the first look: small pictures as they are, large ones shrunk to a bounded number of pixels."""
    height, width = picture.shape[:2]
    return float(min(1.0, (_COARSE_PIXELS / (height * width)) ** 0.5))


def refined_scale(picture: Pixels, quads: Quads, coarse: float) -> float:
    """The scale of a second look, or `coarse` where the first one's text was large enough.

    Judged by the smaller text of the picture, so that large headings don't hide a small table.
    """
    height, width = picture.shape[:2]
    if len(quads) == 0:
        return float(min(1.0, (_FINE_PIXELS / (height * width)) ** 0.5))
    small_text = float(np.percentile(_heights(quads), 25)) * coarse
    if small_text >= _READABLE:
        return coarse
    wanted = coarse * min(_LARGEST_SCALE, _COMFORTABLE / max(small_text, 1.0))
    return float(min(wanted, (_FINE_PIXELS / (height * width)) ** 0.5))


def scaled(picture: Pixels, scale: float) -> tuple[Pixels, NDArray[np.float32]]:
    """The picture at `scale` with both sides at least one stride long, and the (x, y) factors that it was scaled by."""
    import cv2

    height, width = picture.shape[:2]
    new_width, new_height = max(_SMALLEST_SIDE, round(width * scale)), max(_SMALLEST_SIDE, round(height * scale))
    factors = np.array([new_width / width, new_height / height], np.float32)
    if (new_width, new_height) == (width, height):
        return picture, factors
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(picture, (new_width, new_height), interpolation=how), np.uint8), factors


def strips(picture: Pixels, quads: Quads, scale: float) -> list[tuple[int, int]]:
    """Cuts a picture into strips of a bounded number of pixels at `scale`, at rows that no known text crosses.

    Returns:
        (top, bottom) of each strip, from the top; strips of one plain colour are left out.
    """
    height, width = picture.shape[:2]
    tallest = max(64, int(_COARSE_PIXELS / scale**2 / width))
    crossed = _crossings(quads, height)
    found, top = [], 0
    while top < height:
        bottom = min(height, top + tallest)
        if bottom < height:
            window = crossed[top + tallest // 2 : bottom]
            quiet = np.flatnonzero(window == window.min())
            bottom = top + tallest // 2 + int(quiet[-1]) + 1
        if np.ptp(picture[top:bottom].reshape(-1, 3), axis=0).any():
            found.append((top, bottom))
        top = bottom
    return found


def tidy(quads: Quads) -> Quads:
    """Pulls apart pieces that overlap a neighbour above, below or beside them.

    The detector grows each piece by a share of its height; where lines or cells are tight, the neighbour's strokes
    come into the crop and turn letters into accented ones, or words into wider ones.
    """
    quads = quads.copy()
    for axis in (0, 1):
        near, far = quads[:, :, axis].min(axis=1), quads[:, :, axis].max(axis=1)
        low, high = quads[:, :, 1 - axis].min(axis=1), quads[:, :, 1 - axis].max(axis=1)
        for first in range(len(quads)):
            shared = np.minimum(high[first], high) - np.maximum(low[first], low)
            beside = shared > _BESIDE[axis] * np.minimum(high[first] - low[first], high - low)
            depth = far[first] - near
            after = beside & (near > near[first]) & (far > far[first]) & (depth > 0)
            after &= depth < 0.5 * np.minimum(far[first] - near[first], far - near)
            for second in np.flatnonzero(after):
                _part(quads[first], quads[second], axis)
    return quads


_BESIDE = (0.5, 0.0)
"""How much of the smaller one's extent two pieces must share to count as neighbours: on a line, or in a column."""

_ENDS = (([1, 2], [0, 3]), ([2, 3], [0, 1]))
"""The corners at a piece's far end and at its near end, along x and along y."""


def _part(first: NDArray[np.float32], second: NDArray[np.float32], axis: int) -> None:
    """Moves the two facing ends to the middle of what they share."""
    far, near = _ENDS[axis]
    seam = (first[far, axis].max() + second[near, axis].min()) / 2
    first[far, axis] = np.minimum(first[far, axis], seam)
    second[near, axis] = np.maximum(second[near, axis], seam)


def _heights(quads: Quads) -> NDArray[np.float32]:
    sides = np.linalg.norm(quads - np.roll(quads, -1, axis=1), axis=2)
    return np.asarray(np.minimum(sides[:, 0], sides[:, 1]), np.float32)


def _crossings(quads: Quads, height: int) -> NDArray[np.int64]:
    """How many pieces of text each row of the picture crosses."""
    change = np.zeros(height + 1, np.int64)
    tops = np.clip(quads[:, :, 1].min(axis=1), 0, height).astype(int)
    bottoms = np.clip(np.ceil(quads[:, :, 1].max(axis=1)), 0, height).astype(int)
    np.add.at(change, tops, 1)
    np.add.at(change, bottoms, -1)
    return np.asarray(np.cumsum(change)[:height])
