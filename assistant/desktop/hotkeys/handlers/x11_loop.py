"""The thread that holds the grabs and turns the X server's events into exactly one press and one release each."""

from __future__ import annotations

import contextlib
import logging
import queue
import select
import socket
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Literal

import xcffib
import xcffib.xproto

from assistant.core import x11
from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys.handlers.x11_grabs import Grabs
from assistant.desktop.hotkeys.models import KeyEvent, OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut

_log = logging.getLogger(__name__)

_POLL_SECONDS = 0.03
"""How often the keyboard's real state is looked at while a key is held."""
_CALL_SECONDS = 5.0
_SERVER_CLOCK = 1 << 32
"""X11 timestamps are milliseconds in 32 bits."""
_NO_SERVER = "The X server doesn't answer: global keys can't be used."
_LOST = "The connection to the X server was lost: global keys don't work any more."
_REMEDY = "Start Hearsight again once the display is back."


@dataclass
class _Held:
    """A key that is down: its code, when that was seen, and when it happened by the server's clock (ms)."""

    keycode: int
    seen: float
    happened: int
    latched: bool = False


class KeyLoop(threading.Thread):
    """One X connection, used by this thread alone: an answer fetched by another would swallow the wake-up of events
    that came with it.

    Args:
        shortcuts: by name of the binding.
        on_event: see `HotkeyHandler.start`.
        on_problem: see there.

    Raises:
        HearsightError: from the constructor, as `HotkeyHandler.start` says; nothing is held then.
    """

    def __init__(self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem) -> None:
        super().__init__(name="hotkeys", daemon=True)
        self._on_event = on_event
        self._on_problem = on_problem
        self._on_escape: Callable[[], None] | None = None
        self._held: dict[str, _Held] = {}
        self._remapped = False
        self._stopping = False
        self._calls: queue.SimpleQueue[tuple[Callable[[], bool], Future[bool]]] = queue.SimpleQueue()
        self._connection = _connected()
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        try:
            self._grabs = Grabs(self._connection, shortcuts)
            self._grabs.take()
        except BaseException:
            self._close()
            raise

    def is_held(self, name: str) -> bool:
        return name in self._held

    def call(self, work: Callable[[], bool]) -> bool:
        """Does the work on this thread, at once if that is the caller's; False when the thread has ended."""
        if threading.current_thread() is self:
            return work()
        future: Future[bool] = Future()
        self._calls.put((work, future))
        self._wake()
        try:
            return self.is_alive() and future.result(_CALL_SECONDS)
        except (TimeoutError, xcffib.XcffibException):
            return False

    def take_escape(self, on_escape: Callable[[], None]) -> bool:
        self._on_escape = on_escape
        return self._grabs.take_escape()

    def give_escape_back(self) -> bool:
        self._on_escape = None
        self._grabs.give_escape_back()
        return True

    def stop(self) -> None:
        """Gives the keys back and ends; returns once nothing is held any more."""
        self._stopping = True
        self._wake()
        if threading.current_thread() is not self:
            self.join(_CALL_SECONDS)

    def run(self) -> None:
        try:
            while not self._stopping:
                self._step()
        except xcffib.ConnectionException:
            if not self._stopping:
                self._tell(self._on_problem, HearsightError(_LOST, action=_REMEDY))
        finally:
            self._release(list(self._held))
            self._close()
            self._refuse_calls()

    def _step(self) -> None:
        self._do_calls()
        self._take_events()
        if self._held:
            self._check_real_state()
        elif self._remapped:
            self._remap()
        self._connection.flush()
        # Answers fetched above may have brought events along, which would not wake `select`.
        if self._take_events() == 0 and not self._stopping:
            timeout = _POLL_SECONDS if self._held else None
            select.select([self._connection.get_file_descriptor(), self._wake_read], [], [], timeout)

    def _do_calls(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._wake_read.recv(64)
        while not self._calls.empty():
            work, future = self._calls.get()
            try:
                future.set_result(work())
            except xcffib.XcffibException as error:
                future.set_exception(error)

    def _take_events(self) -> int:
        count = 0
        while (event := self._next_event()) is not None:
            count += 1
            if isinstance(event, xcffib.xproto.KeyPressEvent):
                self._pressed(event)
            elif isinstance(event, xcffib.xproto.KeyReleaseEvent):
                self._release([name for name, held in self._held.items() if held.keycode == event.detail], event.time)
            elif isinstance(event, Grabs.MAPPING_EVENTS):
                self._remapped = True
        return count

    def _next_event(self) -> Any:
        while True:
            try:
                return self._connection.poll_for_event()
            except xcffib.Error:
                _log.debug("an X request without an answer failed")

    def _pressed(self, event: Any) -> None:
        if event.detail in self._grabs.keymap.escape_keycodes and self._on_escape is not None:
            self._tell(self._on_escape)
        elif event.detail in self._grabs.keymap.shift_keycodes:
            self._latch()
        else:
            for name in self._grabs.names(event.detail, event.state):
                if name not in self._held:
                    self._held[name] = _Held(event.detail, time.monotonic(), event.time)
                    self._say(name, "press", self._held[name].seen)

    def _latch(self) -> None:
        for name, held in list(self._held.items()):
            if not held.latched:
                held.latched = True
                self._say(name, "shift", time.monotonic())

    def _release(self, names: list[str], happened: int | None = None) -> None:
        """A release that waited behind a slow listener still says when it happened: a tap must stay a tap."""
        for name in names:
            held = self._held.pop(name)
            lasted = None if happened is None else (happened - held.happened) % _SERVER_CLOCK / 1000
            self._say(name, "release", time.monotonic() if lasted is None else held.seen + lasted)

    def _check_real_state(self) -> None:
        """Ends what is held by our books alone: its release went to somebody else, or nowhere."""
        keys = self._connection.core.QueryKeymap().reply().keys
        lost = [name for name, held in self._held.items() if not _is_down(keys, held.keycode)]
        if lost:
            # The release may still be on its way; then it finds nothing held and is passed over.
            self._release(lost)

    def _remap(self) -> None:
        """Another layout may have the keys elsewhere. Not while one is held, whose code must stay what it was."""
        self._remapped = False
        try:
            self._grabs.renew()
        except HearsightError as error:
            self._tell(self._on_problem, error)

    def _say(self, name: str, kind: Literal["press", "release", "shift"], when: float) -> None:
        self._tell(self._on_event, KeyEvent(name, kind, when))

    def _tell(self, listener: Callable[..., None], *what: object) -> None:
        """A listener's fault must not cost the user all further keys."""
        try:
            listener(*what)
        except Exception:
            _log.exception("a listener of the global keys failed")

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")

    def _refuse_calls(self) -> None:
        while not self._calls.empty():
            self._calls.get()[1].set_result(False)

    def _close(self) -> None:
        self._connection.disconnect()
        self._wake_read.close()
        self._wake_write.close()


def _is_down(keys: Any, keycode: int) -> bool:
    """QueryKeymap's answer: 32 bytes, one bit for each keycode."""
    return bool(keys[keycode // 8] >> keycode % 8 & 1)


def _connected() -> Any:
    try:
        return x11.connect()
    except xcffib.ConnectionException as error:
        raise HearsightError(_NO_SERVER, action="Check that the display runs and that you may use it.") from error
