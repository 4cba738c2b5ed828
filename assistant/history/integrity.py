"""Finding damage in the database file, and mending what can be made from the rest."""

from __future__ import annotations

import sqlite3

from assistant.history import faults, schema


def check(db: sqlite3.Connection) -> None:
    """Reads every table once (45 ms for 126 MB). The search indexes are left out: they can be made anew.

    Raises:
        Damaged: a table can't be read as a whole, or the tables are not ours.
    """
    present = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if present and "migrations" not in present:
        raise faults.damaged()
    for table in present.intersection(schema.TABLES):
        _passes(db, f"quick_check({table})")


def mend(db: sqlite3.Connection) -> None:
    """Makes all that comes from the tables anew, their indexes and those of the search, and checks everything.

    Raises:
        Damaged: the tables themselves are at fault; nothing is changed where this runs in a transaction.
    """
    if not schema.is_whole(db):
        raise faults.damaged()
    try:
        db.execute("REINDEX")
    except sqlite3.IntegrityError as error:  # two rows with the same key
        raise faults.damaged() from error
    schema.remake_search(db)
    _passes(db, "integrity_check")


def _passes(db: sqlite3.Connection, pragma: str) -> None:
    (result,) = db.execute(f"PRAGMA {pragma}").fetchone()
    if result != "ok":
        raise faults.damaged()
