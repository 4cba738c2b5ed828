"""The table of dictations."""

from __future__ import annotations

import json
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.history.text import details, storable

WAITING, TYPED, KEPT, FAILED = "waiting", "typed", "kept", "failed"
"""To be typed yet; in the target; not typed (the user's wish, or the target didn't take it); not understood."""

_COLUMNS = "id, created, text, heard, state, program, engine, model, language, seconds, timings, error, audio"
_CHANGEABLE = ("text", "heard", "state", "program", "engine", "model", "language", "seconds", "timings", "error")


@dataclass(frozen=True)
class Dictation:
    """One dictation.

    Attributes:
        created: seconds since the epoch.
        text: as typed, or as it would be.
        heard: as recognised, before the text rules.
        state: "waiting", "typed", "kept" or "failed".
        program: that it was meant for; "" where unknown.
        seconds: of the recording.
        timings: seconds from the release on, by stage: `closing` (the microphone's last sound), `tail` (the last
            words), `rules`, `insertion` (with its own parts as `insertion_…`).
        error: why it was not typed, for a person.
        audio: the recording as FLAC; None where there is none (any more).
    """

    id: int
    created: float
    text: str
    heard: str = ""
    state: str = KEPT
    program: str = ""
    engine: str = ""
    model: str = ""
    language: str = ""
    seconds: float = 0.0
    timings: dict[str, Any] = field(default_factory=dict)
    error: str = ""
    audio: Path | None = None


def add(db: sqlite3.Connection, session: int, values: dict[str, Any]) -> int:
    given = {name: _cell(name, values[name]) for name in _CHANGEABLE if name in values}
    given |= {"created": time.time(), "session_id": session}
    places = ", ".join("?" for _ in given)
    cursor = db.execute(f"INSERT INTO dictations({', '.join(given)}) VALUES({places})", list(given.values()))
    return int(cursor.lastrowid or 0)


def update(db: sqlite3.Connection, id: int, values: dict[str, Any]) -> None:
    given = {name: _cell(name, values[name]) for name in _CHANGEABLE if name in values}
    sets = ", ".join(f"{name} = ?" for name in given)
    db.execute(f"UPDATE dictations SET {sets} WHERE id = ?", (*given.values(), id))


def _cell(name: str, value: Any) -> Any:
    if name == "timings":
        return json.dumps(dict(value))
    return storable(value) if isinstance(value, str) else value


def get(db: sqlite3.Connection, folder: Path, id: int) -> Dictation | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM dictations WHERE id = ?", (id,)).fetchone()
    return _dictation(row, folder) if row else None


def page(db: sqlite3.Connection, folder: Path, limit: int, before: float | None) -> list[Dictation]:
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM dictations WHERE ?1 IS NULL OR created < ?1 ORDER BY created DESC, id DESC LIMIT ?2",
        (before, limit),
    )
    return [_dictation(row, folder) for row in rows]


def last(db: sqlite3.Connection, folder: Path) -> Dictation | None:
    row = db.execute(
        f"SELECT {_COLUMNS} FROM dictations WHERE text <> '' ORDER BY created DESC, id DESC LIMIT 1"
    ).fetchone()
    return _dictation(row, folder) if row else None


def interrupted(db: sqlite3.Connection, folder: Path) -> list[Dictation]:
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM dictations WHERE state = ? AND "
        "(session_id IS NULL OR session_id NOT IN (SELECT id FROM sessions)) ORDER BY id",
        (WAITING,),
    )
    return [_dictation(row, folder) for row in rows]


def set_audio(db: sqlite3.Connection, id: int, name: str, seconds: float) -> None:
    db.execute("UPDATE dictations SET audio = ?, seconds = ? WHERE id = ?", (name, seconds, id))


def delete(db: sqlite3.Connection, ids: list[int]) -> list[str]:
    """Returns the names of their recordings, "" for those that have none."""
    found = [db.execute("SELECT audio FROM dictations WHERE id = ?", (id,)).fetchone() for id in ids]
    db.executemany("DELETE FROM dictations WHERE id = ?", [(id,) for id in ids])
    return [row[0] for row in found if row]


def delete_older(db: sqlite3.Connection, created: float) -> list[str]:
    rows = db.execute("SELECT id FROM dictations WHERE created <= ? AND state <> ?", (created, WAITING))
    return delete(db, [id for (id,) in rows])


def audio_names(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT audio FROM dictations WHERE audio <> ''")}


def _dictation(row: Any, folder: Path) -> Dictation:
    values = dict(zip(_COLUMNS.split(", "), row, strict=True))
    audio = folder / values["audio"] if values["audio"] else None
    return Dictation(**values | {"timings": details(values["timings"]), "audio": audio})
