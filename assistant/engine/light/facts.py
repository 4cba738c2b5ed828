"""Smallest, largest and summed numbers of a table's columns, computed here because a small language model gets them
wrong (measured: sums and maxima of ten rows)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from decimal import Decimal

from assistant.engine.light.numbers import Number, number
from assistant.engine.light.tables import Table

_FEWEST = 3
"""Numbers that a column must hold: below, looking is as quick."""


def facts(table: Table) -> list[str]:
    """One line for each column of numbers.

    `highest Cost: Rent (90); lowest Cost: Tea (2); sum of Cost: 120; average Cost: 30; rows: 4`. The wording was chosen
    by what Qwen2.5-Coder 1.5B makes of it: asked for "the most expensive", it takes the name right after "highest".
    """
    header = _header(table)
    body = table.cells[header + 1 :] if header is not None else table.cells
    names = table.cells[header] if header is not None else ("",) * table.columns
    labels = _label_column(body)
    lines = []
    for column in range(table.columns):
        line = _column_fact(names[column], [(_label(row, labels), row[column]) for row in body])
        if line and column != labels and not _is_index([row[column] for row in body]):
            lines.append(line)
    return lines


def _header(table: Table) -> int | None:
    """The last of the top rows (three at most) that names columns: mostly words, where numbers stand below."""
    found = None
    for at, row in enumerate(table.cells[:3]):
        filled = [cell for cell in row if cell]
        words = [cell for cell in filled if number(cell) is None]
        if len(filled) >= 2 and len(words) * 10 >= len(filled) * 6 and _names_numbers(table.cells, at):
            found = at
    return found


def _names_numbers(cells: Sequence[Sequence[str]], at: int) -> bool:
    """Whether a column has a word in row `at` and mostly numbers below."""
    below = cells[at + 1 :]
    for column, name in enumerate(cells[at]):
        values = [row[column] for row in below if row[column]]
        if name and number(name) is None and values and 2 * sum(number(v) is not None for v in values) > len(values):
            return True
    return False


def _label_column(body: Sequence[Sequence[str]]) -> int | None:
    """What a row is called by: the first column of words in most rows, or of anything but numbers (codes, dates)."""
    for is_name in (_is_words, lambda cell: bool(cell) and number(cell) is None):
        for column in range(len(body[0]) if body else 0):
            if sum(is_name(row[column]) for row in body) * 2 > len(body):
                return column
    return None


def _is_words(cell: str) -> bool:
    return bool(_WORD.search(cell)) and not any(letter.isdigit() for letter in cell[:4])


def _label(row: Sequence[str], column: int | None) -> str:
    return row[column] if column is not None else ""


def _is_index(cells: Sequence[str]) -> bool:
    """Whether a column only counts its rows: 1, 2, 3."""
    values = [found.value for cell in cells if (found := number(cell))]
    return len(values) >= 2 and all(b - a == 1 for a, b in itertools.pairwise(values))


_NAMES_ONLY = re.compile(
    r"\b(id|no|nr|number|order|code|year|zip|phone|platform|page|room|port|line)s?\b", re.IGNORECASE
)
"""Columns whose numbers are names: nobody adds them up."""

_WORD = re.compile(r"[^\W\d_]{3,}")
_TOTAL = re.compile(r"^(grand |sub)?(total|sum|summe|somme|totale?)s?\b", re.IGNORECASE)


def _column_fact(name: str, cells: Sequence[tuple[str, str]]) -> str:
    read = [(label, found) for label, cell in cells if cell and (found := number(cell))]
    filled = sum(1 for _, cell in cells if cell)
    rows = [(label, found) for label, found in read if not _TOTAL.match(label)]
    if len(rows) < _FEWEST or len(read) * 10 < filled * 8 or not name or _NAMES_ONLY.search(name):
        return ""
    if len({found.unit for _, found in rows}) > 1 and not all(found.is_size for _, found in rows):
        return ""  # metres beside kilograms
    lowest, highest = min(rows, key=lambda r: r[1].value), max(rows, key=lambda r: r[1].value)
    total = sum((found.value for _, found in rows), Decimal(0))
    parts = (
        f"highest {name}: {_named(highest)}",
        f"lowest {name}: {_named(lowest)}",
        f"sum of {name}: {_like(total, highest[1])}",
        f"average {name}: {_like(total / len(rows), highest[1])}",
        f"rows: {len(rows)}",
    )
    return "; ".join(parts)


def _named(row: tuple[str, Number]) -> str:
    label, found = row
    return f"{label} ({found.text})" if label else found.text


def _like(value: Decimal, sample: Number) -> str:
    """Writes a computed value the way the column writes its numbers."""
    value = round(value / sample.scale, 2)
    plain = f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" and "." not in sample.text else f"{value:f}"
    whole, _, rest = plain.partition(".")
    text = (f"{int(whole):,}" if "," in sample.text or len(whole) > 4 else whole) + (f".{rest}" if rest else "")
    return f"{sample.unit}{text}" if sample.unit_first else f"{text} {sample.unit}".rstrip()
