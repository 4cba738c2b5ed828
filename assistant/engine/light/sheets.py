"""Takes the frame off a spreadsheet: the letters above its columns and the numbers beside its rows.

A small language model finds the cell under a heading by counting bars; a row of letters and a column of numbers more
make it miscount (measured: it took February's number for March's). The frame is told in one line instead.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from assistant.engine.light.tables import Table


@dataclass(frozen=True)
class Sheet:
    """A sheet's cells without the frame.

    Attributes:
        columns: the letters, from the left; "" where there were none.
        rows: the numbers, from the top; "" where there were none.
    """

    table: Table
    columns: str
    rows: str


def without_frame(table: Table) -> Sheet:
    """Parts a table from letters and numbers round it; a table without them comes back whole."""
    cells = table.cells
    letters = [cell for cell in cells[0] if cell]
    lettered = len(letters) >= 2 and _are_letters(letters) and len(cells) > 2
    if lettered:
        cells = cells[1:]
    numbers = [row[0] for row in cells if row[0]]
    numbered = lettered and len(numbers) >= 2 and _are_numbers(numbers)
    if numbered:
        cells = tuple(row[1:] for row in cells)
    if lettered:
        kept = [at for at in range(len(cells[0])) if any(row[at] for row in cells)]
        cells = tuple(tuple(row[at] for at in kept) for row in cells)
    if not cells[0]:
        return Sheet(table, "", "")
    return Sheet(Table(cells), " ".join(letters) if lettered else "", " ".join(numbers) if numbered else "")


def _are_letters(cells: list[str]) -> bool:
    """A, B, C … in a row; one may be missing or misread."""
    right = sum(1 for a, b in itertools.pairwise(cells) if len(a) == len(b) == 1 and ord(b) - ord(a) == 1)
    return all(len(cell) <= 3 for cell in cells) and right * 3 >= (len(cells) - 1) * 2


def _are_numbers(cells: list[str]) -> bool:
    """1, 2, 3 … in a row; one may be missing or misread."""
    right = sum(1 for a, b in itertools.pairwise(cells) if a.isdigit() and b.isdigit() and 1 <= int(b) - int(a) <= 2)
    return right * 3 >= (len(cells) - 1) * 2
