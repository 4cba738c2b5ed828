"""Hands a selection's content to the programs that ask for it, large ones in pieces (ICCCM 2.0, 2.2 and 2.7.2)."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.xproto

from assistant.desktop.typing.handlers.x11_properties import Content, write_property

_PIECE = 1 << 20
"""Bytes in one property. A multiple of 4, so that no item is cut."""
_NOTIFY = struct.Struct("=BxHIIIII8x")
_SELECTION_NOTIFY = 31
_WATCHED = int(xcffib.xproto.EventMask.PropertyChange) | int(xcffib.xproto.EventMask.StructureNotify)


@dataclass
class _Transfer:
    """One value on its way: `place` is how much of it was written."""

    content: Content
    done: Callable[[], None]
    place: int
    ended: bool


class Transfers:
    """All that is on its way, on the connection that owns the selections; for its thread alone.

    Args:
        connection: of the owner.
        incr: the atom INCR.
    """

    def __init__(self, connection: Any, incr: int) -> None:
        self._connection = connection
        self._incr = incr
        self._running: dict[tuple[int, int], _Transfer] = {}

    def __bool__(self) -> bool:
        return bool(self._running)

    def start(self, window: int, name: int, content: Content, done: Callable[[], None]) -> None:
        """Writes the value, or says that it comes in pieces; `done` is called once the reader has deleted all of it."""
        whole = len(content.data) <= _PIECE
        self._watch(window, _WATCHED)
        if whole:
            write_property(self._connection, window, name, content)
        else:
            size = struct.pack("=I", min(len(content.data), 0xFFFFFFFF))
            write_property(self._connection, window, name, Content(self._incr, 32, size))
        self._running[window, name] = _Transfer(content, done, len(content.data) if whole else 0, whole)

    def took(self, window: int, name: int) -> None:
        """The reader deleted the property: the next piece, or the end."""
        transfer = self._running.get((window, name))
        if transfer is None:
            return
        if transfer.ended:
            self._end(window, name)
            transfer.done()
            return
        content = transfer.content
        piece = content.data[transfer.place : transfer.place + _PIECE]
        write_property(self._connection, window, name, Content(content.kind, content.format, piece))
        transfer.place += len(piece)
        transfer.ended = not piece

    def gone(self, window: int) -> None:
        """The reader's window was destroyed."""
        for key in [key for key in self._running if key[0] == window]:
            del self._running[key]

    def _end(self, window: int, name: int) -> None:
        del self._running[window, name]
        if not any(key[0] == window for key in self._running):
            self._watch(window, 0)

    def _watch(self, window: int, events: int) -> None:
        self._connection.core.ChangeWindowAttributes(window, int(xcffib.xproto.CW.EventMask), [events])


def tell(connection: Any, request: Any, name: int) -> None:
    """SelectionNotify, the answer to a request; `name` 0 says no."""
    event = _NOTIFY.pack(_SELECTION_NOTIFY, 0, request.time, request.requestor, request.selection, request.target, name)
    connection.core.SendEvent(False, request.requestor, 0, event)
