"""What deleting leaves behind, taken away: words in the search index and in the log, files that a crash lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from assistant.history import media, schema
from assistant.history.database import Database

_PAGES = 100
"""Of the index, in one commit."""


def forget_words(database: Database) -> None:
    """Merges the search indexes: until then they only mark deleted words, and keep them on disk.

    In many short commits, so that an answer that streams meanwhile is still written down in time. How: see "merge" on
    https://www.sqlite.org/fts5.html (a negative number begins what "optimize" does at once; fewer than two changes
    say that nothing is left).
    """
    for index in schema.INDEXES:
        pages = -_PAGES
        while database.write(_merge, index, pages) >= 2:
            pages = _PAGES


def _merge(db: sqlite3.Connection, index: str, pages: int) -> int:
    before = db.total_changes
    db.execute(f"INSERT INTO {index}({index}, rank) VALUES('merge', ?)", (pages,))
    return db.total_changes - before


def empty_log(db: sqlite3.Connection) -> None:
    """Moves the write-ahead log into the file and empties it; another process at work only delays that."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def after_crash(db: sqlite3.Connection, database: Path, folder: Path) -> None:
    """Removes media that were written but never noted. Not while a damaged database lies aside: they may be its."""
    if not any(database.parent.glob(f"{database.name}.broken-*")):
        media.sweep(db, folder)
