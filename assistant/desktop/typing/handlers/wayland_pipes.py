"""The pipes that clipboards travel through on Wayland, bounded in time."""

from __future__ import annotations

import os
import select
import threading
import time
from collections.abc import Callable

_PIECE = 1 << 16
_WRITE_SECONDS = 30.0


def read_all(pipe: int, stall_seconds: float) -> bytes | None:
    """Everything until the writer closes; None when nothing comes for so long. Closes the pipe."""
    pieces: list[bytes] = []
    try:
        while select.select([pipe], [], [], stall_seconds)[0]:
            piece = os.read(pipe, _PIECE)
            if not piece:
                return b"".join(pieces)
            pieces.append(piece)
        return None
    finally:
        os.close(pipe)


def write_all(pipe: int, data: bytes, done: Callable[[], None]) -> threading.Thread:
    """Writes on a thread of its own, since the reader may take its time; `done` when the reader has all of it."""
    thread = threading.Thread(target=_write, args=(pipe, data, done), name="clipboard-write", daemon=True)
    thread.start()
    return thread


def _write(pipe: int, data: bytes, done: Callable[[], None]) -> None:
    os.set_blocking(pipe, False)
    view, last = memoryview(data), time.monotonic() + _WRITE_SECONDS
    try:
        while view and time.monotonic() < last:
            if select.select([], [pipe], [], 1.0)[1]:
                view = view[os.write(pipe, view[:_PIECE]) :]
    except OSError:
        return
    finally:
        os.close(pipe)
    if not view:
        done()
