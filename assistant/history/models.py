"""What the history holds. Frozen, so that it crosses threads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

STREAMING = "streaming"
INTERRUPTED = "interrupted"
STATES = ("sent", "draft", STREAMING, "done", "cancelled", "failed", INTERRUPTED)
"""A user's message is sent or a draft; an answer streams until it is done, cancelled, failed, or was interrupted
because the process that wrote it ended."""

HIT_START, HIT_END = "\x02", "\x03"
"""Stand round each match in `Hit.snippet`. No stored text holds them: see `text.storable`."""


@dataclass(frozen=True)
class Conversation:
    """Attributes:
    title: as the user named it, else made from the first question; "" before there is one.
    created, updated: seconds since the epoch; `updated` is the time of the last turn.
    """

    id: int
    title: str
    created: float
    updated: float
    pinned: bool


@dataclass(frozen=True)
class Attachment:
    """A file that belongs to a message.

    Attributes:
        kind: "screen", "image" or "audio".
        sha256: of the file's bytes, in hexadecimal; files with the same content are kept once.
        media_type: "image/png", "audio/flac", …
        path: where the file lies.
        name: for people ("Screen 1", "invoice.png").
        meta: a picture's width, height, windows; a clip's seconds.
    """

    id: int
    kind: str
    sha256: str
    media_type: str
    path: Path
    name: str
    meta: dict[str, Any]


@dataclass(frozen=True)
class Message:
    """One question or answer.

    Attributes:
        role: "user" or "assistant".
        state: one of `STATES`.
        created: seconds since the epoch.
        screen_text: what was read on the turn's pictures.
        usage, timings: as in `core.events.Completion`.
        error: what went wrong, for a person; "" when nothing did.
    """

    id: int
    conversation_id: int
    role: str
    text: str
    state: str
    created: float
    engine: str = ""
    model: str = ""
    screen_text: str = ""
    usage: dict[str, Any] = field(default_factory=dict)
    timings: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Hit:
    """A message (or, when only the title matches, the conversation's first message) that a search found.

    Attributes:
        snippet: the words round the match, each match between `HIT_START` and `HIT_END`.
    """

    conversation_id: int
    message_id: int
    title: str
    snippet: str
    created: float
