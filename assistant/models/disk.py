"""Files on the disk: hashing, free space, and the system's errors in plain words."""

from __future__ import annotations

import errno
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.errors import StorageError

CHUNK = 1 << 20
_MARGIN = 64 << 20
"""Bytes that a download leaves free for everything else on the disk."""


def sha256_of(path: Path, cancel: CancelToken, advance: Callable[[int], None] = lambda _: None) -> str:
    """Hashes a whole file, `CHUNK` bytes at a time.

    Args:
        advance: called with the bytes hashed so far.

    Raises:
        Cancelled: `cancel` was set.
    """
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            cancel.check()
            digest.update(chunk)
            done += len(chunk)
            advance(done)
    return digest.hexdigest()


def require_space(folder: Path, needed: int) -> None:
    """Refuses before the first byte what could not be finished.

    Raises:
        StorageError: fewer than `needed` bytes and a margin are free.
    """
    free = shutil.disk_usage(folder).free
    if free < needed + _MARGIN:
        raise StorageError(
            f"Not enough free space on the disk of {folder}: {megabytes(needed + _MARGIN)} are needed for a moment, "
            f"{megabytes(free)} are free.",
            action="Free some space, or set HEARSIGHT_MODELS to a folder on another disk.",
        )


@contextmanager
def plain_errors(folder: Path) -> Iterator[None]:
    """Turns the system's refusals about `folder` into `StorageError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"The disk of {folder} is full.",
                kept="What was fetched so far is kept.",
                action="Free some space and start the download again: it goes on where it stopped.",
            ) from error
        raise StorageError(
            f"The model folder {folder} can't be used: {error.strerror or error}.",
            action="Make it readable and writable, or set HEARSIGHT_MODELS to another folder.",
        ) from error


def megabytes(size: int) -> str:
    """A size for people, in decimal units as on a disk's label."""
    if size >= 1_000_000_000:
        return f"{size / 1_000_000_000:.2f} GB"
    if size >= 1_000_000 or size == 0:
        return f"{size / 1_000_000:.0f} MB"
    return f"{max(1, round(size / 1000))} kB"
