"""The table of conversations."""

from __future__ import annotations

import sqlite3
import time

from assistant.history.models import Conversation
from assistant.history.text import storable
from assistant.history.titles import title_of

_COLUMNS = "id, title, created, updated, pinned"


def page(db: sqlite3.Connection, limit: int, before: float | None) -> list[Conversation]:
    """Pinned ones first, then the newest. With `before`: only unpinned ones whose last turn is older than that."""
    older, arguments = ("", []) if before is None else ("AND pinned = 0 AND updated < ?", [before])
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM conversations WHERE trashed IS NULL {older} "
        "ORDER BY pinned DESC, updated DESC LIMIT ?",
        (*arguments, limit),
    )
    return [_conversation(row) for row in rows]


def get(db: sqlite3.Connection, conversation: int) -> Conversation | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM conversations WHERE id = ?", (conversation,)).fetchone()
    return _conversation(row) if row else None


def add(db: sqlite3.Connection, title: str) -> int:
    now, title = time.time(), storable(title)
    cursor = db.execute(
        "INSERT INTO conversations(title, named, created, updated) VALUES(?, ?, ?, ?)", (title, bool(title), now, now)
    )
    return int(cursor.lastrowid or 0)


def latest(db: sqlite3.Connection) -> tuple[int, float] | None:
    row = db.execute(
        "SELECT id, updated FROM conversations WHERE trashed IS NULL ORDER BY updated DESC LIMIT 1"
    ).fetchone()
    return (int(row[0]), float(row[1])) if row else None


def rename(db: sqlite3.Connection, conversation: int, title: str) -> None:
    """Gives a title of the user's; an empty one brings back the title made from the first question."""
    title = " ".join(storable(title).split())
    db.execute("UPDATE conversations SET title = ?, named = ? WHERE id = ?", (title, bool(title), conversation))
    make_title(db, conversation)


def make_title(db: sqlite3.Connection, conversation: int) -> None:
    """Titles the conversation after its first question, unless the user named it."""
    row = db.execute(
        "SELECT text FROM messages WHERE conversation_id = ? AND role = 'user' AND text <> '' ORDER BY id LIMIT 1",
        (conversation,),
    ).fetchone()
    title = title_of(row[0]) if row else ""
    db.execute("UPDATE conversations SET title = ?1 WHERE id = ?2 AND named = 0 AND title <> ?1", (title, conversation))


def pin(db: sqlite3.Connection, conversation: int, pinned: bool) -> None:
    db.execute("UPDATE conversations SET pinned = ? WHERE id = ?", (pinned, conversation))


def touch(db: sqlite3.Connection, conversation: int) -> None:
    """Notes that a turn happened now."""
    db.execute("UPDATE conversations SET updated = ? WHERE id = ?", (time.time(), conversation))


def trash(db: sqlite3.Connection, conversation: int) -> None:
    """Hides the conversation from lists and searches until it is restored or purged."""
    db.execute("UPDATE conversations SET trashed = ? WHERE id = ?", (time.time(), conversation))


def restore(db: sqlite3.Connection, conversation: int) -> None:
    db.execute("UPDATE conversations SET trashed = NULL WHERE id = ?", (conversation,))


def delete(db: sqlite3.Connection, conversation: int) -> None:
    """Removes the conversation, its messages and their search rows; the media are left to `media.collect`."""
    db.execute("DELETE FROM conversations WHERE id = ?", (conversation,))


def purge(db: sqlite3.Connection, older_than_seconds: float) -> int:
    """Deletes what was trashed at least so long ago.

    Returns:
        How many conversations went.
    """
    limit = time.time() - older_than_seconds
    return db.execute("DELETE FROM conversations WHERE trashed <= ?", (limit,)).rowcount


def _conversation(row: tuple[int, str, float, float, int]) -> Conversation:
    return Conversation(row[0], row[1], row[2], row[3], bool(row[4]))
