"""Cuts pieces that the detector drew across several cells, where wide gaps or the rows around show that there is one.

The detector joins what stands closer than about a line's height, which in sheets, file lists and logs is several
columns. Two signs part them again: a gap far wider than a space, and a gap that other rows have in the same place with
words lined up at its edge. Running text has neither: its lines have words where another one has a gap.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from assistant.engine.light.boxes import Box, Span, split
from assistant.engine.light.layout_rows import Row

_WIDE = 0.8
"""In line heights: wider than any space between words (0.2; after a comma in a fixed-width font 0.6)."""

_REACH = 4
"""Rows above and below that are asked."""

_PASSES = 3
"""What was cut in one pass speaks for its neighbours in the next."""

_ENOUGH = 2.0
"""What the other rows' signs must add up to: one row alone is a coincidence."""

_WORD_SIGN = 0.5
"""What a row counts whose gap is itself only one between words; a gap between pieces counts 1, and one such there must
be: numbers and their units line up as well."""

_AGAINST = 0.25
"""The share of those signs that rows with a word right there may reach (a heading above a table)."""

_LINED_UP = 0.12
"""In line heights."""


def part_cells(rows: Sequence[Row]) -> list[Row]:
    """The same rows with pieces cut where cells meet."""
    parted = [tuple(part for box in row for part in _cut_wide(box)) for row in rows]
    for _ in range(_PASSES):
        parted = [
            tuple(part for box in row for part in _cut(box, _around(parted, at))) for at, row in enumerate(parted)
        ]
    return parted


def _around(rows: Sequence[Row], at: int) -> list[Row]:
    return [*rows[max(0, at - _REACH) : at], *rows[at + 1 : at + 1 + _REACH]]


def _cut_wide(box: Box) -> list[Box]:
    gaps = [right.start - left.end for left, right in itertools.pairwise(box.words)]
    return split(box, [at for at, gap in enumerate(gaps, 1) if gap >= _WIDE * box.height])


def _cut(box: Box, near: Sequence[Row]) -> list[Box]:
    return split(box, [at for at in range(1, len(box.words)) if _is_cell_gap(box, at, near)])


def _is_cell_gap(box: Box, at: int, near: Sequence[Row]) -> bool:
    left, right = box.words[at - 1], box.words[at]
    gap = Span(left.end, right.start)
    signs = [_sign(gap, row, box) for row in near]
    against = sum(_covers(gap, row) for row in near)
    return 1.0 in signs and sum(signs) >= _ENOUGH and against <= _AGAINST * sum(signs)


def _sign(gap: Span, row: Row, box: Box) -> float:
    """How much a row speaks for a gap: 1 for one between its pieces, less for one between words, 0 for none."""
    if any(_same_gap(gap, a.right, b.x, box) or _under(gap, a, b, box) for a, b in itertools.pairwise(row)):
        return 1.0
    words = (pair for other in row for pair in itertools.pairwise(other.words))
    return _WORD_SIGN if any(_same_gap(gap, a.end, b.start, box) for a, b in words) else 0.0


def _same_gap(gap: Span, end: float, start: float, box: Box) -> bool:
    """Whether a gap from `end` to `start` overlaps `gap` and shares an edge with it."""
    tolerance = _LINED_UP * box.height
    shared = abs(end - gap.start) <= tolerance or abs(start - gap.end) <= tolerance
    return shared and gap.overlap(Span(end, start)) > 0


def _under(gap: Span, a: Box, b: Box, box: Box) -> bool:
    """Whether the words before the gap stand over or under `a` alone, and those after it over or under `b` alone."""
    left, right = Span(a.x, a.right), Span(b.x, b.right)
    before, after = Span(box.x, gap.start), Span(gap.end, box.right)
    apart = left.overlap(after) <= 0 and right.overlap(before) <= 0
    return apart and left.overlap(before) > 0 and right.overlap(after) > 0


def _covers(gap: Span, row: Row) -> bool:
    """Whether a word of the row stands in the middle of the gap."""
    middle = (gap.start + gap.end) / 2
    words = (word for box in row for word in (box.words or (Span(box.x, box.right),)))
    return any(word.start < middle < word.end for word in words)
