"""Two processes that want the same model: one works, the other waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from assistant.core.cancel import CancelToken
from assistant.models.progress import Progress, Report


@contextmanager
def locked(folder: Path, name: str, report: Report, cancel: CancelToken) -> Iterator[None]:
    """Holds the lock `name` in `folder` (made when it isn't there); reports `waiting` while another process has it.

    Raises:
        Cancelled: `cancel` was set while waiting.
        OSError: the folder can't be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.mkdir(exist_ok=True, mode=0o700)
    lock = filelock.FileLock(folder / f"{name}.lock", mode=0o600)
    while True:
        try:
            lock.acquire(timeout=0.2)
            break
        except filelock.Timeout:
            report(Progress(name, "waiting"))
            cancel.check()
    try:
        yield
    finally:
        lock.release()
