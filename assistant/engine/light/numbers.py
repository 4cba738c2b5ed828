"""Numbers as people write them in cells: separators, signs, currencies, units."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

_NUMBER = re.compile(
    r"""^(?P<before>[-−+(]?\s*(?:[$€£¥]|USD|EUR|GBP|CHF|kr)?\s*[-−+]?)
        (?P<digits>\d{1,3}(?:[, ’']\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?)
        \s*(?P<after>[)%€$£¥]|USD|EUR|GBP|CHF|kr|[KMGT]?i?B|kB|ms|s|kg|g|km|m|cm|h)?\)?$""",
    re.VERBOSE,
)

_SIZES = {
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "tb": 10**12,
    "kib": 2**10,
    "mib": 2**20,
    "gib": 2**30,
    "tib": 2**40,
}


@dataclass(frozen=True)
class Number:
    """A number as written in a cell, with the currency or unit beside it.

    Attributes:
        value: with the scale of its unit taken in, so that 2 MiB compare with 900 KiB.
        scale: that of the unit: bytes for sizes, else 1.
    """

    value: Decimal
    unit: str
    text: str
    scale: int = 1
    unit_first: bool = False

    @property
    def is_size(self) -> bool:
        return self.unit.lower() in _SIZES


def number(text: str) -> Number | None:
    """Reads a number with thousands separators, a sign, brackets for negatives, a currency, a percent sign, a unit."""
    match = _NUMBER.match(text.strip())
    if match is None:
        return None
    before, after = match["before"], match["after"] or ""
    digits = re.sub(r"[ ’']", "", match["digits"])
    digits = digits.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", digits) else digits.replace(",", ".")
    value = Decimal(digits)
    first = re.sub(r"[-−+()\s]", "", before)
    unit = first or after.strip("()")
    scale = _SIZES.get(unit.lower(), 1)
    negative = any(sign in before for sign in "-−(")
    return Number((-value if negative else value) * scale, unit, text.strip(), scale, bool(first))
