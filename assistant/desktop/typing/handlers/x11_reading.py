"""Fetches what a selection holds, in every format, from the program that owns it (ICCCM 2.0, section 2)."""

from __future__ import annotations

import itertools
import struct
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import xcffib
import xcffib.xproto

from assistant.core import x11
from assistant.desktop.typing.handlers.x11_properties import (
    Content,
    atom_name,
    intern,
    next_event,
    read_property,
    small_window,
)

_ANSWER_SECONDS = 1.0
"""A program that doesn't even list its formats in this time is taken to hang."""
_STALL_SECONDS = 3.0
"""For one format, or one piece of it: a large picture is compressed when it is asked for."""
_SECONDS = 10.0
"""For all formats together."""
_MOST_BYTES = 512 << 20
_NO_CONTENT = frozenset(
    (
        *("TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "DELETE", "INSERT_SELECTION", "INSERT_PROPERTY"),
        *("PIXMAP", "BITMAP", "DRAWABLE", "COLORMAP", "FOREGROUND", "BACKGROUND", "WINDOW", "CLIENT_WINDOW"),
    )
)
"""Targets that do something, or that stand for the owner's own resources, which nobody else can serve.
DELETE would take the text out of the user's document."""


@dataclass(frozen=True)
class Saved:
    """What a selection held.

    Attributes:
        contents: by target, an atom.
        lost: names of the formats that the owner didn't give.
        hung: whether the owner doesn't answer at all.
    """

    contents: dict[int, Content] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    hung: bool = False

    @property
    def size(self) -> int:
        return sum(len(content.data) for content in self.contents.values())


class SelectionReader:
    """A connection of its own; its calls may come from any thread, and wait for each other."""

    def __init__(self) -> None:
        self._connection = x11.connect()
        self._window = small_window(self._connection)
        self._incr, self._targets = intern(self._connection, "INCR", "TARGETS")
        self._properties = itertools.cycle(intern(self._connection, *(f"HEARSIGHT_READ_{i}" for i in range(16))))
        self._property = 0
        self._lock = threading.Lock()

    def save(self, selection: int) -> Saved:
        """Every format that has content. Bounded in time, whatever the owner does."""
        with self._lock:
            if self._connection.core.GetSelectionOwner(selection).reply().owner == 0:
                return Saved()
            try:
                listed = self._convert(selection, self._targets, _ANSWER_SECONDS)
            except TimeoutError:
                return Saved(hung=True)
            return self._save(selection, _atoms(listed))

    def text(self, selection: int, target: int) -> Content | None:
        """One format; None where the owner doesn't have it or doesn't answer."""
        with self._lock:
            try:
                return self._convert(selection, target)
            except TimeoutError:
                return None

    def close(self) -> None:
        self._connection.disconnect()

    def _save(self, selection: int, targets: list[int]) -> Saved:
        contents: dict[int, Content] = {}
        lost: list[str] = []
        last = time.monotonic() + _SECONDS
        for target in targets:
            name = atom_name(self._connection, target)
            if name in _NO_CONTENT:
                continue
            full = sum(len(content.data) for content in contents.values()) >= _MOST_BYTES
            try:
                content = None if full or time.monotonic() > last else self._convert(selection, target)
            except TimeoutError:
                content, last = None, 0.0
            if content is None:
                lost.append(name)
            else:
                contents[target] = content
        return Saved(contents, tuple(lost), hung=bool(lost) and not contents)

    def _convert(self, selection: int, target: int, seconds: float = _STALL_SECONDS) -> Content | None:
        """The owner's answer; None when it refuses.

        Raises:
            TimeoutError: nothing comes.
        """
        core = self._connection.core
        # Another property each time: the late answer of a program that hung must not be taken for this one's.
        self._property = next(self._properties)
        core.DeleteProperty(self._window, self._property)
        core.ConvertSelection(self._window, selection, target, self._property, 0)
        self._connection.flush()
        answer = self._await_answer(selection, target, seconds)
        if answer.property == 0:
            return None
        content = read_property(self._connection, self._window, self._property, delete=True)
        if content is not None and content.kind == self._incr:
            return self._read_pieces()
        return content

    def _await_answer(self, selection: int, target: int, seconds: float) -> Any:
        last = time.monotonic() + seconds
        while (event := next_event(self._connection, last)) is not None:
            is_answer = isinstance(event, xcffib.xproto.SelectionNotifyEvent)
            if is_answer and (event.selection, event.target) == (selection, target):
                return event
        raise TimeoutError

    def _read_pieces(self) -> Content:
        """ICCCM 2.7.2: each deletion asks for the next piece, an empty one is the end."""
        pieces: list[Content] = []
        self._connection.flush()
        while True:
            self._await_piece()
            piece = read_property(self._connection, self._window, self._property, delete=True)
            self._connection.flush()
            if piece is None:
                continue
            pieces.append(piece)
            if not piece.data:
                return Content(pieces[0].kind, pieces[0].format, b"".join(p.data for p in pieces))

    def _await_piece(self) -> None:
        last = time.monotonic() + _STALL_SECONDS
        new = int(xcffib.xproto.Property.NewValue)
        while (event := next_event(self._connection, last)) is not None:
            is_change = isinstance(event, xcffib.xproto.PropertyNotifyEvent) and event.state == new
            if is_change and event.atom == self._property:
                return
        raise TimeoutError


def _atoms(listed: Content | None) -> list[int]:
    """The targets, each once; an owner that lists none has nothing to be saved."""
    if listed is None or listed.format != 32:
        return []
    return list(dict.fromkeys(struct.unpack(f"={len(listed.data) // 4}I", listed.data)))
