"""Finds single characters that the detector overlooks: row numbers, quantities, marks in a table's cells.

The network was trained on words: a lone "2" of 14 px gets a score of 0.2 where a word gets 0.9. Ink of a character's
size that stands on a line with known text and lines up with something above or below is worth a look by the
recogniser, which then decides.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.engine.light.strips import Pixels, Quads

_CONTRAST = 60
"""Difference from the surroundings, of 255, that makes a stroke."""

_HEIGHTS = (0.3, 0.8)
"""A character's height in the detector's line heights, which include a margin: digits have about 0.5."""

_WIDEST = 2.5
"""In line heights: what is wider, the detector finds."""

_JOIN = 0.3
_ON_LINE = 0.2
_LINED_UP = 0.2
_MOST = 60
"""Candidates looked at, at most: each costs the recogniser a few milliseconds."""

Rects = NDArray[np.float32]
"""left, top, right, bottom: shape (pieces, 4)."""


def strays(picture: Pixels, quads: Quads) -> Quads:
    """Pieces of a picture that may be overlooked characters, as boxes with a margin like the detector's."""
    if len(quads) < 2:
        return np.zeros((0, 4, 2), np.float32)
    known = np.concatenate([quads.min(axis=1), quads.max(axis=1)], axis=1)
    unit = float(np.median(known[:, 3] - known[:, 1]))
    found = _joined(_characters(picture, known, unit), unit)
    found = found[(found[:, 2] - found[:, 0]) <= _WIDEST * unit]
    found = found[~_inside(found, known)]
    found = found[_on_line(found, known, unit)]
    found = found[_lined_up(found, known, unit)][:_MOST]
    across, down = 0.12 * unit, 0.25 * unit  # a sheet's rules stand close on the left and the right
    left, top, right, bottom = (found + np.array([-across, -down, across, down], np.float32)).T
    height, width = picture.shape[:2]
    left, top, right, bottom = left.clip(0), top.clip(0), right.clip(max=width - 1), bottom.clip(max=height - 1)
    corners = np.stack([left, top, right, top, right, bottom, left, bottom], axis=1)
    return corners.reshape(-1, 4, 2).astype(np.float32)


def _characters(picture: Pixels, known: Rects, unit: float) -> Rects:
    """Connected strokes of a character's size outside of the known boxes."""
    import cv2

    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    for left, top, right, bottom in known.astype(int):
        grey[max(0, top) : bottom + 1, max(0, left) : right + 1] = grey[max(0, top), max(0, left)]
    kernel = np.ones((max(3, int(0.7 * unit)),) * 2, np.uint8)
    hats = (np.asarray(cv2.morphologyEx(grey, how, kernel)) for how in (cv2.MORPH_BLACKHAT, cv2.MORPH_TOPHAT))
    parts = [_components(hat > _CONTRAST) for hat in hats]
    left, top, right, bottom, area = np.concatenate(parts).T
    width, height = right - left, bottom - top
    fits = (height >= _HEIGHTS[0] * unit) & (height <= _HEIGHTS[1] * unit) & (width <= unit)
    fits &= (area >= 0.3 * height) & (area < 0.85 * width * height)
    return np.asarray(np.stack([left, top, right, bottom], axis=1)[fits], np.float32)


def _components(strokes: NDArray[np.bool_]) -> NDArray[np.float32]:
    """left, top, right, bottom and area of each connected stroke. Dark ones and light ones are looked at apart,
    because the gap between two dark rules is a light one."""
    import cv2

    _, _, stats, _ = cv2.connectedComponentsWithStats(strokes.astype(np.uint8), connectivity=8)
    x, y, width, height, area = stats[1:].T.astype(np.float32)
    return np.asarray(np.stack([x, y, x + width, y + height, area], axis=1), np.float32)


def _joined(characters: Rects, unit: float) -> Rects:
    """Characters next to each other on a line become one piece."""
    pieces: list[list[float]] = []
    for left, top, right, bottom in sorted(characters.tolist(), key=lambda r: (round(r[3] / (0.3 * unit)), r[0])):
        last = pieces[-1] if pieces else None
        if last and 0 <= left - last[2] < _JOIN * unit and abs(bottom - last[3]) < _JOIN * unit:
            last[1], last[2], last[3] = min(top, last[1]), right, max(bottom, last[3])
        else:
            pieces.append([left, top, right, bottom])
    return np.array(pieces, np.float32).reshape(-1, 4)


def _inside(found: Rects, known: Rects) -> NDArray[np.bool_]:
    """Which pieces lie half or more in a known box: what sticks out of it was cut by the box, not overlooked."""
    low = np.maximum(found[:, None, :2], known[None, :, :2])
    high = np.minimum(found[:, None, 2:], known[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area = np.prod(found[:, 2:] - found[:, :2], axis=1)
    return np.asarray((shared >= 0.5 * area[:, None]).any(axis=1))


def _on_line(found: Rects, known: Rects, unit: float) -> NDArray[np.bool_]:
    """Which pieces have known text on their line."""
    middles, lines = (found[:, 1] + found[:, 3]) / 2, (known[:, 1] + known[:, 3]) / 2
    return np.asarray((np.abs(middles[:, None] - lines[None]) < _ON_LINE * unit).any(axis=1))


def _lined_up(found: Rects, known: Rects, unit: float) -> NDArray[np.bool_]:
    """Which pieces share an edge or a middle with other pieces of their column: with a known one, or two strays."""
    if len(found) == 0:
        return np.zeros(0, np.bool_)
    margin = 0.2 * unit  # what the detector adds on each side
    inner = known + np.array([margin, 0, -margin, 0], np.float32)
    return np.asarray((_edges_shared(found, inner, unit) >= 1) | (_edges_shared(found, found, unit) >= 3))


def _edges_shared(found: Rects, others: Rects, unit: float) -> NDArray[np.int64]:
    """With how many others (itself among them, where it is one) each piece shares its left, middle or right."""
    shared = np.zeros((len(found), len(others)), np.bool_)
    for weight in (0.0, 0.5, 1.0):
        a, b = ((1 - weight) * rects[:, 0] + weight * rects[:, 2] for rects in (found, others))
        shared |= np.abs(a[:, None] - b[None]) < _LINED_UP * unit
    return np.asarray(shared.sum(axis=1))
