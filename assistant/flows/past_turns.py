"""The turns of a conversation as an engine that sees takes them: with their pictures, each read from disk but once."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from assistant.core.errors import StorageError
from assistant.core.media import Picture
from assistant.core.prompt import Role, Turn
from assistant.flows import transcript_context
from assistant.history.models import Attachment, Message
from assistant.history.store import History

MOST_PICTURES = 8
"""The newest of a conversation: models grow weak with many, and eight screens in 4K are 200 MB."""
_BLOCK = 4
"""Pictures that are left out together: what an engine has computed for the others then holds for several turns."""


class PastTurns:
    """Reads the turns of one history. The pictures of the last prompt are kept in memory."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._read: OrderedDict[int, Picture] = OrderedDict()

    def turns(self, conversation: int, before: int | None = None, *, seen: bool, context: int = 0) -> tuple[Turn, ...]:
        """Past questions with the answers that the user saw, oldest first.

        Args:
            conversation: 0 has none.
            before: only what stands before this message.
            seen: with their pictures.
            context: tokens of the engine's context, for a transcript that has to be shortened; 0: no limit.
        """
        if not conversation:
            return ()
        past = self._history.past(conversation, before)
        turns = self._with_pictures(past) if seen else _without_pictures(past)
        return transcript_context.place(past, turns, context).turns

    def left_out(self, conversation: int, before: int | None, context: int) -> str:
        """What of a transcript has no room in those turns, in words; "" when all has."""
        past = self._history.past(conversation, before) if conversation else ()
        return transcript_context.place(past, _without_pictures(past), context).notice

    def _with_pictures(self, past: Sequence[Message]) -> tuple[Turn, ...]:
        shown = [_pictures(message) for message in past]
        left_out = _left_out(sum(map(len, shown)))
        turns: list[Turn] = []
        for message, attachments in zip(past, shown, strict=True):
            role: Role = "user" if message.role == "user" else "assistant"
            turns.append(Turn(role, message.text, message.screen_text, self._load(attachments[left_out:])))
            left_out = max(0, left_out - len(attachments))
        self._forget({attachment.id for attachments in shown for attachment in attachments})
        return tuple(turns)

    def _load(self, attachments: Sequence[Attachment]) -> tuple[Picture, ...]:
        """The pictures that are still there: a lost file doesn't end a conversation."""
        found = []
        for attachment in attachments:
            try:
                if attachment.id not in self._read:
                    self._read[attachment.id] = self._history.load_picture(attachment)
                found.append(self._read[attachment.id])
            except StorageError:
                continue
        return tuple(found)

    def _forget(self, wanted: set[int]) -> None:
        for identity in [identity for identity in self._read if identity not in wanted]:
            del self._read[identity]
        while len(self._read) > MOST_PICTURES:
            self._read.popitem(last=False)


def _without_pictures(past: Sequence[Message]) -> tuple[Turn, ...]:
    return tuple(Turn("user" if each.role == "user" else "assistant", each.text, each.screen_text) for each in past)


def _pictures(message: Message) -> list[Attachment]:
    return [attachment for attachment in message.attachments if attachment.kind in ("screen", "image")]


def _left_out(pictures: int) -> int:
    """How many of the oldest, in whole blocks."""
    return max(0, -(-(pictures - MOST_PICTURES) // _BLOCK) * _BLOCK)
