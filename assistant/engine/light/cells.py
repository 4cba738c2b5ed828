"""Cuts pieces that the detector drew across several cells, where the rows around show that there is a gap."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from assistant.engine.light.boxes import Box, Span, split
from assistant.engine.light.layout_rows import Row

_REACH = 4
"""Rows above and below that are asked."""

_WITNESSES = 2
"""Rows that must have a gap in the same place; one is a coincidence."""

Gap = tuple[Box, Box]
"""Two neighbours of one row."""


def part_cells(rows: Sequence[Row]) -> list[Row]:
    """The same rows with pieces cut at the gaps of their neighbours."""
    gaps = [list(itertools.pairwise(row)) for row in rows]
    found = []
    for at, row in enumerate(rows):
        near = gaps[max(0, at - _REACH) : at] + gaps[at + 1 : at + 1 + _REACH]
        found.append(tuple(part for box in row for part in _cut(box, near)))
    return found


def _cut(box: Box, near: Sequence[Sequence[Gap]]) -> list[Box]:
    before = [
        at
        for at in range(1, len(box.words))
        if sum(any(_parts(gap, box.words, at) for gap in gaps) for gaps in near) >= _WITNESSES
    ]
    return split(box, before) if before else [box]


def _parts(gap: Gap, words: Sequence[Span], at: int) -> bool:
    """Whether the words before `at` stand over or under the gap's left neighbour alone, and the others its right."""
    left, right = (Span(box.x, box.right) for box in gap)
    before, after = Span(words[0].start, words[at - 1].end), Span(words[at].start, words[-1].end)
    apart = left.overlap(after) <= 0 and right.overlap(before) <= 0
    return apart and left.overlap(before) > 0 and right.overlap(after) > 0
