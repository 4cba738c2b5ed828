"""The ordinary words of a language, which no name may replace: pyspellchecker's frequency lists."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from assistant.dictation.languages import DEFAULT, language

LISTED = frozenset({"de", "en", "es", "fr", "it", "nl", "pt", "ru"})
_RARE = 3e-7
"""Share of all words below which a word counts as none: the lists hold names and slips of the keyboard there."""


def is_known(code: str) -> bool:
    """Whether there is a list for the language."""
    return (code or DEFAULT) in LISTED


def is_ordinary(word: str, code: str) -> bool:
    """Whether a word, or what it is a form of by an ending ('s), is one of everyday speech.

    The first question about a language reads its list: up to a second.
    """
    folded = word.casefold().replace("’", "'").removesuffix("'s").strip("'")
    code = code or DEFAULT
    return folded in language(code).function_words or _holds(_hashes(code), folded)


def words(code: str) -> Iterator[str]:
    """The ordinary words, case-folded; none where there is no list."""
    if code not in LISTED:
        return
    from spellchecker import SpellChecker

    found = SpellChecker(language=code, distance=1).word_frequency
    least = _RARE * float(found.total_words)
    yield from (word.casefold() for word, count in found.dictionary.items() if count >= least)


@cache
def _hashes(code: str) -> NDArray[np.int64]:
    """The words as sorted 64-bit hashes: German has 340,000, which take 70 MB as strings and 3 MB so."""
    return np.sort(np.fromiter((hash(word) for word in words(code)), np.int64))


def _holds(hashes: NDArray[np.int64], word: str) -> bool:
    wanted = hash(word)
    place = int(np.searchsorted(hashes, wanted))
    return place < len(hashes) and int(hashes[place]) == wanted
