"""Capitals and full stops that fit the place: a sentence's at its start and end, none in code and commands."""

from __future__ import annotations

import re

from assistant.dictation.languages import Language

_SENTENCE_END = ".!?…。！？¿¡"
_OPENING = "\"'“„«‘([{*_-–•>#"
_FIRST = re.compile(r"\A([^\w\U000F0000-\U000FFFFD]*)([^\W\d_][\w'’-]*)")
_SENTENCE_WORD = re.compile(r"(\A|[.!?…]\s+|\n\s*)([\"'“„«(]*)([^\W\d_][\w'’]*)")


def at_cursor(text: str, before: str | None, language: Language) -> str:
    """The text with its first letter as the text before the cursor wants it.

    In the middle of a sentence only the commonest words are lowered: any other one may be a name.
    """
    match = _FIRST.match(text)
    if before is None or not match:
        return text
    word = match.group(2)
    if begins_sentence(before):
        word = word[0].upper() + word[1:]
    elif word.casefold() in language.function_words and word[1:] == word[1:].lower():
        word = word[0].lower() + word[1:]
    return match.group(1) + word + text[match.end() :]


def begins_sentence(before: str) -> bool:
    """Whether a sentence begins behind `before`."""
    line = before.rstrip(" \t\u00a0")
    stripped = line.rstrip(_OPENING + " ")
    return not stripped or stripped[-1] in _SENTENCE_END + "\n" or line[-1] == "\n"


def without_sentence_capitals(text: str, kept: frozenset[str]) -> str:
    """The text without the capitals that a recogniser puts at sentence starts, for code and commands.

    Args:
        kept: words that keep theirs (names and terms, as they are spelled); "I" and words with capitals inside do too.
    """

    def lowered(match: re.Match[str]) -> str:
        word = match.group(3)
        ordinary = (
            word[1:] == word[1:].lower() and word not in kept and word != "I" and not word.startswith(("I'", "I’"))
        )
        return match.group(1) + match.group(2) + (word[0].lower() + word[1:] if ordinary else word)

    return _SENTENCE_WORD.sub(lowered, text)


def without_full_stop(text: str) -> str:
    """The text without the single full stop that a recogniser puts at its end."""
    return re.sub(r"(?<![.\s])\.\s*\Z", "", text)
