"""Taking over what can still be read of a damaged database. The damaged file is only read."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

from assistant.history import conversations, schema
from assistant.history.faults import FAULTS

_RESCUED = ("conversations", "messages", "media", "attachments", "dictations")
"""In the order that their references need."""


def take_over(db: sqlite3.Connection, damaged: Path) -> int:
    """Copies every readable row into a fresh database.

    Returns:
        How many conversations came over.
    """
    schema.stop_following(db)
    with contextlib.suppress(OSError), _opened(damaged) as source:  # no room for a copy
        for table in _RESCUED:
            known = [name for (_, name, *_) in db.execute(f"PRAGMA table_info({table})")]
            for row in _rows(source, table):
                _keep(db, table, {name: row[name] for name in known if name in row})
    found = [identity for (identity,) in db.execute("SELECT id FROM conversations")]
    for identity in found:
        conversations.make_title(db, identity)
    schema.remake_search(db)
    return len(found)


@contextlib.contextmanager
def _opened(damaged: Path) -> Iterator[sqlite3.Connection]:
    """The file, opened so that nothing is written to it; with a log beside it, a copy of both."""
    with tempfile.TemporaryDirectory(dir=damaged.parent, prefix=".rescue-") as folder:
        log, source = damaged.with_name(damaged.name + "-wal"), damaged
        if log.exists():
            source = Path(folder) / "copy.db"
            shutil.copyfile(damaged, source)
            shutil.copyfile(log, source.with_name("copy.db-wal"))
        mode = "mode=rw" if source != damaged else "mode=ro&immutable=1"
        connection = sqlite3.connect(f"{source.as_uri()}?{mode}", uri=True, isolation_level=None)
        try:
            schema.register(connection)
            yield connection
        finally:
            connection.close()


def _rows(source: sqlite3.Connection, table: str) -> Iterator[dict[str, object]]:
    """The table's rows from its beginning up to the first damage, then from its end back to it."""
    seen: set[object] = set()
    for order in ("ASC", "DESC"):
        try:
            cursor = source.execute(f"SELECT rowid, * FROM {table} ORDER BY rowid {order}")
            names = [column[0] for column in cursor.description][1:]
            for identity, *values in cursor:
                if identity in seen:
                    return
                seen.add(identity)
                yield dict(zip(names, values, strict=True))
        except FAULTS:
            continue


def _keep(db: sqlite3.Connection, table: str, row: dict[str, object]) -> None:
    """Inserts a row. One that damage made senseless (a wrong type, a reference to nothing) is left out."""
    if table == "messages":
        row = row | {
            "session_id": None,
            "state": "interrupted" if row.get("state") == "streaming" else row.get("state"),
        }
    with contextlib.suppress(sqlite3.IntegrityError):
        if table == "messages":
            # Its conversation's own row may be lost.
            db.execute(
                "INSERT OR IGNORE INTO conversations(id, created, updated) VALUES(?, ?, ?)",
                (row.get("conversation_id"), row.get("created"), row.get("created")),
            )
        places = ", ".join("?" for _ in row)
        db.execute(f"INSERT INTO {table}({', '.join(row)}) VALUES({places})", list(row.values()))
