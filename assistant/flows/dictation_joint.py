"""Two pieces of speech that overlap, as one text: the words that both heard stand there once."""

from __future__ import annotations

HELD = 5
"""Words of a piece that wait for the next one where it was cut in mid-speech: more than a second holds."""
_FURTHEST = 8
"""Words of the next piece that may still belong to the overlap."""


def split(text: str) -> tuple[str, str]:
    """What is certain of a piece that was cut in mid-speech, and its last words, which the next piece hears again."""
    words = text.split()
    return " ".join(words[:-HELD]), " ".join(words[-HELD:])


def joined(held: str, following: str) -> str:
    """The held words and the next piece's text, from the longest run of words that both have.

    Before the run the first piece counts, from it on the second one: each knows its side of the cut better. Without
    such a run nothing was heard twice.
    """
    before, after = held.split(), following.split()
    length, left, right = _longest_run([_key(word) for word in before], [_key(word) for word in after[:_FURTHEST]])
    if not length:
        return " ".join([*before, *after])
    return " ".join([*before[:left], *after[right:]])


def _longest_run(one: list[str], other: list[str]) -> tuple[int, int, int]:
    """Length and both starts of the longest common run; of equals the one that is latest in `one`."""
    best = (0, 0, 0)
    for left in range(len(one)):
        for right in range(len(other)):
            length = 0
            while (
                left + length < len(one) and right + length < len(other) and one[left + length] == other[right + length]
            ):
                length += 1
            if length and length >= best[0]:
                best = (length, left, right)
    return best


def _key(word: str) -> str:
    return "".join(filter(str.isalnum, word.casefold())) or word
