"""Finds charts by their writing: a row of labels with numbers above each, at heights of their own.

In a table the numbers above a row's cells stand on common lines; over the labels of bars and curves they don't.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.engine.light.boxes import Box, text_height
from assistant.engine.light.layout_rows import Row, rows
from assistant.engine.light.numbers import number

_FEWEST_LABELS = 3
_MOST_SERIES = 4
_EVEN = 0.25
"""Share of the usual distance by which the labels' distances may differ."""

_OVER = 0.4
"""Share of that distance within which a number belongs to the label below it."""

_COVERED = 0.7
"""Share of the labels that must have a number above."""

_ON_COMMON_LINES = 0.5
"""Share of the numbers on a line with another label's from which on it is a table."""

_SAME_LINE = 0.15


@dataclass(frozen=True)
class Chart:
    """Labels with the numbers above them (from the left, or from the top where they stand over each other), and the
    numbers at the axis."""

    values: tuple[tuple[str, tuple[str, ...]], ...]
    axis: tuple[str, ...]


def find_charts(boxes: Sequence[Box]) -> tuple[list[Chart], list[Box]]:
    """Takes charts out of the boxes; each box is in one chart or in the rest."""
    for row in reversed(rows(boxes)):
        found = _chart(row, [box for box in boxes if box.middle_y < row[0].middle_y - 0.5 * row[0].height])
        if found is not None:
            chart, used = found
            more, rest = find_charts([box for box in boxes if box not in used])
            return [*more, chart], rest
    return [], list(boxes)


def _chart(labels: Row, above: Sequence[Box]) -> tuple[Chart, list[Box]] | None:
    if len(labels) < _FEWEST_LABELS or not _evenly_spaced(labels):
        return None
    step = statistics.median(b.middle_x - a.middle_x for a, b in itertools.pairwise(labels))
    numbers = [box for box in above if number(box.text)]
    groups = [[box for box in numbers if abs(box.middle_x - label.middle_x) <= _OVER * step] for label in labels]
    if not _is_chart(groups):
        return None
    axis = [box for box in numbers if box.middle_x < labels[0].middle_x - _OVER * step]
    values = tuple((label.text, _in_order(group, step)) for label, group in zip(labels, groups, strict=True))
    used = [*labels, *axis, *(box for group in groups for box in group)]
    return Chart(values, tuple(box.text for box in sorted(axis, key=lambda b: -b.y))), used


def _evenly_spaced(labels: Row) -> bool:
    steps = [b.middle_x - a.middle_x for a, b in itertools.pairwise(labels)]
    usual = statistics.median(steps)
    return all(abs(step - usual) <= _EVEN * usual for step in steps)


def _is_chart(groups: Sequence[Sequence[Box]]) -> bool:
    covered = sum(1 for group in groups if group)
    numbers = [box for group in groups for box in group]
    if covered < max(_FEWEST_LABELS, _COVERED * len(groups)) or max(map(len, groups)) > _MOST_SERIES:
        return False
    unit = text_height(numbers)
    common = [
        box
        for group in groups
        for box in group
        if any(other not in group and abs(other.middle_y - box.middle_y) <= _SAME_LINE * unit for other in numbers)
    ]
    return len(common) < _ON_COMMON_LINES * len(numbers)


def _in_order(group: Sequence[Box], step: float) -> tuple[str, ...]:
    if not group:
        return ()
    beside = max(b.middle_x for b in group) - min(b.middle_x for b in group) > 0.1 * step
    return tuple(box.text for box in sorted(group, key=lambda b: b.x if beside else b.y))
