"""SQLite's errors, told apart: what the machine or the file did (a person reads it) and what is a bug of ours."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from assistant.core.errors import HearsightError, StorageError

_PRIMARY = 0xFF
"""The low byte of SQLite's extended error code is the kind of error."""
_DAMAGE = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
_WRITE_REFUSED = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH)


FAULTS = (sqlite3.Error, UnicodeDecodeError)
"""What SQLite's driver raises; the second where a damaged name stands in SQLite's own message."""

Fault = sqlite3.Error | UnicodeDecodeError


class Damaged(StorageError):
    """The database file is not a whole SQLite database."""


def code_of(error: Fault) -> int:
    """SQLite's primary error code; 0 where the driver itself raised the error."""
    return (getattr(error, "sqlite_errorcode", 0) or 0) & _PRIMARY


def is_damage(error: Fault) -> bool:
    """Whether the file may be damaged.

    SQLITE_ERROR is how damage shows inside FTS5's tables and in the names of columns. It would be a bug of ours as
    well; then the check at the next start finds nothing wrong, and nothing is set aside.
    """
    return isinstance(error, UnicodeDecodeError) or code_of(error) in _DAMAGE


def may_be_index(error: Fault) -> bool:
    """Whether a damaged search index can be behind this: FTS5 may trip over its own tables' constraints then, which
    unlike ours are reported without saying which."""
    return is_damage(error) or getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_CONSTRAINT


def damaged() -> Damaged:
    return Damaged(
        "The history's database is damaged.",
        kept="The file is untouched.",
        action="Start Hearsight again: it keeps the damaged file aside and takes over what can still be read.",
    )


def plain(error: Fault, database: Path) -> HearsightError | None:
    """The error in words for a person; None where it can only be a bug of ours."""
    code = code_of(error)
    if is_damage(error):
        return damaged()
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return StorageError(
            "The history could not be saved: the disk is full or failing.",
            kept="Everything saved before is intact.",
            action="Free some space and try again.",
        )
    if code in _WRITE_REFUSED:
        return StorageError(
            f"The history in {database.parent} can't be written.",
            kept="Nothing was changed.",
            action="Make that folder and the files in it writable, or set HEARSIGHT_HOME to a folder that is.",
        )
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StorageError(
            "Another program keeps the history busy.", kept="Nothing was changed.", action="Try again in a moment."
        )
    return None
