"""The database's tables, made and changed by named migrations.

A migration that was released never changes; a new need is a new function at the end of `MIGRATIONS`. Each runs in one
transaction together with the note of its name, so a crash leaves either all of it or nothing.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Sequence

from assistant.core.errors import StorageError
from assistant.history import signs
from assistant.history.faults import damaged

Migration = Callable[[sqlite3.Connection], None]

TABLES = ("conversations", "messages", "media", "attachments", "dictations", "sessions", "migrations")
"""What can't be made anew from something else (the search indexes can)."""

INDEXES = ("message_index", "title_index", "sign_index")


def m001_conversations(db: sqlite3.Connection) -> None:
    # STRICT tables let SQLite's own check find values whose type was changed by damage.
    db.execute(
        """CREATE TABLE conversations(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            title TEXT NOT NULL DEFAULT '',
            named INTEGER NOT NULL DEFAULT 0,  -- the user chose the title
            pinned INTEGER NOT NULL DEFAULT 0,
            created REAL NOT NULL,
            updated REAL NOT NULL,
            trashed REAL) STRICT"""
    )
    db.execute("CREATE INDEX conversations_shown ON conversations(pinned, updated) WHERE trashed IS NULL")
    db.execute(
        """CREATE TABLE messages(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            conversation_id INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
            role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
            text TEXT NOT NULL DEFAULT '',
            state TEXT NOT NULL,
            created REAL NOT NULL,
            engine TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '',
            screen_text TEXT NOT NULL DEFAULT '',
            usage TEXT NOT NULL DEFAULT '{}',
            timings TEXT NOT NULL DEFAULT '{}',
            error TEXT NOT NULL DEFAULT '') STRICT"""
    )
    db.execute("CREATE INDEX messages_of ON messages(conversation_id, id)")


def m002_media(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE media(sha256 TEXT PRIMARY KEY, media_type TEXT NOT NULL, file TEXT NOT NULL) STRICT")
    db.execute(
        """CREATE TABLE attachments(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            message_id INTEGER NOT NULL REFERENCES messages(id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            sha256 TEXT NOT NULL REFERENCES media(sha256),
            name TEXT NOT NULL DEFAULT '',
            meta TEXT NOT NULL DEFAULT '{}') STRICT"""
    )
    db.execute("CREATE INDEX attachments_of ON attachments(message_id, id)")
    db.execute("CREATE INDEX attachments_using ON attachments(sha256)")


def m003_search(db: sqlite3.Connection) -> None:
    # An answer enters the index when it is complete: indexing each delta would re-index the whole text each time.
    db.execute("CREATE VIEW searchable AS SELECT id, text FROM messages WHERE state <> 'streaming'")
    _index(db, "message_index", "text", "searchable")
    _index(db, "title_index", "title", "conversations")
    _follow(db, "message_index", "messages", "text", ("text", "state"), "{row}.state <> 'streaming'")
    _follow(db, "title_index", "conversations", "title", ("title",), "1")
    for index in ("message_index", "title_index"):
        db.execute(f"INSERT INTO {index}({index}) VALUES('rebuild')")


def m004_sessions(db: sqlite3.Connection) -> None:
    # Who writes an answer, so that one cut short is told from one that another process still writes.
    db.execute(
        """CREATE TABLE sessions(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            pid INTEGER NOT NULL,
            started REAL NOT NULL) STRICT"""
    )
    db.execute("ALTER TABLE messages ADD COLUMN session_id INTEGER")
    db.execute("CREATE INDEX messages_streaming ON messages(session_id) WHERE state = 'streaming'")


def m005_signs(db: sqlite3.Connection) -> None:
    # `signs` is a function that every connection brings along: see `register`. It gets bytes, because the driver
    # refuses to hand over a text with a damaged character.
    db.execute("CREATE VIRTUAL TABLE sign_index USING fts5(signs, content='', tokenize='ascii')")
    add = "INSERT INTO sign_index(rowid, signs) SELECT new.id, signs(CAST(new.text AS BLOB))"
    drop = "INSERT INTO sign_index(sign_index, rowid, signs) SELECT 'delete', old.id, signs(CAST(old.text AS BLOB))"
    add += " WHERE new.state <> 'streaming' AND signs(CAST(new.text AS BLOB)) <> '';"
    drop += " WHERE old.state <> 'streaming' AND signs(CAST(old.text AS BLOB)) <> '';"
    # Conditions in the trigger's head keep a streaming answer's deltas free of any work.
    on_update = "AFTER UPDATE OF text, state ON messages WHEN old.state <> 'streaming' OR new.state <> 'streaming'"
    db.execute(f"CREATE TRIGGER signs_added AFTER INSERT ON messages BEGIN {add} END")
    db.execute(f"CREATE TRIGGER signs_changed {on_update} BEGIN {drop} {add} END")
    db.execute(f"CREATE TRIGGER signs_removed AFTER DELETE ON messages BEGIN {drop} END")
    _fill_signs(db)


def m006_dictations(db: sqlite3.Connection) -> None:
    db.execute(
        """CREATE TABLE dictations(
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            created REAL NOT NULL,
            text TEXT NOT NULL DEFAULT '',  -- as typed
            heard TEXT NOT NULL DEFAULT '',  -- as recognised
            state TEXT NOT NULL,
            program TEXT NOT NULL DEFAULT '',
            engine TEXT NOT NULL DEFAULT '',
            model TEXT NOT NULL DEFAULT '',
            language TEXT NOT NULL DEFAULT '',
            seconds REAL NOT NULL DEFAULT 0,
            timings TEXT NOT NULL DEFAULT '{}',
            error TEXT NOT NULL DEFAULT '',
            audio TEXT NOT NULL DEFAULT '',  -- file name in the folder of recordings
            session_id INTEGER) STRICT"""
    )
    db.execute("CREATE INDEX dictations_newest ON dictations(created)")


MIGRATIONS: tuple[Migration, ...] = (
    m001_conversations,
    m002_media,
    m003_search,
    m004_sessions,
    m005_signs,
    m006_dictations,
)


def register(db: sqlite3.Connection) -> None:
    """Gives a connection the functions that the triggers call, and lets it read texts with damaged characters."""
    db.text_factory = _decoded
    db.create_function("signs", 1, lambda data: signs.tokens(_decoded(data)), deterministic=True)


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "replace")


def refuse_newer(db: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> None:
    """Raises:
    StorageError: a newer Hearsight changed this database; nothing was written to it.
    Damaged: it has a migration that we don't know but not all of ours, as no version leaves it.
    """
    had, ours = applied(db), {migration.__name__ for migration in migrations}
    if had - ours and ours - had:
        raise damaged()
    if had - ours:
        raise StorageError(
            "The history was written by a newer version of Hearsight.",
            kept="It was left exactly as it is.",
            action="Update Hearsight to open it.",
        )


def migrate(db: sqlite3.Connection, migrations: Sequence[Migration] = MIGRATIONS) -> list[str]:
    """Applies what is missing, in order.

    Returns:
        The names that were applied now.
    """
    if {migration.__name__ for migration in migrations} <= applied(db):
        return []
    db.execute("CREATE TABLE IF NOT EXISTS migrations(name TEXT PRIMARY KEY, applied REAL NOT NULL) STRICT")
    return [migration.__name__ for migration in migrations if _apply(db, migration)]


def applied(db: sqlite3.Connection) -> set[str]:
    """The names of the migrations that this database has had; none for a new one."""
    if not db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'migrations'").fetchone():
        return set()
    return {name for (name,) in db.execute("SELECT name FROM migrations")}


def is_whole(db: sqlite3.Connection) -> bool:
    """Whether the tables have exactly the columns that the migrations give them."""
    fresh = sqlite3.connect(":memory:", isolation_level=None)
    try:
        register(fresh)
        migrate(fresh)
        return all(_columns(db, table) == _columns(fresh, table) for table in TABLES)
    finally:
        fresh.close()


def _columns(db: sqlite3.Connection, table: str) -> list[tuple[str, str]]:
    return [(name, kind) for _, name, kind, *_ in db.execute(f"PRAGMA table_info({table})")]


def stop_following(db: sqlite3.Connection) -> None:
    """Drops the triggers that keep the search indexes, until `remake_search`: many rows go in quicker so."""
    for (trigger,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        db.execute(f'DROP TRIGGER "{trigger}"')


def remake_search(db: sqlite3.Connection) -> None:
    """Makes the search indexes anew from the messages and titles, whatever state they are in."""
    stop_following(db)
    for index in INDEXES:
        db.execute(f"DROP TABLE IF EXISTS {index}")
    db.execute("DROP VIEW IF EXISTS searchable")
    m003_search(db)
    m005_signs(db)


def _fill_signs(db: sqlite3.Connection) -> None:
    db.execute(
        "INSERT INTO sign_index(rowid, signs) SELECT id, signs(CAST(text AS BLOB)) FROM messages "
        "WHERE state <> 'streaming' AND signs(CAST(text AS BLOB)) <> ''"
    )


def _apply(db: sqlite3.Connection, migration: Migration) -> bool:
    db.execute("BEGIN IMMEDIATE")
    try:
        # Asked again inside the transaction: another process may have been faster.
        missing = migration.__name__ not in applied(db)
        if missing:
            migration(db)
            db.execute("INSERT INTO migrations VALUES(?, ?)", (migration.__name__, time.time()))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return missing


def _index(db: sqlite3.Connection, name: str, column: str, content: str) -> None:
    # The prefix indexes keep the first letters of a word as quick as a whole one while the user types.
    db.execute(
        f"CREATE VIRTUAL TABLE {name} USING fts5({column}, content='{content}', content_rowid='id', "
        "tokenize='unicode61 remove_diacritics 2', prefix='1 2 3 4')"
    )


def _follow(
    db: sqlite3.Connection, index: str, table: str, column: str, watched: tuple[str, ...], condition: str
) -> None:
    """Triggers that keep `index` equal to those rows of `table` that meet `condition`."""
    new, old = condition.format(row="new"), condition.format(row="old")
    add = f"INSERT INTO {index}(rowid, {column}) SELECT new.id, new.{column} WHERE {new};"
    drop = f"INSERT INTO {index}({index}, rowid, {column}) SELECT 'delete', old.id, old.{column} WHERE {old};"
    on_update = f"AFTER UPDATE OF {', '.join(watched)} ON {table} WHEN ({old}) OR ({new})"
    db.execute(f"CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {add} END")
    db.execute(f"CREATE TRIGGER {table}_changed {on_update} BEGIN {drop} {add} END")
    db.execute(f"CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN {drop} END")
