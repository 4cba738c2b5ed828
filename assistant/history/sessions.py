"""Which processes use the history now, and what to do about the answers of those that died.

A process is known by its id and its start time: the id alone comes back for another program.
"""

from __future__ import annotations

import os
import sqlite3

from assistant.history.models import INTERRUPTED

_SAME_START_SECONDS = 2.0
"""A process's start time is computed from the wall clock, which may be set a little while it runs."""


def begin(db: sqlite3.Connection) -> tuple[int, bool]:
    """Notes this process; answers that a dead one left half-written become "interrupted".

    Returns:
        The session's id, and whether another session had ended without saying so (a crash, a power cut).
    """
    crashed = _crashed(db)
    for session in crashed:
        end(db, session)
    # Written before there were sessions, or by a process whose database this was before it was moved here.
    _interrupt(db, "session_id IS NULL OR session_id NOT IN (SELECT id FROM sessions)")
    pid = os.getpid()
    cursor = db.execute("INSERT INTO sessions(pid, started) VALUES(?, ?)", (pid, _started(pid)))
    return int(cursor.lastrowid or 0), bool(crashed)


def any_crashed(db: sqlite3.Connection) -> bool:
    """Whether a session ended without saying so; False where the database is older than sessions."""
    known = db.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'sessions'").fetchone()
    return bool(known and _crashed(db))


def end(db: sqlite3.Connection, session: int) -> None:
    """Forgets a session. What it still streamed will not go on."""
    _interrupt(db, "session_id = ?", session)
    db.execute("DELETE FROM sessions WHERE id = ?", (session,))


def _crashed(db: sqlite3.Connection) -> list[int]:
    rows = db.execute("SELECT id, pid, started FROM sessions").fetchall()
    return [session for session, pid, started in rows if not _alive(pid, started)]


def _interrupt(db: sqlite3.Connection, whose: str, *values: int) -> None:
    db.execute(f"UPDATE messages SET state = ? WHERE state = 'streaming' AND ({whose})", (INTERRUPTED, *values))


def _alive(pid: int, started: float) -> bool:
    return abs(_started(pid) - started) <= _SAME_START_SECONDS


def _started(pid: int) -> float:
    """When the process began, in seconds since the epoch; 0 when there is none (a zombie counts as none)."""
    import psutil

    try:
        process = psutil.Process(pid)
        return 0.0 if process.status() == psutil.STATUS_ZOMBIE else float(process.create_time())
    except psutil.NoSuchProcess:
        return 0.0
