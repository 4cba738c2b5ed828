"""Stable text while somebody speaks: LocalAgreement-2 (Liu, Spanakis and Niehues 2020; used by Macháček et al. 2023).

A recogniser that hears a growing clip again and again changes its mind about the newest words. A word is confirmed once
two passes one after the other agree on it and on all before it; what is confirmed never changes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_WITHOUT_SPACES = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese put no space between words: there each letter is one unit."""
_ALIGNED = 150
"""Confirmed words that are compared with a pass: more than a chunk of 30 s has, few enough for the square of it."""
_WORD = re.compile(rf"\s*(?:[{_WITHOUT_SPACES}]|[^\s{_WITHOUT_SPACES}]+)")


@dataclass(frozen=True)
class Agreed:
    """What is known of the speech so far.

    Attributes:
        confirmed: never changes again; later values only append to it.
        unconfirmed: the newest pass's guess at the rest.
    """

    confirmed: str = ""
    unconfirmed: str = ""

    @property
    def text(self) -> str:
        return self.confirmed + self.unconfirmed


class LocalAgreement:
    """Follows the passes over a growing clip that is cut into chunks: any number of `update` for the open chunk, then
    one `commit` when it is closed, then those of the next chunk.

    Passes over the whole clip, without chunks, are as well: never call `commit` before the end.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forgets everything, for the next dictation."""
        self._before = ""
        self._confirmed: list[str] = []
        self._last: list[str] = []

    def update(self, text: str) -> Agreed:
        """Takes a pass over the open chunk, from the chunk's start.

        The pass's last word waits for the next one, even where two passes agree: what follows decides how it ends and
        whether a full stop stands behind it.
        """
        rest = self._rest(text)
        agreed = _common(self._last, rest[:-1])
        self._confirmed += rest[:agreed]
        self._last = rest[agreed:]
        return self._agreed()

    def commit(self, text: str) -> Agreed:
        """Takes the last pass over the open chunk and closes it: all of it is confirmed now."""
        self._before = _joined(self._before, "".join(self._confirmed + self._rest(text)))
        self._confirmed, self._last = [], []
        return self._agreed()

    def _rest(self, text: str) -> list[str]:
        """What a pass says behind the confirmed words, which it may have heard otherwise this time."""
        words = _WORD.findall(text.strip())
        rest = words[_end_of(list(map(_key, self._confirmed)), list(map(_key, words))) :]
        return _spaced(self._confirmed, rest)

    def _agreed(self) -> Agreed:
        confirmed = _joined(self._before, "".join(self._confirmed))
        rest = "".join(self._last)
        return Agreed(confirmed, _joined(confirmed, rest)[len(confirmed) :])


def _key(word: str) -> str:
    """What two passes must agree on: letters and digits, not case and punctuation."""
    return "".join(filter(str.isalnum, word.casefold())) or word.strip()


def _common(last: Sequence[str], new: Sequence[str]) -> int:
    """How many words both begin with."""
    pairs = zip(last, new, strict=False)
    return next((index for index, (a, b) in enumerate(pairs) if _key(a) != _key(b)), min(len(last), len(new)))


def _end_of(confirmed: Sequence[str], words: Sequence[str]) -> int:
    """Where in `words` the confirmed ones end: the beginning of `words` that is nearest to them by edit distance.

    Of equally near ones the one of the same length, so that a word heard anew counts as a word, not as an extra one.
    """
    if list(words[: len(confirmed)]) == list(confirmed):
        return len(confirmed)
    skipped = max(0, len(confirmed) - _ALIGNED)
    confirmed, words = confirmed[skipped:], words[skipped : skipped + 2 * _ALIGNED]
    row = list(range(len(words) + 1))
    for number, word in enumerate(confirmed, start=1):
        row = list(_next_row(row, number, word, words))
    return skipped + min(range(len(words) + 1), key=lambda end: (row[end], abs(end - len(confirmed))))


def _next_row(row: Sequence[int], number: int, word: str, words: Sequence[str]) -> Iterator[int]:
    """The next row of the Levenshtein matrix."""
    left = number
    yield left
    for column, other in enumerate(words):
        left = min(row[column] + (word != other), row[column + 1] + 1, left + 1)
        yield left


def _spaced(confirmed: Sequence[str], rest: list[str]) -> list[str]:
    """The rest, with a space in front where it begins the pass but not the chunk."""
    if confirmed and rest and not rest[0][0].isspace():
        return [_joined(confirmed[-1], rest[0])[len(confirmed[-1]) :], *rest[1:]]
    return rest


def _joined(before: str, after: str) -> str:
    """Two texts as one, with a space between them where their script has spaces."""
    if not before or not after or after[0].isspace():
        return before + after
    tight = re.search(rf"[{_WITHOUT_SPACES}\u3001\u3002\uff00-\uffef]$", before)
    return before + ("" if tight else " ") + after
