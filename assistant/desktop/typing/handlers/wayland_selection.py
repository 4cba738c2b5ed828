"""The clipboard of a compositor with the data-control protocol: wlroots' own (wlr_data_control_unstable_v1), or the
one that came of it (ext_data_control_v1). Both have the same requests and events.

wl-copy offers a single format and doesn't tell when it was read, so it can neither put a clipboard back as it was nor
give a receipt. A reader's name is not told by Wayland: reads before the keys are taken for clipboard managers'.
"""

from __future__ import annotations

import os
import threading

from assistant.desktop.typing.handlers.wayland_holding import Holding
from assistant.desktop.typing.handlers.wayland_pipes import write_all
from assistant.desktop.typing.handlers.wayland_wire import Event, Wire, globals_of

MANAGERS = ("ext_data_control_manager_v1", "zwlr_data_control_manager_v1")
_SEAT = "wl_seat"
_CREATE_SOURCE, _GET_DEVICE = 0, 1
_SET_SELECTION = 0
_SOURCE_OFFER, _SOURCE_DESTROY = 0, 1
_OFFER_RECEIVE, _OFFER_DESTROY = 0, 1
_DEVICE_DATA_OFFER, _DEVICE_SELECTION, _DEVICE_FINISHED, _DEVICE_PRIMARY = 0, 1, 2, 3
_SOURCE_SEND, _SOURCE_CANCELLED = 0, 1
_LOOK_SECONDS = 0.05
"""While something is being written, by another thread, its end is looked for."""
_KEYBOARD = 2
"""A bit of wl_seat's capabilities."""


class WaylandSelection:
    """See `Clipboards`.

    Attributes:
        has_keyboard: whether the seat has a keyboard.

    Raises:
        OSError: from the constructor, when there is no compositor, or it has no such protocol.
    """

    lost: tuple[type[Exception], ...] = (OSError,)

    def __init__(self) -> None:
        self._wire = Wire()
        self._types: dict[int, list[str]] = {}
        self._writers: list[threading.Thread] = []
        self._sources: set[int] = set()
        self._source = 0
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
    def types(self) -> tuple[str, ...]:
        return tuple(self._types.get(self._current, ()))

    def read(self, mime: str) -> int:
        here, there = os.pipe()
        try:
            self._wire.send(self._current, _OFFER_RECEIVE, mime, fd=there)
        finally:
            os.close(there)
        return here

    def own(self, holding: Holding) -> None:
        if not holding.contents:
            self.held = None
            self._wire.send(self._device, _SET_SELECTION, 0)
            return
        self.held, self._source = holding, self._wire.new()
        self._sources.add(self._source)
        self._wire.send(self._manager, _CREATE_SOURCE, self._source)
        for mime in holding.contents:
            self._wire.send(self._source, _SOURCE_OFFER, mime)
        self._wire.send(self._device, _SET_SELECTION, self._source)

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
        # A writer that has ended has told the offer before: it is left out first, so that no read goes unseen.
        self._writers = [writer for writer in self._writers if writer.is_alive()]
        due = self.held.until_quiet() if self.held is not None else None
        if self.held is not None and due is not None and due <= 0:
            self.own(Holding(self.held.then))
            due = None
        return min(due or _LOOK_SECONDS, _LOOK_SECONDS) if self._writers else due

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
        """The source of a content that is no longer ours gives nothing any more."""
        pipe, held = self._wire.take_fd(), self.held
        if held is None or event.object != self._source:
            os.close(pipe)
            return
        self._writers.append(write_all(pipe, held.contents.get(event.text(), b""), held.taken()))

    def _lose(self, source: int) -> None:
        """Somebody took the clipboard, perhaps we ourselves with something else."""
        self._wire.send(source, _SOURCE_DESTROY)
        self._sources.discard(source)
        if self.held is not None and source == self._source:
            held, self.held = self.held, None
            held.lose()
