"""The thread that listens to the GlobalShortcuts portal, and binds the keys again when the portal loses them."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Mapping
from typing import Any

from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys.handlers.portal_bus import (
    BUS_ERRORS,
    SESSION,
    SHORTCUTS,
    PortalBus,
    PortalEnded,
    Refused,
    path_of,
    signal_of,
)
from assistant.desktop.hotkeys.handlers.portal_session import PortalSession
from assistant.desktop.hotkeys.handlers.presses import Presses
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut

_log = logging.getLogger(__name__)

_STOP_SECONDS = 5.0
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 30.0
"""Seconds between attempts to bind again; each is twice the one before."""
_IDLE_SECONDS = 3600.0
_REMEDY = "Start Hearsight again, or bind its keys in the compositor: see 'hearsight trigger --bindings'."
_NO_PORTAL = "The desktop's portal doesn't answer: global keys can't be used."
_CLOSED = "The desktop took Hearsight's global keys away; they are being bound again."
_GONE = "The desktop's portal ended: global keys work again as soon as it is back."
_NO_BUS = "The connection to the session bus was lost: global keys don't work any more."


class PortalLoop(threading.Thread):
    """One connection to the session bus, one session with the portal.

    The portal tells presses and releases of its own keys alone: nothing of Shift, of Escape, or of a keyboard's real
    state. Whatever ends the session therefore releases what is held.

    Raises:
        HearsightError: from the constructor, when there is no session to be had.
    """

    def __init__(self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem) -> None:
        super().__init__(name="hotkeys-portal", daemon=True)
        self._shortcuts = dict(shortcuts)
        self._stopping = False
        self._session: PortalSession | None = None
        self._pause = _FIRST_PAUSE
        self._again = self._bound = 0.0
        self._bus = _connected()
        try:
            self._bus.listen()
            self._bus.register()
            self._session = PortalSession(self._bus, self._shortcuts)
        except BUS_ERRORS as error:
            self._bus.close()
            raise HearsightError(_NO_PORTAL, action=_REMEDY) from error
        except HearsightError:
            self._bus.close()
            raise
        self._presses = Presses(on_event, on_problem)

    def is_held(self, name: str) -> bool:
        return name in self._presses.held

    def stop(self) -> None:
        """Gives the keys back and ends; returns once nothing is held any more."""
        self._stopping = True
        self._bus.wake()
        if threading.current_thread() is not self:
            self.join(_STOP_SECONDS)

    def run(self) -> None:
        try:
            self._bind()
            while not self._stopping:
                self._step()
        except (OSError, EOFError):
            self._presses.complain(HearsightError(_NO_BUS, action=_REMEDY))
        finally:
            if self._session is not None:
                self._session.close()
            self._presses.stop()
            self._bus.close()

    def _step(self) -> None:
        seconds = _IDLE_SECONDS if self._session else max(self._again - time.monotonic(), 0)
        message = self._bus.next_signal(seconds)
        if message is not None:
            self._take(message)
        elif not self._stopping and self._session is None and time.monotonic() >= self._again:
            self._bind_again()

    def _take(self, message: Any) -> None:
        kind, body = signal_of(message), message.body
        if kind == ("org.freedesktop.DBus", "NameOwnerChanged"):
            self._owner_changed(before=body[1], now=body[2])
        elif self._session is None:
            return
        elif kind == (SESSION, "Closed") and path_of(message) == self._session.handle:
            self._lost(_CLOSED)
        elif kind[0] == SHORTCUTS and body[0] == self._session.handle and body[1] in self._shortcuts:
            self._key(kind[1], body[1])

    def _key(self, member: str, name: str) -> None:
        """KWin tells a press again and again while the key is held. Its time stamps say nothing (5.27)."""
        if member == "Activated":
            self._presses.press(name)
        elif member == "Deactivated":
            self._presses.release(name)

    def _owner_changed(self, before: str, now: str) -> None:
        """Our own first call may have brought the portal up, which is told here too."""
        if before and self._session is not None:
            self._lost(_GONE)
        if now:
            self._again = time.monotonic()

    def _lost(self, words: str) -> None:
        """A desktop that closes each new session at once is asked less and less often."""
        self._session = None
        self._presses.release_all()
        self._presses.complain(HearsightError(words))
        lasted = time.monotonic() - self._bound
        self._pause = _FIRST_PAUSE if lasted > _LONGEST_PAUSE else min(self._pause * 2, _LONGEST_PAUSE)
        self._again = time.monotonic() + self._pause

    def _bind_again(self) -> None:
        """Whatever the reason that it fails for, the next attempt comes later; a call starts the portal if it can."""
        try:
            self._bus.register()
            self._session = PortalSession(self._bus, self._shortcuts)
        except (*BUS_ERRORS, Refused) as error:
            if isinstance(error, ConnectionError):
                raise
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
            self._again = time.monotonic() + self._pause
            return
        self._bind()
        _log.info("the global keys are bound again")

    def _bind(self) -> None:
        session = self._session
        if session is None:
            return
        try:
            session.bind()
            self._bound = time.monotonic()
        except PortalEnded:
            return  # the signal that says so is still to be read
        except Refused as refusal:
            self._presses.complain(refusal)
        except ConnectionError:
            raise
        except BUS_ERRORS:
            self._lost(_GONE)


def _connected() -> PortalBus:
    try:
        return PortalBus()
    except BUS_ERRORS as error:
        raise HearsightError("There is no session bus here: global keys can't be used.", action=_REMEDY) from error
