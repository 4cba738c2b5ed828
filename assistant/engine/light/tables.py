"""Rows to tables: columns found from how boxes line up, cells rebuilt with the empty ones in place."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.engine.light.boxes import Box, Span, text_height
from assistant.engine.light.cells import part_cells
from assistant.engine.light.layout_rows import Row, is_menu, phrase_text, phrases

_WORD_GAP = 0.7
"""In line heights: the widest gap between two words of one heading."""

_HAIR = 0.1
"""In line heights."""

_FEWEST_ROWS = 2
_LONGEST_CELL = 60
"""Characters; rows of longer pieces are running text beside each other rather than cells."""


@dataclass(frozen=True)
class Table:
    """A rectangle of cells, row by row; every row has as many cells as there are columns, empty ones are ""."""

    cells: tuple[tuple[str, ...], ...]

    @property
    def columns(self) -> int:
        return len(self.cells[0])


def tables(found: Sequence[Row]) -> list[Table | Row]:
    """Turns stretches of rows that share columns into tables; the other rows stay as they are, in order."""
    found = part_cells(found)
    result: list[Table | Row] = []
    start = 0
    while start < len(found):
        end = _stretch(found, start)
        if end - start >= _FEWEST_ROWS:
            result.append(_table(found[start:end]))
            start = end
        else:
            result.append(found[start])
            start += 1
    return result


def _stretch(found: Sequence[Row], start: int) -> int:
    """The end of the stretch of rows from `start` that form one table (`start` + 1: none)."""
    if not _may_begin(found[start]):
        return start + 1
    end = last_full = start + 1
    for row in found[start + 1 :]:
        if not _fits(found[start:end], row) or not _follows(found[end - 1], row, found[start:end]):
            break
        end += 1
        if len(phrases(row)) >= 2:
            last_full = end
    return last_full if _is_table(found[start:last_full]) else start + 1


def _may_begin(row: Row) -> bool:
    cells = phrases(row)
    return not is_menu(row) and len(cells) >= 2 and all(len(phrase_text(cell)) <= _LONGEST_CELL for cell in cells)


def _fits(so_far: Sequence[Row], row: Row) -> bool:
    """Whether no piece of the row lies across two pieces of an earlier one, nor the other way round."""
    if is_menu(row):
        return False
    spans = _spans(row)
    return all(_one_to_one(spans, _spans(earlier)) for earlier in so_far)


def _one_to_one(a: Sequence[Span], b: Sequence[Span]) -> bool:
    across = any(sum(span.overlap(other) > 0 for other in b) > 1 for span in a)
    return not across and not any(sum(span.overlap(other) > 0 for other in a) > 1 for span in b)


def _follows(above: Row, row: Row, so_far: Sequence[Row]) -> bool:
    """Whether the row stands about as far below the last one as the table's rows do from each other."""
    unit = text_height(row)
    gap = row[0].middle_y - above[0].middle_y
    steps = [b[0].middle_y - a[0].middle_y for a, b in itertools.pairwise(so_far)]
    usual = max(steps) if steps else 3 * unit
    return gap <= max(1.7 * usual, 2.2 * unit)


def _is_table(found: Sequence[Row]) -> bool:
    """At least two rows and two columns that each hold two cells or more."""
    if len(found) < _FEWEST_ROWS:
        return False
    columns = _columns(found)
    filled = [sum(1 for row in found if any(c.overlap(s) > 0 for s in _spans(row))) for c in columns]
    return sum(1 for count in filled if count >= 2) >= 2


def _spans(row: Row) -> list[Span]:
    """Where the row's pieces stand, less a hair, so that a rule taken for ink doesn't make neighbours touch."""
    return [_span(box) for box in row]


def _span(box: Box) -> Span:
    hair = min(_HAIR * box.height, 0.2 * box.width)
    return Span(box.x + hair, box.right - hair)


def _merged(spans: Sequence[Span]) -> list[Span]:
    """Overlapping spans joined, from the left."""
    found: list[Span] = []
    for span in sorted(spans, key=lambda s: s.start):
        if found and span.start < found[-1].end:
            found[-1] = Span(found[-1].start, max(found[-1].end, span.end))
        else:
            found.append(span)
    return found


def _columns(found: Sequence[Row]) -> list[Span]:
    """The columns of a stretch of rows.

    A heading on the left of right-aligned numbers doesn't overlap them: neighbours that no row has both of are one
    column.
    """
    columns = _merged([span for row in found for span in _spans(row)])
    unit = text_height([box for row in found for box in row])
    at = 0
    while at + 1 < len(columns):
        a, b = columns[at], columns[at + 1]
        if _exclusive(a, b, found) or _one_phrase(a, b, found, unit):
            columns[at : at + 2] = [Span(columns[at].start, columns[at + 1].end)]
        else:
            at += 1
    return columns


def _exclusive(a: Span, b: Span, found: Sequence[Row]) -> bool:
    """Whether no row has a cell in both; and one of them is only a heading or two, not half of the rows."""
    counts = [0, 0]
    for row in found:
        hits = [any(column.overlap(cell) > 0 for cell in _spans(row)) for column in (a, b)]
        if all(hits):
            return False
        counts = [count + hit for count, hit in zip(counts, hits, strict=True)]
    return min(counts) <= max(1, len(found) // 4)


def _one_phrase(a: Span, b: Span, found: Sequence[Row], unit: float) -> bool:
    """Whether a single row has cells in both, a word's gap apart: a heading that the recogniser cut in two."""
    gaps = []
    for row in found:
        left, right = ([cell for cell in _spans(row) if column.overlap(cell) > 0] for column in (a, b))
        if left and right:
            gaps.append(min(cell.start for cell in right) - max(cell.end for cell in left))
    return len(gaps) == 1 and len(found) > 2 and gaps[0] < _WORD_GAP * unit


def _table(found: Sequence[Row]) -> Table:
    columns = _columns(found)
    return Table(tuple(tuple(_cell(row, column, columns) for column in columns) for row in found))


def _cell(row: Row, column: Span, columns: Sequence[Span]) -> str:
    inside = [box for box in row if _home(box, columns) == column]
    return phrase_text(inside)


def _home(box: Box, columns: Sequence[Span]) -> Span:
    """The column that a box overlaps most."""
    return max(columns, key=lambda column: column.overlap(_span(box)))
