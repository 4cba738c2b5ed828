"""Serves a Wayland clipboard after the process that restored it has ended.

Runs as `python -m assistant.desktop.typing.handlers.wayland_keeper` with the content on its standard input, and ends
when something else is copied.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time

from assistant.desktop.typing.clipboard_thread import ClipboardThread
from assistant.desktop.typing.handlers.wayland_holding import Contents, Holding
from assistant.desktop.typing.handlers.wayland_selection import WaylandSelection

_SECONDS = 10.0
_LOOK_SECONDS = 1.0
_SIZE = 8
"""Bytes of a length."""


def keep(contents: Contents) -> None:
    """Starts the keeper and waits until it owns the clipboard.

    Raises:
        OSError: it can't be started.
        subprocess.SubprocessError: it doesn't get ready.
    """
    quiet = subprocess.DEVNULL
    line = (sys.executable, "-m", __name__)
    subprocess.run(line, input=packed(contents), stdout=quiet, stderr=quiet, check=True, timeout=_SECONDS)


def main() -> int:
    """Reads the content and leaves a process behind that serves it."""
    contents = unpacked(sys.stdin.buffer.read())
    ready_read, ready_write = os.pipe()
    if os.fork():
        os.close(ready_write)
        return 0 if os.read(ready_read, 1) else 1
    os.close(ready_read)
    os.setsid()
    thread = ClipboardThread(WaylandSelection())
    thread.call(lambda books: books.own(Holding(contents)))
    os.write(ready_write, b"x")
    while thread.is_alive() and thread.call(lambda books: books.held is not None):
        time.sleep(_LOOK_SECONDS)
    thread.stop()
    return 0


def packed(contents: Contents) -> bytes:
    """Length and bytes of each type and its data, one after the other."""
    parts = [part for mime, data in contents.items() for part in (mime.encode(), data)]
    return b"".join(len(part).to_bytes(_SIZE) + part for part in parts)


def unpacked(message: bytes) -> Contents:
    """What `packed` made."""
    parts, place = [], 0
    while place < len(message):
        size = int.from_bytes(message[place : place + _SIZE])
        place += _SIZE + size
        parts.append(message[place - size : place])
    return {mime.decode(): data for mime, data in zip(parts[::2], parts[1::2], strict=True)}


if __name__ == "__main__":
    sys.exit(main())
