"""What fits into the model's context, decided when the key goes down: by rules that need no question.

Kept free are the answer and the question. A turn's pictures are looked at in as many tiles as its share allows, by that
turn alone, so that they keep their tokens as the conversation goes on and stay in the cache; of the rest the oldest
turns go first, in whole blocks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from assistant.core.errors import BadInput
from assistant.core.media import Picture
from assistant.engine.phi4.tiling import token_count

CONTEXT = 131_072
"""Tokens of prompt and answer that the model takes."""
BLOCK = 4
"""Messages that are dropped together: two questions with their answers."""
SHORTEST_ANSWER = 64

_ANSWER_TOKENS = 2048
_QUESTION_TOKENS = 4096
"""Five minutes of speech. A longer question still fits where the rest leaves room."""
_PICTURE_TOKENS = 32_768
"""Of one turn, before its pictures are looked at more coarsely: a dozen screens at 12 tiles."""
_STEPS = (36, 24, 16, 12, 9, 6, 4, 2, 1)


@dataclass(frozen=True)
class Limits:
    """What a device can hold.

    Attributes:
        context: tokens of prompt and answer; less than the model's where the memory is small.
        max_tiles: of a picture that has room.
    """

    context: int = CONTEXT
    max_tiles: int = 12

    @property
    def room(self) -> int:
        """Tokens for all that is known before the question."""
        return self.context - min(_ANSWER_TOKENS, self.context // 8) - min(_QUESTION_TOKENS, self.context // 8)

    @property
    def pictures(self) -> int:
        """Tokens of one turn's pictures."""
        return min(_PICTURE_TOKENS, self.room // 2)


def tiles_for(pictures: Sequence[Picture], limits: Limits) -> int:
    """The most tiles that each of a turn's pictures may take; 1 where even that is more than their share.

    Raises:
        BadInput: a picture is too long and thin.
    """
    steps = [limits.max_tiles, *(step for step in _STEPS if step < limits.max_tiles)]
    return next((step for step in steps if picture_tokens(pictures, step) <= limits.pictures), 1)


def picture_tokens(pictures: Sequence[Picture], max_tiles: int) -> int:
    return sum(token_count(picture.width, picture.height, max_tiles) for picture in pictures)


def refuse_too_many(pictures: Sequence[Picture], available: int) -> None:
    """Says how many of a turn's pictures would fit.

    Raises:
        BadInput: not all of them, with one tile each.
    """
    for count in range(1, len(pictures) + 1):
        if picture_tokens(pictures[:count], 1) > available:
            fit = f"the first {count - 1} of them fit" if count > 1 else "not one of them fits"
            raise BadInput(
                f"{len(pictures)} pictures are too many for one question here: {fit}.",
                kept="The question is kept.",
                action="Ask about fewer of them at once.",
            )


def dropped(turns: Sequence[int], fixed: int, room: int) -> int:
    """How many of the oldest turns are left out, in whole blocks.

    Args:
        turns: tokens of each past turn, oldest first.
        fixed: tokens of all that stays.
    """
    count = 0
    while count < len(turns) and fixed + sum(turns[count:]) > room:
        count = min(len(turns), count + BLOCK)
    return count


def refuse_too_long(tokens: int, limits: Limits) -> None:
    """Raises:
    BadInput: no answer would fit behind the question.
    """
    if tokens > limits.context - SHORTEST_ANSWER:
        raise BadInput(
            f"This is too long: {tokens:,} tokens, and {limits.context - SHORTEST_ANSWER:,} fit here.",
            kept="The question is kept.",
            action="Shorten it, ask in a new conversation, or transcribe a long recording first.",
        )
