"""How alike two words sound and are spelled: Metaphone and edit distance, by jellyfish."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

import jellyfish

_SPECIAL = str.maketrans({"ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_UNVOICED = str.maketrans({"B": "P", "D": "T", "G": "K", "V": "F", "W": "F", "Z": "S", "0": "T", "J": "X", "H": None})
"""Metaphone's consonants without what recognisers confuse first: voice, th and t, w and v, and a breath."""


@dataclass(frozen=True)
class Likeness:
    """Two words compared.

    Attributes:
        edits: letters changed, added, dropped or swapped (Damerau-Levenshtein).
        spelling: 1 for equal letters, 0 for none in common.
        sound: whether their consonants sound alike.
    """

    edits: int
    spelling: float
    sound: bool


@lru_cache(maxsize=20_000)
def letters(word: str) -> str:
    """Lower case, without accents, spaces and signs."""
    plain = unicodedata.normalize("NFKD", word.casefold().translate(_SPECIAL))
    return "".join(filter(str.isalnum, plain))


@lru_cache(maxsize=20_000)
def sound(word: str) -> str:
    """The consonants as they sound; "" where the word's letters are not Latin."""
    plain = letters(word)
    return jellyfish.metaphone(plain).replace(" ", "").translate(_UNVOICED) if plain.isascii() else ""


def compare(one: str, other: str) -> Likeness:
    a, b = letters(one), letters(other)
    edits = jellyfish.damerau_levenshtein_distance(a, b)
    longest = max(len(a), len(b), 1)
    return Likeness(edits, 1 - edits / longest, bool(sound(one)) and sound(one) == sound(other))
