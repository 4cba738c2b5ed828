"""The SQLite file: one connection for each thread, whole transactions, errors in plain words."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from assistant.history import faults, schema
from assistant.history.faults import FAULTS

P = ParamSpec("P")
T = TypeVar("T")

_BUSY_SECONDS = 5.0
"""How long a writer waits for another one; each transaction here takes milliseconds."""

_SETUP = (
    "PRAGMA journal_mode = WAL",
    # In WAL mode NORMAL never damages the file and survives the process's death; only a power cut may cost the
    # last commits (https://www.sqlite.org/pragma.html#pragma_synchronous).
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    # The triggers call a function of ours, which some builds of SQLite allow only when asked.
    "PRAGMA trusted_schema = ON",
    # What the user deletes is overwritten in the file, not only forgotten.
    "PRAGMA secure_delete = ON",
    "PRAGMA journal_size_limit = 8388608",
)


class Database:
    """A database file that may be used from any thread, by any number of processes.

    Attributes:
        path: of the file; "-wal" and "-shm" lie beside it with the same mode.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._local = threading.local()
        self._lock = threading.Lock()
        self._connections: list[tuple[threading.Thread, sqlite3.Connection]] = []
        self._generation = 0

    @property
    def suspicion(self) -> Path:
        """Exists once damage was met: the next start checks the whole file."""
        return self.path.with_name(self.path.name + ".suspect")

    def read(self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(connection, …)` on one consistent state of the database.

        Raises:
            StorageError: the file can't be read.
        """
        return self._run("BEGIN", work, *args, **kwargs)

    def write(self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs `work(connection, …)` as one commit; an error takes all of it back.

        Raises:
            StorageError: disk full, read-only, busy for too long, or damaged; nothing was changed.
        """
        return self._run("BEGIN IMMEDIATE", work, *args, **kwargs)

    def alone(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs `work(connection)` outside a transaction, for what SQLite allows only there."""
        try:
            return work(self._ready())
        except FAULTS as error:
            raise self.error_of(error) from error

    def connection(self) -> sqlite3.Connection:
        """This thread's connection, with nothing set up yet when it is new."""
        if getattr(self._local, "generation", None) != self._generation:
            self._local.connection = self._connect()
            self._local.generation = self._generation
        return self._local.connection  # type: ignore[no-any-return]

    def set_up(self) -> None:
        """Prepares this thread's connection; on a new file also the journal mode."""
        for pragma in _SETUP:
            self.connection().execute(pragma)

    def close(self) -> None:
        """Closes the connections of all threads. Nothing may be under way in them."""
        with self._lock:
            self._generation += 1
            connections, self._connections = self._connections, []
        for _, connection in connections:
            connection.close()

    def error_of(self, error: faults.Fault) -> Exception:
        """What to raise for an error of SQLite's; leaves a note for the next start where the file is damaged."""
        if faults.is_damage(error):
            with contextlib.suppress(OSError):
                self.suspicion.touch(mode=0o600)
        return faults.plain(error, self.path) or error

    def _run(
        self, begin: str, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        try:
            return _transaction(self._ready(), begin, work, *args, **kwargs)
        except FAULTS as error:
            if not faults.may_be_index(error) or not self._mend_search():
                raise self.error_of(error) from error
        try:
            return _transaction(self._ready(), begin, work, *args, **kwargs)
        except FAULTS as error:
            raise self.error_of(error) from error

    def _mend_search(self) -> bool:
        """Makes the search indexes anew, where only they are damaged: everything in them comes from the messages."""
        try:
            _transaction(self._ready(), "BEGIN IMMEDIATE", schema.remake_search)
        except FAULTS:
            return False
        return True

    def _ready(self) -> sqlite3.Connection:
        """This thread's connection, set up."""
        known = getattr(self._local, "generation", None) == self._generation
        connection = self.connection()
        if not known:
            self.set_up()
        return connection

    def _connect(self) -> sqlite3.Connection:
        try:
            # Closing from another thread is the one thing done across threads, and only when all is quiet.
            connection = sqlite3.connect(
                self.path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
        except FAULTS as error:
            raise self.error_of(error) from error
        schema.register(connection)
        with self._lock:
            gone = [pair for pair in self._connections if not pair[0].is_alive()]
            self._connections = [pair for pair in self._connections if pair[0].is_alive()]
            self._connections.append((threading.current_thread(), connection))
        for _, old in gone:
            old.close()
        return connection


def _transaction(
    connection: sqlite3.Connection,
    begin: str,
    work: Callable[Concatenate[sqlite3.Connection, P], T],
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    connection.execute(begin)
    try:
        result = work(connection, *args, **kwargs)
        connection.execute("COMMIT")
    except BaseException:
        # A full disk makes SQLite roll back by itself.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return result
