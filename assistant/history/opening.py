"""Opening the history: what a start finds on disk may be missing, older, newer, damaged or read-only."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.core.errors import StorageError
from assistant.core.files import PRIVATE, storage_error
from assistant.history import faults, integrity, rescue, schema, sessions
from assistant.history.database import Database
from assistant.history.locking import process_lock

_CHECKED_ALWAYS = 64 * 2**20
"""Bytes. Up to this size each start checks the tables; a larger file is checked after a crash or once damage was met,
so that opening stays quick."""

_SIDE_FILES = ("", "-wal", "-shm")


@dataclass(frozen=True)
class Opened:
    """Attributes:
    session: this process's, see `sessions`.
    crashed: whether another session had ended without saying so.
    notice: for the user; "" when all is well.
    """

    session: int
    crashed: bool
    notice: str = ""


def open_database(database: Database) -> Opened:
    """Makes the database ready for use.

    Raises:
        StorageError: the profile can't be written, or a newer Hearsight wrote the file.
    """
    _create_private(database.path)
    # One process at a time: changing the journal mode fails at once, without waiting, where another one does it too;
    # and of several that find the file damaged, one must set it aside before the others look.
    with process_lock(database.path.with_name(database.path.name + ".lock")):
        try:
            return _prepare(database)
        except faults.Damaged:
            aside = set_aside(database.path)
            database.suspicion.unlink(missing_ok=True)
        _create_private(database.path)
        opened = _prepare(database)
        return replace(opened, notice=_notice(aside, database.write(rescue.take_over, aside)))


def _notice(aside: Path, rescued: int) -> str:
    start = f"The history's database was damaged. It was kept as {aside.name} in {aside.parent}, and "
    if rescued:
        return start + f"what could still be read was taken over ({rescued} conversations)."
    return start + "a fresh history was started."


def set_aside(path: Path) -> Path:
    """Renames a damaged database, with what belongs to it, to a name that no file has yet.

    Raises:
        StorageError: another program holds the file, or its folder can't be written.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    names = (f"{path.name}.broken-{stamp}{suffix}" for suffix in ("", *(f"-{n}" for n in range(2, 1000))))
    aside = next(path.with_name(name) for name in names if not path.with_name(name).exists())
    for side in _SIDE_FILES:
        file = path.with_name(path.name + side)
        try:
            if file.exists():
                file.rename(aside.with_name(aside.name + side))
        except OSError as error:
            raise storage_error(error, path) from error
    return aside


def _prepare(database: Database) -> Opened:
    try:
        connection = database.connection()
        schema.refuse_newer(connection)
        suspicious = database.suspicion.exists()
        # Before anything is written: a damaged file is kept as it was found.
        if suspicious or database.path.stat().st_size <= _CHECKED_ALWAYS or sessions.any_crashed(connection):
            integrity.check(connection)
        database.set_up()
        schema.migrate(connection)
        if suspicious:
            database.write(integrity.mend)
            database.suspicion.unlink(missing_ok=True)
        return Opened(*database.write(sessions.begin))
    except StorageError:
        database.close()
        raise
    except faults.FAULTS as error:
        database.close()
        raise database.error_of(error) from error


def _create_private(path: Path) -> None:
    """Makes the file, or takes others' rights to it away. SQLite gives "-wal" and "-shm" the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE))
        for side in _SIDE_FILES:
            file = path.with_name(path.name + side)
            if os.name == "posix" and file.exists() and file.stat().st_mode & 0o077:
                file.chmod(PRIVATE)
    except OSError as error:
        raise storage_error(error, path) from error
