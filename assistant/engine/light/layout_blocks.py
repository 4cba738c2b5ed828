"""Boxes to blocks: panels, text columns and single stretches of a window, in reading order.

A top-down cut at *gutters*: empty vertical strips with text on both sides. What decides is whether the two sides share
their lines: cells of one table stand on common lines, a side bar and the page beside it don't. Two columns of running
text are told from a table by their long lines.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.engine.light.boxes import Box, Span, columns_of, rows_of, text_height

_GUTTER = 1.0
"""Narrowest gutter, in line heights."""

_SAME_LINE = 0.15
"""In line heights: middles at most this far apart are on one line (boxes of one row differ by a pixel or three)."""

_BESIDE = 0.75
"""In line heights: middles at most this far apart stand beside each other, on one line or not."""

_MISALIGNED = 0.35
"""Share of the lines beside each other that aren't on one line, from which on the two sides are two things. Two lists
of unequal pitch have about 0.7; a table has none, save where the recogniser drew a box badly."""

_PARTNERED = 0.6
"""Share of lines with a partner from which on running text belongs to what stands beside it."""

_FEWEST_LINES = 2
_PROSE_CHARACTERS = 24
_FULL_LINE = 0.8
"""A column whose usual line has at least so many characters and fills so much of its width is running text."""


@dataclass(frozen=True)
class _Gutter:
    run: Span
    left: tuple[Box, ...]
    right: tuple[Box, ...]

    @property
    def weight(self) -> float:
        return self.run.length


def blocks(boxes: Sequence[Box]) -> list[tuple[Box, ...]]:
    """Cuts into blocks in reading order; each box is in exactly one block."""
    if len(boxes) < 2 * _FEWEST_LINES:
        return [tuple(boxes)] if boxes else []
    gutter = _widest_gutter(boxes)
    if gutter is None:
        return [tuple(boxes)]
    above = [box for box in boxes if box.middle_y < gutter.run.start]
    below = [box for box in boxes if box.middle_y >= gutter.run.end]
    parts = (above, gutter.left, gutter.right, below)
    return [block for part in parts for block in blocks(part)]


def _widest_gutter(boxes: Sequence[Box]) -> _Gutter | None:
    """The tallest gutter that parts two things which don't belong together."""
    unit = text_height(boxes)
    edges = sorted({round(box.right) for box in boxes})
    found = [gutter for edge in edges for gutter in _gutters_at(boxes, float(edge), unit)]
    for gutter in sorted(found, key=lambda g: -g.weight):
        if _apart(gutter.left, gutter.right, unit):
            return gutter
    return None


def _gutters_at(boxes: Sequence[Box], edge: float, unit: float) -> list[_Gutter]:
    """The gutters that begin at the x coordinate `edge`: one for each stretch between boxes that cross it."""
    strip = Span(edge + 0.5, edge + 0.5 + _GUTTER * unit)
    free = [box for box in boxes if box.right <= strip.start or box.x >= strip.end]
    crossing = sorted(box.middle_y for box in boxes if not (box.right <= strip.start or box.x >= strip.end))
    whole = rows_of(boxes)
    bounds = [whole.start - unit, *crossing, whole.end + unit]
    found = []
    for start, end in itertools.pairwise(bounds):
        inside = [box for box in free if start < box.middle_y < end]
        left = tuple(box for box in inside if box.right <= strip.start)
        right = tuple(box for box in inside if box.x >= strip.end)
        if _lines(left, unit) >= _FEWEST_LINES and _lines(right, unit) >= _FEWEST_LINES:
            middles = [box.middle_y for box in inside]
            found.append(_Gutter(Span(min(middles), max(middles) + 0.01), left, right))
    return found


def _lines(boxes: Sequence[Box], unit: float) -> int:
    return len(_line_middles(boxes, unit))


def _line_middles(boxes: Sequence[Box], unit: float) -> list[float]:
    middles: list[float] = []
    for middle in sorted(box.middle_y for box in boxes):
        if not middles or middle - middles[-1] > 2 * _SAME_LINE * unit:
            middles.append(middle)
    return middles


def _apart(left: Sequence[Box], right: Sequence[Box], unit: float) -> bool:
    prose = _is_prose(left), _is_prose(right)
    if all(prose) or _misaligned(left, right, unit):
        return True
    return any(prose) and _partnered(*((left, right) if prose[0] else (right, left)), unit) < _PARTNERED


def _partnered(prose: Sequence[Box], other: Sequence[Box], unit: float) -> float:
    """Which share of the lines of running text has something on the same line: all of a log's, few beside a menu."""
    a, b = _line_middles(prose, unit), _line_middles(other, unit)
    return sum(1 for middle in a if min(abs(middle - m) for m in b) <= _SAME_LINE * unit) / len(a)


def _is_prose(boxes: Sequence[Box]) -> bool:
    if len(boxes) < 3 or statistics.median(len(box.text) for box in boxes) < _PROSE_CHARACTERS:
        return False
    span = columns_of(boxes)
    full = [box for box in boxes if box.right - span.start >= _FULL_LINE * span.length]
    return len(full) * 2 >= len(boxes)


def _misaligned(left: Sequence[Box], right: Sequence[Box], unit: float) -> bool:
    """Whether lines that stand beside each other mostly don't stand on one line."""
    a, b = sorted((_line_middles(left, unit), _line_middles(right, unit)), key=len)
    apart = [distance for middle in a if (distance := min(abs(middle - m) for m in b)) <= _BESIDE * unit]
    off = sum(1 for distance in apart if distance > _SAME_LINE * unit)
    return off >= 2 and off >= _MISALIGNED * len(apart)
