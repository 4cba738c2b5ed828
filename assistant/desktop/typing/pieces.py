"""Cuts a text for systems that take only so much of it at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

_JOINER = "\u200d"


def pieces(text: str, most: int) -> Iterator[str]:
    """Parts of at most `most` characters, cut between what is seen as one character where that can be helped."""
    start = 0
    while start < len(text):
        end = min(start + most, len(text))
        cut = end
        while start < cut < len(text) and _belongs_together(text[cut - 1], text[cut]):
            cut -= 1
        end = cut if cut > start else end
        yield text[start:end]
        start = end


def _belongs_together(before: str, after: str) -> bool:
    skin = "\U0001f3fb" <= after <= "\U0001f3ff"
    return _JOINER in (before, after) or skin or unicodedata.category(after) in ("Mn", "Mc", "Me")
