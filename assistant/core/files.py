"""Writing files so that a crash, a full disk or another process never leaves half of one."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from assistant.core.errors import StorageError

PRIVATE = 0o600
"""Mode of every file that Hearsight writes: the user alone may read it."""


def write_atomic(path: Path, data: bytes) -> None:
    """Puts `data` at `path` as a whole, readable by the user alone; readers see the old file or the new one.

    A symbolic link is followed, so that a settings file kept elsewhere stays there.

    Raises:
        StorageError: the disk is full or the folder can't be written; an older file is still intact.
    """
    target = path.resolve()
    part = part_of(target)
    try:
        with open_private(part) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise storage_error(error, path) from error


def part_of(path: Path) -> Path:
    """A name beside `path` for the file while it is being written."""
    return path.with_name(f".{path.name[:80]}.{secrets.token_hex(4)}.part")


def open_private(path: Path) -> BinaryIO:
    """Opens a new file for writing with mode 0600 from its first moment on."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.fdopen(os.open(path, flags, PRIVATE), "wb")


def storage_error(error: OSError, path: Path) -> StorageError:
    """Says in plain words why `path` could not be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageError(
            f"The disk is full: {path.name} could not be written.",
            kept="What was saved before is intact.",
            action="Free some space and try again.",
        )
    return StorageError(
        f"{path} can't be written: {error.strerror or error}.",
        kept="What was saved before is intact.",
        action="Make its folder writable, or set HEARSIGHT_HOME to a folder that is.",
    )
