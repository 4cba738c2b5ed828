"""Where on a piece of text the strokes are: the detector's boxes are too wide, and hold several words."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_CONTRAST = 48
"""Difference from the background, of 255, from which a pixel is part of a stroke."""


def word_columns(piece: NDArray[np.uint8], words: int) -> list[tuple[int, int]]:
    """The first and last column of each word: the widest gaps between strokes are those between words.

    Args:
        piece: uint8, shape (height, width, 3): one line of text.
        words: how many words were read on it.

    Returns:
        One pair for each word, from the left; one pair for all of them where the gaps can't be told; nothing where
        there are no strokes.
    """
    columns = _inked_columns(piece)
    if len(columns) == 0:
        return []
    steps = np.diff(columns)
    gaps = np.flatnonzero(steps > 1)
    if len(gaps) < words - 1:
        return [(int(columns[0]), int(columns[-1]))]
    widest = np.sort(gaps[np.argsort(-steps[gaps], kind="stable")[: words - 1]])
    starts = [int(columns[0]), *(int(columns[gap + 1]) for gap in widest)]
    ends = [*(int(columns[gap]) for gap in widest), int(columns[-1])]
    return list(zip(starts, ends, strict=True))


def _inked_columns(piece: NDArray[np.uint8]) -> NDArray[np.int64]:
    """The columns that hold strokes.

    Only the middle rows count, so that neither rules above and below nor the next lines do; a column that is inked
    from top to bottom is a rule between cells.
    """
    height = piece.shape[0]
    middle = piece[height // 5 : height - height // 5].astype(np.int16)
    strokes = np.abs(middle - np.median(middle, axis=(0, 1))).max(axis=2) > _CONTRAST
    return np.asarray(np.flatnonzero(strokes.any(axis=0) & ~strokes.all(axis=0)))
