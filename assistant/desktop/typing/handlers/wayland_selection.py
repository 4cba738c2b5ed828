"""The clipboard of a compositor with the data-control protocol: wlroots' own (wlr_data_control_unstable_v1), or the
one that came of it (ext_data_control_v1). Both have the same requests and events.

wl-copy offers a single format and doesn't tell when it was read, so it can neither put a clipboard back as it was nor
give a receipt. A reader's name is not told by Wayland: reads before the keys are taken for clipboard managers'.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from assistant.desktop.typing.handlers.wayland_pipes import write_all
from assistant.desktop.typing.handlers.wayland_wire import Event, Wire, globals_of
from assistant.desktop.typing.offer import Offer

MANAGERS = ("ext_data_control_manager_v1", "zwlr_data_control_manager_v1")
_SEAT = "wl_seat"
_CREATE_SOURCE, _GET_DEVICE = 0, 1
_SET_SELECTION = 0
_SOURCE_OFFER, _SOURCE_DESTROY = 0, 1
_OFFER_RECEIVE, _OFFER_DESTROY = 0, 1
_DEVICE_DATA_OFFER, _DEVICE_SELECTION, _DEVICE_FINISHED, _DEVICE_PRIMARY = 0, 1, 2, 3
_SOURCE_SEND, _SOURCE_CANCELLED = 0, 1
_KEYBOARD = 2
"""A bit of wl_seat's capabilities."""

Contents = dict[str, bytes]


@dataclass
class Holding:
    """The clipboard while it is ours.

    Attributes:
        source: the object that others read from.
        contents: by MIME type.
        offer: the text's offer; None once the user's own content is served.
        then: what is served once the offer was read.
    """

    source: int
    contents: Contents
    offer: Offer | None = None
    then: Contents = field(default_factory=dict)


class WaylandSelection:
    """See `Books`.

    Attributes:
        held: what is ours; None while the clipboard is somebody else's, or empty.
        offered: the object that the clipboard of others can be read from, 0 for none, and its MIME types.
        changes: how often the clipboard has changed.
        has_keyboard: whether the seat has a keyboard.

    Raises:
        OSError: from the constructor, when there is no compositor, or it has no such protocol.
    """

    lost: tuple[type[Exception], ...] = (OSError,)

    def __init__(self) -> None:
        self._wire = Wire()
        self._types: dict[int, list[str]] = {}
        self._sources: set[int] = set()
        self._current = 0
        self.held: Holding | None = None
        self.changes = 0
        self.has_keyboard = False
        registry, found = globals_of(self._wire)
        manager = next((name for name in MANAGERS if name in found), "")
        if not manager or _SEAT not in found:
            raise OSError("the compositor lets nobody manage its clipboard")
        self._seat = self._wire.bind(registry, found[_SEAT][0], _SEAT, 1)
        self._manager = self._wire.bind(registry, found[manager][0], manager, 1)
        self._device = self._wire.new()
        self._wire.send(self._manager, _GET_DEVICE, self._device, self._seat)
        self.catch_up()

    @property
    def offered(self) -> tuple[int, tuple[str, ...]]:
        return self._current, tuple(self._types.get(self._current, ()))

    def offer(self, contents: Contents, offer: Offer, then: Contents) -> None:
        """Owns the clipboard and serves the text; `then` is what is served once it was read."""
        self.held = Holding(self._own(contents), contents, offer, then)

    def serve(self, contents: Contents) -> None:
        """Serves that from now on; empties the clipboard where there is nothing to serve."""
        if contents:
            self.held = Holding(self._own(contents), contents)
        elif self.held is not None:
            self.held = None
            self._wire.send(self._device, _SET_SELECTION, 0)

    def ask(self, mime: str, pipe: int) -> None:
        """Has the clipboard's owner write one format into a pipe."""
        self._wire.send(self._current, _OFFER_RECEIVE, mime, fd=pipe)

    def fileno(self) -> int:
        return self._wire.fileno()

    def flush(self) -> None:
        """Requests leave at once."""

    def close(self) -> None:
        self._wire.close()

    def catch_up(self) -> None:
        end = self._wire.sync()
        while not any(self._deal_with(event) == end for event in self._wire.receive(wait=True)):
            pass

    def take_events(self) -> int:
        events = self._wire.receive(wait=False)
        for event in events:
            self._deal_with(event)
        return len(events)

    def restore(self) -> float | None:
        held = self.held
        if held is None or held.offer is None or not held.offer.is_read:
            return None
        left = held.offer.read_at + held.offer.quiet_seconds - time.monotonic()
        if left > 0:
            return left
        self.serve(held.then)
        return None

    def _own(self, contents: Contents) -> int:
        source = self._wire.new()
        self._sources.add(source)
        self._wire.send(self._manager, _CREATE_SOURCE, source)
        for mime in contents:
            self._wire.send(source, _SOURCE_OFFER, mime)
        self._wire.send(self._device, _SET_SELECTION, source)
        return source

    def _deal_with(self, event: Event) -> int:
        """Gives the object's number."""
        if event.object == self._device:
            self._changed(event)
        elif event.object in self._types and event.opcode == 0:
            self._types[event.object].append(event.text())
        elif event.object == self._seat and event.opcode == 0:
            self.has_keyboard = bool(event.word() & _KEYBOARD)
        elif event.object in self._sources and event.opcode == _SOURCE_SEND:
            self._send(event)
        elif event.object in self._sources and event.opcode == _SOURCE_CANCELLED:
            self._lose(event.object)
        return event.object

    def _changed(self, event: Event) -> None:
        if event.opcode == _DEVICE_DATA_OFFER:
            self._types[event.word()] = []
        elif event.opcode == _DEVICE_SELECTION:
            self.changes += 1
            self._forget(self._current)
            self._current = event.word()
        elif event.opcode == _DEVICE_PRIMARY:
            self._forget(event.word())
        elif event.opcode == _DEVICE_FINISHED:
            raise ConnectionResetError("the seat has gone")

    def _forget(self, offer: int) -> None:
        if self._types.pop(offer, None) is not None:
            self._wire.send(offer, _OFFER_DESTROY)

    def _send(self, event: Event) -> None:
        pipe, held = self._wire.take_fd(), self.held
        data = held.contents.get(event.text(), b"") if held is not None and held.source == event.object else b""
        offer: Any = held.offer if held is not None else None
        counts = offer is not None and offer.has_begun
        write_all(pipe, data, lambda: offer.taken(counts) if offer is not None else None)

    def _lose(self, source: int) -> None:
        """Somebody took the clipboard, perhaps we ourselves with something else."""
        self._wire.send(source, _SOURCE_DESTROY)
        self._sources.discard(source)
        held = self.held
        if held is not None and held.source == source:
            self.held = None
            if held.offer is not None and not held.offer.is_read:
                held.offer.lose()
