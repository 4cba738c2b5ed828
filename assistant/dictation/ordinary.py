"""The ordinary words of a language, which no name may replace: pyspellchecker's frequency lists."""

from __future__ import annotations

from functools import cache

from assistant.dictation.languages import DEFAULT, language

LISTED = frozenset({"de", "en", "es", "fr", "it", "nl", "pt", "ru"})
_RARE = 3e-7
"""Share of all words below which a word counts as none: the lists hold names and slips of the keyboard there."""


def is_known(code: str) -> bool:
    """Whether there is a list for the language."""
    return (code or DEFAULT) in LISTED


@cache
def words(code: str) -> frozenset[str]:
    """The ordinary words, case-folded; empty where there is no list. Takes half a second the first time."""
    code = code or DEFAULT
    if code not in LISTED:
        return frozenset()
    from spellchecker import SpellChecker

    found = SpellChecker(language=code, distance=1).word_frequency
    least = _RARE * float(found.total_words)
    common = {word.casefold() for word, count in found.dictionary.items() if count >= least}
    return frozenset(common) | language(code).function_words


def is_ordinary(word: str, code: str) -> bool:
    """Whether a word, or what it is a form of by an ending ('s), is one of everyday speech."""
    folded = word.casefold().replace("’", "'").removesuffix("'s").strip("'")
    return folded in words(code)
