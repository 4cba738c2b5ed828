"""Large properties of X windows, in bytes.

xcffib takes every byte of a property apart into an object of its own; with 50 MB that costs seconds and gigabytes.
"""

from __future__ import annotations

import io
import select
import struct
import time
from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.xproto

_REPLY = struct.Struct("=xBxxxxxxIII12x")
"""GetProperty's reply (X11 protocol, encoding): format, length …, type, bytes after, length in units of the format."""
_CHANGE = struct.Struct("=xB2xIIIB3xI")
_CHANGE_PROPERTY = 18
_READ_WORDS = 1 << 20
"""4 MB in one reply."""


@dataclass(frozen=True)
class Content:
    """A property's or a selection's value.

    Attributes:
        kind: the type, an atom.
        format: bits of one item: 8, 16 or 32.
        data: in the byte order of this machine.
    """

    kind: int
    format: int
    data: bytes

    @property
    def items(self) -> int:
        return len(self.data) * 8 // self.format if self.format else 0


def read_property(connection: Any, window: int, name: int, *, delete: bool = False) -> Content | None:
    """The whole property; None where there is none."""
    pieces: list[bytes] = []
    offset = 0
    while True:
        cookie = connection.core.GetProperty(delete, window, name, 0, offset, _READ_WORDS)
        reply = connection.wait_for_reply(cookie.sequence)
        reply.unpack("=32x")
        header = bytes(reply.buf[:32])
        form, kind, after, count = _REPLY.unpack(header)
        size = count * form // 8
        reply.unpack(f"={size}x")
        pieces.append(bytes(reply.buf[32 : 32 + size]))
        if kind == 0:
            return None
        if after == 0:
            return Content(kind, form, b"".join(pieces))
        offset += size // 4


def write_property(connection: Any, window: int, name: int, content: Content) -> None:
    """Puts the value there, in one request: at most `most_bytes`."""
    mode = int(xcffib.xproto.PropMode.Replace)
    header = _CHANGE.pack(mode, window, name, content.kind, content.format, content.items)
    connection.core.send_request(_CHANGE_PROPERTY, io.BytesIO(header + content.data))


def intern(connection: Any, *names: str) -> list[int]:
    """The atoms of the names, in one wait."""
    asked = [connection.core.InternAtom(False, len(name), name) for name in names]
    return [int(cookie.reply().atom) for cookie in asked]


def atom_name(connection: Any, atom: int) -> str:
    """Empty for an atom that doesn't exist."""
    try:
        return str(connection.core.GetAtomName(atom).reply().name.to_string())
    except xcffib.Error:
        return ""


def next_event(connection: Any, last: float) -> Any:
    """The next event; None when none came until `last` (by `time.monotonic()`). Late errors are passed over."""
    while True:
        try:
            event = connection.poll_for_event()
        except xcffib.Error:
            continue
        if event is not None:
            return event
        left = last - time.monotonic()
        if left <= 0:
            return None
        select.select([connection.get_file_descriptor()], [], [], left)


def small_window(connection: Any) -> int:
    """A window that is never shown, which is told of changes to its own properties."""
    screen = connection.setup.roots[connection.pref_screen]
    window = int(connection.generate_id())
    kind = int(xcffib.xproto.WindowClass.InputOnly)
    mask, events = int(xcffib.xproto.CW.EventMask), int(xcffib.xproto.EventMask.PropertyChange)
    connection.core.CreateWindow(0, window, screen.root, -1, -1, 1, 1, 0, kind, 0, mask, [events])
    return window


def touch_property(connection: Any, window: int, name: int) -> None:
    """A change that changes nothing: its PropertyNotify tells the server's time (ICCCM 2.0, section 2.1)."""
    mode = int(xcffib.xproto.PropMode.Append)
    header = _CHANGE.pack(mode, window, name, int(xcffib.xproto.Atom.STRING), 8, 0)
    connection.core.send_request(_CHANGE_PROPERTY, io.BytesIO(header))
