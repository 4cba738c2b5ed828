"""What deleting leaves behind, taken away: words in the search index and in the log, files that a crash lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from assistant.history import media, schema


def forget_words(db: sqlite3.Connection) -> None:
    """Merges the search indexes: until then they only mark deleted words, and keep them on disk."""
    for index in schema.INDEXES:
        db.execute(f"INSERT INTO {index}({index}) VALUES('optimize')")


def empty_log(db: sqlite3.Connection) -> None:
    """Moves the write-ahead log into the file and empties it; another process at work only delays that."""
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def after_crash(db: sqlite3.Connection, database: Path, folder: Path) -> None:
    """Removes media that were written but never noted. Not while a damaged database lies aside: they may be its."""
    if not any(database.parent.glob(f"{database.name}.broken-*")):
        media.sweep(db, folder)
