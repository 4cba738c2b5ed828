"""The table of messages: questions, and answers as they stream."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.core.errors import StorageError
from assistant.history import conversations, media
from assistant.history.models import INTERRUPTED, STATES, Attachment, Message
from assistant.history.text import details, storable

_COLUMNS = "id, conversation_id, role, text, state, created, engine, model, screen_text, usage, timings, error"
_SHOWN = ("done", "cancelled", "interrupted")
"""States of answers whose words the user saw, and may speak of."""


def of_conversation(db: sqlite3.Connection, conversation: int, folder: Path) -> list[Message]:
    rows = db.execute(f"SELECT {_COLUMNS} FROM messages WHERE conversation_id = ? ORDER BY id", (conversation,))
    found = media.of_conversation(db, conversation, folder)
    return [_message(row, tuple(found.get(row[0], ()))) for row in rows]


def get(db: sqlite3.Connection, message: int, folder: Path) -> Message | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM messages WHERE id = ?", (message,)).fetchone()
    return _message(row, tuple(media.of_message(db, message, folder))) if row else None


def add(
    db: sqlite3.Connection,
    session: int,
    conversation: int,
    role: str,
    text: str,
    *,
    state: str,
    engine: str,
    model: str,
    screen_text: str,
) -> int:
    """Adds a message at the end of its conversation.

    Raises:
        StorageError: the conversation was deleted.
    """
    _check_state(state)
    if not db.execute("SELECT 1 FROM conversations WHERE id = ?", (conversation,)).fetchone():
        raise StorageError("This conversation was deleted.", action="Start a new one.")
    cursor = db.execute(
        "INSERT INTO messages(conversation_id, role, text, state, created, engine, model, screen_text, session_id) "
        "VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (conversation, role, storable(text), state, time.time(), engine, model, storable(screen_text), session),
    )
    conversations.touch(db, conversation)
    conversations.make_title(db, conversation)
    return int(cursor.lastrowid or 0)


def append(db: sqlite3.Connection, message: int, delta: str) -> None:
    db.execute("UPDATE messages SET text = text || ? WHERE id = ?", (storable(delta), message))


def update(db: sqlite3.Connection, session: int, message: int, changes: Mapping[str, Any]) -> None:
    """Sets the columns in `changes`; a message that was deleted meanwhile stays deleted."""
    row = db.execute("SELECT conversation_id FROM messages WHERE id = ?", (message,)).fetchone()
    if not row or not changes:
        return
    values = {name: _stored(value) for name, value in changes.items()}
    if "state" in changes:
        _check_state(changes["state"])
        values["session_id"] = session
        conversations.touch(db, row[0])
    assignments = ", ".join(f"{name} = ?" for name in values)
    db.execute(f"UPDATE messages SET {assignments} WHERE id = ?", (*values.values(), message))
    conversations.make_title(db, row[0])


def remove(db: sqlite3.Connection, message: int) -> None:
    row = db.execute("SELECT conversation_id FROM messages WHERE id = ?", (message,)).fetchone()
    if row:
        db.execute("DELETE FROM messages WHERE id = ?", (message,))
        conversations.make_title(db, row[0])


def past(db: sqlite3.Connection, conversation: int, before: int | None, folder: Path) -> tuple[Message, ...]:
    """Questions together with the answers that the user saw, oldest first.

    A question whose answer failed or never came is left out, so that questions and answers alternate.
    """
    kept: list[Message] = []
    question: Message | None = None
    for message in of_conversation(db, conversation, folder):
        if before is not None and message.id >= before:
            break
        if message.role == "user":
            question = message if message.state == "sent" else None
        elif question and message.state in _SHOWN and message.text.strip():
            kept += [question, message]
            question = None
    return tuple(kept)


def _check_state(state: str) -> None:
    if state not in STATES:
        raise ValueError(f"unknown state {state!r}")


def _stored(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else storable(value)


def _message(row: tuple[Any, ...], attachments: tuple[Attachment, ...]) -> Message:
    identity, conversation, role, text, state, created, engine, model, screen_text, usage, timings, error = row
    return Message(
        identity,
        conversation,
        role,
        text,
        state if state in STATES else INTERRUPTED,
        created,
        engine,
        model,
        screen_text,
        details(usage),
        details(timings),
        error,
        attachments,
    )
