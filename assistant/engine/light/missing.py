"""Which names and numbers of a question don't stand on the screen: looked up here, because a small language model takes
the nearest thing instead (asked for the train to Ulm, it gives Munich's time).
"""

from __future__ import annotations

import difflib
import re

_WORD = re.compile(r"[^\W_]+(?:[-.'’][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?:]\s*$")
_ALIKE = 0.75
"""Recognised speech and recognised print both misspell: words this alike are the same."""

_SHORT = 4
"""Letters up to which a word must be the same: "Tom" is not "to"."""

_SHORTENED = 3
"""Letters by which "Mar" stands for March, and "Mon" for Monday."""


def missing(question: str, screen: str) -> list[str]:
    """The names and numbers in a question that the screen's text doesn't hold, in the question's order.

    A name is a word with a capital inside a sentence, a number one with a digit; other words say what is wanted and
    need not stand there ("the cheapest").
    """
    words = {word.lower() for word in _WORD.findall(screen)}
    joined = re.sub(r"[\W_]+", "", screen.lower())
    return [word for word in _names(question) if not _stands(word.lower(), words, joined)]


def _names(question: str) -> list[str]:
    found = []
    for match in _WORD.finditer(question):
        word = re.sub(r"['’]s?$", "", match[0])
        begins = match.start() == 0 or _SENTENCE_END.search(question[: match.start()])
        if any(letter.isdigit() for letter in word) or (word[0].isupper() and not begins and len(word) > 1):
            found.append(word)
    return list(dict.fromkeys(found))


def _stands(word: str, words: set[str], joined: str) -> bool:
    if word.isdigit():
        return word in words or (len(word) >= _SHORTENED and word in joined)
    plain = re.sub(r"[\W_]+", "", word)
    if (len(plain) > _SHORTENED and plain in joined) or plain in words or word[:_SHORTENED] in words:
        return True
    return len(plain) > _SHORT and bool(difflib.get_close_matches(word, words, n=1, cutoff=_ALIKE))
