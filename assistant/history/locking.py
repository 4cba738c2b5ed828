"""A lock between processes, held for a moment. Freed by the system when its holder dies."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from assistant.core.errors import StorageError
from assistant.core.files import PRIVATE, storage_error

_POLL_SECONDS = 0.02


@contextlib.contextmanager
def process_lock(path: Path, seconds: float = 10.0) -> Iterator[None]:
    """Holds the lock that the file at `path` stands for.

    Raises:
        StorageError: the file can't be made, or another process held the lock for `seconds`.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, PRIVATE)
    except OSError as error:
        raise storage_error(error, path) from error
    try:
        _wait(descriptor, seconds)
        yield
    finally:
        os.close(descriptor)


def _wait(descriptor: int, seconds: float) -> None:
    end = time.monotonic() + seconds
    while not _taken(descriptor):
        if time.monotonic() > end:
            raise StorageError(
                "Another Hearsight is opening the history and doesn't finish.", action="Close it and try again."
            )
        time.sleep(_POLL_SECONDS)


if sys.platform == "win32":
    import msvcrt

    def _taken(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _taken(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
