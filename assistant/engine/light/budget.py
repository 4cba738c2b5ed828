"""What fits into the model's context, decided when the key goes down: by a rule that needs no question.

Kept free are the answer and the question. Of the rest, the oldest turns go first, in whole blocks; what was read on the
screen is shortened only when no turn is left to drop. The same prompt is cut the same way whether the engine was warmed
for it or not, and a conversation that goes on is cut at the same place for several turns, so that its tokens stay in
the cache.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

ANSWER_TOKENS = 1024
QUESTION_TOKENS = 1024
"""About four minutes of speech. A longer question still fits where the rest leaves room."""
BLOCK = 4
"""Messages that are dropped together: two questions with their answers."""


@dataclass(frozen=True)
class Cut:
    """What stays.

    Attributes:
        dropped_turns: how many of the oldest turns are left out.
        characters: the most characters of screen text.
    """

    dropped_turns: int
    characters: int


def room(context: int) -> int:
    """Tokens for all that is known before the question."""
    return context - ANSWER_TOKENS - QUESTION_TOKENS


def cut(turns: Sequence[int], fixed: int, characters: int, screen_tokens: Callable[[int], int], available: int) -> Cut:
    """Decides what is left out.

    Args:
        turns: tokens of each past turn, oldest first.
        fixed: tokens of the instructions.
        characters: the most characters of screen text that are wished for.
        screen_tokens: tokens of the screen text when cut to a number of characters; never grows as that shrinks.
        available: tokens for all of it, see `room`.
    """
    screen = screen_tokens(characters)
    dropped = 0
    while dropped < len(turns) and fixed + screen + sum(turns[dropped:]) > available:
        dropped = min(len(turns), dropped + BLOCK)
    while fixed + screen > available and characters > 0:
        characters = min(characters - 1, characters * max(0, available - fixed) // max(1, screen))
        screen = screen_tokens(characters)
    return Cut(dropped, characters)


def shares(lengths: Sequence[int], characters: int) -> list[int]:
    """Divides a number of characters among texts: the same for each, and what a short one leaves goes to the others."""
    given = [0] * len(lengths)
    left, order = characters, sorted(range(len(lengths)), key=lambda index: lengths[index])
    for place, index in enumerate(order):
        given[index] = min(lengths[index], left // (len(order) - place))
        left -= given[index]
    return given
