"""Names and terms as the user and the screen spell them: recognised words that sound or look like one become it.

Recognisers write names that they don't know by ear ("Covalsky", "hear sight"). The bounds are strict, so that ordinary
words stay: a word of the language's frequency list is never replaced alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.dictation import ordinary
from assistant.dictation.models import Word
from assistant.dictation.sounds import Likeness, compare, letters, sound

MOST_TERMS = 200
"""Of one screen; the first ones, which the caller puts in order of likelihood."""
MOST_HINTS = 60
"""Words that bias the recogniser: Whisper takes 223 tokens, and more than it needs slow every pass."""
_SHORTEST, _LONGEST = 4, 40
_WORD = re.compile(r"[^\W_][\w'’]*(?:-\w+)*")
_SCREEN_WORD = re.compile(r"(?<![\w@/\\.:-])[^\W\d_][\w'’-]*\w(?![\w@/\\]|\.\w|:/)")
_POSSESSIVE = re.compile(r"['’]s?$")
_WINDOW = 3
"""Recognised words that one term may have been heard as."""
_ALIKE = 0.5
"""The least likeness of spelling where the sound is the same."""
_ONE_EDIT, _TWO_EDITS = 6, 9
"""Letters from which on one or two wrong ones don't make another word, whatever they sound like."""


@dataclass(frozen=True)
class _Heard:
    """One to three recognised words, `text[start:end]`."""

    start: int
    end: int
    text: str
    words: int


def terms(screen_text: str, language: str = "") -> tuple[str, ...]:
    """Names and terms that stand in text from the screen: words that the language's list doesn't know, most frequent
    on the screen first. Empty for languages without a list, where everything would look like a name."""
    if not ordinary.is_known(language):
        return ()
    counts: dict[str, int] = {}
    for word in _SCREEN_WORD.findall(screen_text):
        term = _POSSESSIVE.sub("", word)
        if _SHORTEST <= len(term) <= _LONGEST and not _is_everyday(term, language):
            counts[term] = counts.get(term, 0) + 1
    return tuple(sorted(counts, key=lambda term: -counts[term])[:MOST_TERMS])


def hints(words: Iterable[Word], screen_terms: Iterable[str]) -> tuple[str, ...]:
    """What the recogniser should expect (`Options.hints`): the user's words first, then the screen's."""
    found = dict.fromkeys([*(word.text for word in words), *screen_terms])
    return tuple(found)[:MOST_HINTS]


def corrected(text: str, words: Sequence[Word], screen_terms: Sequence[str], language: str = "") -> str:
    """The text with names and terms as they are spelled. Letters outside them stay as they are."""
    known = _Known(words, screen_terms)
    pieces, position = [], 0
    for heard, spelling in _matches(text, known, language):
        pieces += [text[position : heard.start], spelling]
        position = heard.end
    return "".join([*pieces, text[position:]])


class _Known:
    """Names and terms, found by what was heard.

    Attributes:
        spelled: by the letters of what the user said they sound like.
        exact: by their own letters.
        by_sound: by their consonants.
    """

    def __init__(self, words: Sequence[Word], screen_terms: Sequence[str]) -> None:
        self.terms = tuple(dict.fromkeys([*(word.text for word in words), *screen_terms]))
        self.spelled = {letters(ear): word.text for word in words for ear in word.sounds_like}
        self.exact = {letters(term): term for term in reversed(self.terms)}
        self.by_sound: dict[str, list[str]] = {}
        for term in self.terms:
            self.by_sound.setdefault(sound(term), []).append(term)

    def near(self, heard: _Heard) -> list[tuple[Likeness, str]]:
        """The terms that it may be, the nearest first. Several words must sound like the term."""
        among = self.terms if heard.words == 1 else self.by_sound.get(sound(heard.text), ())
        found = [(like, term) for term in among if _is_near(like := compare(heard.text, term), heard, term)]
        return sorted(found, key=lambda pair: (-pair[0].spelling, not pair[0].sound))


def _is_everyday(term: str, language: str) -> bool:
    """Whether all parts of a term are ordinary words; capitals inside ("PyTorch") make it a term all the same."""
    if re.search(r"[a-zß-ÿ][A-Z]", term):
        return False
    return all(ordinary.is_ordinary(part, language) for part in re.split(r"[-'’]", term) if len(part) > 1)


def _matches(text: str, known: _Known, language: str) -> Iterator[tuple[_Heard, str]]:
    """What is to be replaced, from the left, the longest window first; nothing overlaps."""
    index, spans = 0, [match.span() for match in _WORD.finditer(text)] if known.terms else []
    while index < len(spans):
        for heard in _windows(text, spans, index):
            spelling = known.spelled.get(letters(heard.text)) or _by_ear(heard, known, language)
            if spelling:
                yield heard, spelling
                index += heard.words - 1
                break
        index += 1


def _windows(text: str, spans: Sequence[tuple[int, int]], index: int) -> Iterator[_Heard]:
    """Up to three words from `index` on that only spaces or hyphens part; a possessive's ending stays outside."""
    for count in range(min(_WINDOW, len(spans) - index), 0, -1):
        chosen = spans[index : index + count]
        gaps = [text[a[1] : b[0]] for a, b in pairwise(chosen)]
        if any(gap.strip(" -") for gap in gaps):
            continue
        whole = text[chosen[0][0] : chosen[-1][1]]
        plain = _POSSESSIVE.sub("", whole)
        yield _Heard(chosen[0][0], chosen[0][0] + len(plain), plain, count)


def _by_ear(heard: _Heard, known: _Known, language: str) -> str:
    """The one term that it must be; "" where none is near enough or two are equally near."""
    plain = letters(heard.text)
    if len(plain) < _SHORTEST or not _may_change(heard, language):
        return ""
    if plain in known.exact:
        return heard.text if heard.text in known.terms else known.exact[plain]
    near = known.near(heard)
    tied = len(near) > 1 and near[0][0] == near[1][0]
    return near[0][1] if near and not tied else ""


def _may_change(heard: _Heard, language: str) -> bool:
    """A single ordinary word stays."""
    if not ordinary.is_known(language):
        return heard.words == 1
    return heard.words > 1 or not ordinary.is_ordinary(heard.text, language)


def _is_near(like: Likeness, heard: _Heard, term: str) -> bool:
    length = min(len(letters(term)), len(letters(heard.text)))
    if len(letters(term)) < _SHORTEST:
        return False
    if heard.words > 1:
        return length >= _ONE_EDIT and like.sound and like.spelling >= _ALIKE and _starts_alike(heard.text, term)
    few = (length >= _ONE_EDIT and like.edits <= 1) or (length >= _TWO_EDITS and like.edits <= 2)
    return few or (like.sound and like.spelling >= _ALIKE)


def _starts_alike(one: str, other: str) -> bool:
    """Whether the first letters can sound the same; Metaphone keeps only a first vowel."""
    a, b = letters(one)[0], letters(other)[0]
    return a == b or {a, b} in ({"k", "c"}, {"c", "s"}, {"f", "p"}, {"g", "j"}, {"i", "y"}, {"s", "z"}, {"v", "w"})
