"""Smallest, largest and summed numbers of a table's columns, computed here because a small language model gets them
wrong (measured: sums and maxima of ten rows)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from assistant.engine.light.tables import Table

_NUMBER = re.compile(
    r"""^(?P<before>[-−+(]?\s*(?:[$€£¥]|USD|EUR|GBP|CHF|kr)?\s*[-−+]?)
        (?P<digits>\d{1,3}(?:[, ’']\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)
        \s*(?P<after>[)%€$£¥]|USD|EUR|GBP|CHF|kr|[KMGT]?i?B|kB|ms|s|kg|g|km|m|cm|h)?\)?$""",
    re.VERBOSE,
)
_FEWEST = 3
"""Numbers that a column must hold: below, looking is as quick."""


@dataclass(frozen=True)
class Number:
    """A number as written in a cell, with the currency or unit beside it."""

    value: Decimal
    unit: str
    text: str


def facts(table: Table) -> list[str]:
    """One line for each column of numbers: `Amount: lowest 12 (Rent), highest 90 (Travel), sum 420, count 10`."""
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


def number(text: str) -> Number | None:
    """Reads a number with thousands separators, a sign, brackets for negatives, a currency, a percent sign, a unit."""
    match = _NUMBER.match(text.strip())
    if match is None:
        return None
    before, after = match["before"], match["after"] or ""
    digits = re.sub(r"[ ’']", "", match["digits"])
    digits = digits.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits) else digits.replace(",", ".")
    value = Decimal(digits)
    negative = any(sign in before for sign in "-−(")
    unit = re.sub(r"[-−+()\s]", "", before) or after.strip("()")
    return Number(-value if negative else value, unit, text.strip())


def _header(table: Table) -> int | None:
    """The last of the top rows (three at most) that hold words and no numbers; None where there is none."""
    found = None
    for at, row in enumerate(table.cells[:3]):
        filled = [cell for cell in row if cell]
        if any(number(cell) for cell in row[1:]):
            break
        if len(filled) >= 2:
            found = at
    return found


def _label_column(body: Sequence[Sequence[str]]) -> int | None:
    """The first column that holds words in most rows: what a row is called by."""
    for column in range(len(body[0]) if body else 0):
        words = sum(1 for row in body if row[column] and number(row[column]) is None)
        if words * 2 > len(body):
            return column
    return None


def _label(row: Sequence[str], column: int | None) -> str:
    return row[column] if column is not None else ""


def _is_index(cells: Sequence[str]) -> bool:
    """Whether a column only counts its rows: 1, 2, 3."""
    values = [found.value for cell in cells if (found := number(cell))]
    return len(values) >= 2 and all(b - a == 1 for a, b in itertools.pairwise(values))


_TOTAL = re.compile(r"^(grand |sub)?(total|sum|summe|somme|totale?)s?\b", re.IGNORECASE)


def _column_fact(name: str, cells: Sequence[tuple[str, str]]) -> str:
    read = [(label, found) for label, cell in cells if cell and (found := number(cell))]
    filled = sum(1 for _, cell in cells if cell)
    rows = [(label, found) for label, found in read if not _TOTAL.match(label)]
    if len(rows) < _FEWEST or len(read) * 10 < filled * 8 or not name:
        return ""
    lowest, highest = min(rows, key=lambda r: r[1].value), max(rows, key=lambda r: r[1].value)
    total = sum((found.value for _, found in rows), Decimal(0))
    return (
        f"{name}: lowest {_named(lowest)}, highest {_named(highest)}, sum {_like(total, highest[1])}, count {len(rows)}"
    )


def _named(row: tuple[str, Number]) -> str:
    label, found = row
    return f"{found.text} ({label})" if label else found.text


def _like(value: Decimal, sample: Number) -> str:
    """Writes a sum the way the column writes its numbers."""
    text = f"{value:,}" if "," in sample.text or "." not in sample.text else f"{value}"
    before = sample.unit if sample.unit and sample.text.lstrip("-−+( ").startswith(sample.unit) else ""
    return f"{before}{text}{'' if before else sample.unit}"
