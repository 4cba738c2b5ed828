"""Replacements and snippets: what the user wants typed where something is said."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from assistant.dictation.models import Replacement, Snippet

_FIRST_PLACE = 0xF0000
"""Places that stand for a snippet until the other rules are done: private characters, which no recogniser gives and
`characters.heard` takes from what they give."""

_PLACE = re.compile("[\U000f0000-\U000ffffd]")


def replaced(text: str, replacements: Iterable[Replacement]) -> str:
    """Whole words in any case; in one pass, so that no replacement works on another's result; the longest first."""
    by_phrase = {_normal(r.heard): r.typed for r in replacements}
    pattern = _either(by_phrase)
    return pattern.sub(lambda match: by_phrase.get(_normal(match.group()), match.group()), text) if pattern else text


def with_places(text: str, snippets: Sequence[Snippet]) -> str:
    """The text with a private character in place of each snippet's phrase, so that no other rule changes its text."""
    by_phrase = {_normal(s.say): chr(_FIRST_PLACE + number) for number, s in enumerate(snippets)}
    pattern = _either(by_phrase)
    return pattern.sub(lambda match: by_phrase.get(_normal(match.group()), match.group()), text) if pattern else text


def filled_in(text: str, snippets: Sequence[Snippet]) -> str:
    """The text with each snippet in its place.

    The full stop that the recogniser put behind the phrase goes where the snippet is all that was said.
    """
    if re.fullmatch(r"\s*[\U000F0000-\U000FFFFD][.!?,]*\s*", text):
        text = text.rstrip(".!?, ")
    return _PLACE.sub(lambda match: _text_of(match.group(), snippets), text)


def _text_of(place: str, snippets: Sequence[Snippet]) -> str:
    number = ord(place) - _FIRST_PLACE
    return snippets[number].text if number < len(snippets) else place


def _normal(phrase: str) -> str:
    return " ".join(phrase.lower().split())


def _either(phrases: Iterable[str]) -> re.Pattern[str] | None:
    longest_first = sorted((p for p in phrases if p), key=len, reverse=True)
    if not longest_first:
        return None
    either = "|".join(r"\s+".join(map(re.escape, phrase.split())) for phrase in longest_first)
    return re.compile(rf"(?<!\w)(?:{either})(?!\w)", re.IGNORECASE)
