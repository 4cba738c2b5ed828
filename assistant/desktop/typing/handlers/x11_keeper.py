"""Serves a selection after the process that restored it has ended: on X11 a copied thing lives only with its owner.

Runs as `python -m assistant.desktop.typing.handlers.x11_keeper` with the content on its standard input, and ends when
something else is copied.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from assistant.core import x11
from assistant.desktop.typing.handlers.x11_properties import Content, atom_name, intern
from assistant.desktop.typing.handlers.x11_reading import Saved

_SECONDS = 10.0
_LOOK_SECONDS = 1.0
_LENGTH = struct.Struct(">I")


def keep(selection: int, contents: Mapping[int, Content]) -> None:
    """Starts the keeper and waits until it owns the selection.

    Raises:
        OSError: it can't be started.
        subprocess.SubprocessError: it doesn't get ready.
    """
    connection = x11.connect()
    try:
        message = packed(connection, selection, contents)
    finally:
        connection.disconnect()
    quiet = subprocess.DEVNULL
    line = (sys.executable, "-m", __name__)
    subprocess.run(line, input=message, stdout=quiet, stderr=quiet, check=True, timeout=_SECONDS)


def main() -> int:
    """Reads the content and leaves a process behind that serves it."""
    message = sys.stdin.buffer.read()
    ready_read, ready_write = os.pipe()
    if os.fork():
        os.close(ready_write)
        return 0 if os.read(ready_read, 1) else 1
    os.close(ready_read)
    os.setsid()
    _serve(message, lambda: os.write(ready_write, b"x"))
    return 0


def _serve(message: bytes, ready: Callable[[], object]) -> None:
    from assistant.desktop.typing.clipboard_thread import ClipboardThread
    from assistant.desktop.typing.handlers.x11_selections import Selections

    connection = x11.connect()
    selection, contents = unpacked(connection, message)
    connection.disconnect()
    owner = ClipboardThread(Selections((selection,)))
    owner.call(lambda books: books.serve(selection, Saved(contents)))
    ready()
    while owner.is_alive() and owner.call(lambda books: bool(books.held)):
        time.sleep(_LOOK_SECONDS)
    owner.stop()


def packed(connection: Any, selection: int, contents: Mapping[int, Content]) -> bytes:
    """Names instead of atoms, whose numbers hold for one run of the X server."""
    head = json.dumps(
        {
            "selection": atom_name(connection, selection),
            "contents": [
                [atom_name(connection, target), atom_name(connection, c.kind), c.format, len(c.data)]
                for target, c in contents.items()
            ],
        }
    ).encode()
    return _LENGTH.pack(len(head)) + head + b"".join(c.data for c in contents.values())


def unpacked(connection: Any, message: bytes) -> tuple[int, dict[int, Content]]:
    """What `packed` made: the selection and its contents."""
    (length,) = _LENGTH.unpack_from(message)
    place = _LENGTH.size + length
    head = json.loads(message[_LENGTH.size : place])
    contents = {}
    for name, kind, form, size in head["contents"]:
        target, type_ = intern(connection, name, kind)
        contents[target] = Content(type_, form, message[place : place + size])
        place += size
    return intern(connection, head["selection"])[0], contents


if __name__ == "__main__":
    sys.exit(main())
