"""Keeps one notification up to date from a thread of its own, so that a server that is slow stalls nobody."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from assistant.desktop.notifications.bus import BUS_ERRORS, NotificationBus
from assistant.desktop.notifications.models import Note, Server

_log = logging.getLogger(__name__)

_PACE_SECONDS = 0.25
"""Between two updates: a server draws each, and some slide each in."""
_AGAIN_SECONDS = 5.0
"""After a server that was not there or did not answer."""
_STOP_SECONDS = 1.0
_DISMISSED = 2
"""The reason of NotificationClosed that stands for the user (the specification's number)."""
NONE_HERE = "Nothing shows notifications here."
NONE_ACTION = "Start a notification server, such as mako or dunst; the window and the tray's icon show it all as well."


class Notifier(threading.Thread):
    """The newest note wins; equal ones are not sent again. Its calls may come from any thread and never block.

    Where nothing shows notifications it goes on trying while there is something to show.

    Args:
        on_action: gets the key of the button that was pressed, or "" when the user put the notification away; called
            from this thread.
    """

    def __init__(self, on_action: Callable[[str], None]) -> None:
        super().__init__(name="notifications", daemon=True)
        self._on_action = on_action
        self._wanted: Note | None = None
        self._shown: Note | None = None
        self._server: Server | None = None
        self._number = 0
        self._next = 0.0
        self._bus: NotificationBus | None = None
        self._stopping = False
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self._wake_write.setblocking(False)

    def show(self, note: Note) -> None:
        """Shows a note in place of the one before."""
        if note != self._wanted:
            self._wanted = note
            self._wake()

    def hide(self) -> None:
        """Takes it away."""
        if self._wanted is not None:
            self._wanted = None
            self._wake()

    def stop(self) -> None:
        """Takes it away and ends the thread; waits for at most a second."""
        self._stopping = True
        self._wake()
        if self.is_alive():
            self.join(_STOP_SECONDS)

    def run(self) -> None:
        while not self._stopping:
            self._wait()
            self._guarded(self._step)
        self._wanted = None
        self._guarded(self._step)
        if self._bus is not None:
            self._bus.close()
        self._wake_read.close()
        self._wake_write.close()

    def _wake(self) -> None:
        # Either it has been woken often enough, or it has ended.
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")

    def _wait(self) -> None:
        is_behind = self._wanted is not None and self._wanted != self._shown
        seconds = max(self._next - time.monotonic(), 0) if is_behind else None
        sources: list[socket.socket | NotificationBus] = [self._wake_read]
        if self._bus is not None:
            sources.append(self._bus)
        if self._wake_read in select.select(sources, [], [], seconds)[0]:
            self._wake_read.recv(4096)

    def _guarded(self, step: Callable[[], None]) -> None:
        try:
            step()
        except BUS_ERRORS as error:
            _log.info("no notification could be shown: %s", type(error).__name__)
            if self._bus is not None:
                self._bus.close()
            self._bus = self._server = self._shown = None
            self._number = 0
            self._next = time.monotonic() + _AGAIN_SECONDS

    def _step(self) -> None:
        note = self._wanted
        if note is None:
            self._take_away()
        elif note != self._shown and time.monotonic() >= self._next:
            self._send(note)
        if self._bus is not None:
            for sender, name, number, what in self._bus.signals():
                if self._server is not None and (sender, number) == (self._server.address, self._number):
                    self._take(name, what)

    def _send(self, note: Note) -> None:
        """A new notification asks who shows it, and whether that one keeps it; the next ones go to the same server."""
        if self._bus is None:
            self._bus = NotificationBus()
        if self._server is None or not self._number:
            self._server = self._bus.server()
        self._number = self._bus.notify(self._server, note, self._number)
        self._shown = note
        self._next = time.monotonic() + _PACE_SECONDS

    def _take_away(self) -> None:
        number, self._number, self._shown = self._number, 0, None
        if number and self._bus is not None and self._server is not None:
            self._bus.take_away(self._server, number)

    def _take(self, name: str, what: Any) -> None:
        """Most servers take a notification away when its button was pressed, and all may."""
        if name == "ActionInvoked":
            self._wanted = None
            self._take_away()
            self._on_action(str(what))
        elif name == "NotificationClosed":
            self._number = 0
            if what == _DISMISSED:
                self._on_action("")


def status() -> tuple[bool, str]:
    """Whether something shows notifications here, with its name; or why not and what to do."""
    try:
        bus = NotificationBus()
    except BUS_ERRORS:
        return False, "There is no session bus here. Log in to a desktop, or start it with dbus-run-session."
    try:
        server = bus.server()
        kept = "keeps them, so what is said is left out of them" if server.keeps else "shows what is said as well"
        return True, f"{bus.product()}, which {kept}"
    except BUS_ERRORS:
        return False, f"{NONE_HERE} {NONE_ACTION}"
    finally:
        bus.close()
