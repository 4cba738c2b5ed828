"""A connection to the X server for looking at the focus and pressing keys, in one step that nobody can come between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import xcffib

from assistant.core import x11
from assistant.core.cancel import CancelToken
from assistant.core.errors import FocusMoved, HearsightError, InsertRefused, TargetLost
from assistant.desktop.typing.handlers.x11_focus import Focus
from assistant.desktop.typing.handlers.x11_keys import Keys
from assistant.desktop.typing.models import Target, Where

_LOOK_SECONDS = 0.01
_HANDS_SECONDS = 5.0
"""So long a held modifier is waited for; then it counts as stuck and is let go."""
_GRAB_SECONDS = 30.0
"""So long a menu or a held shortcut of another program is waited for."""
_COPY = "Copy the text from the dictation history."


class Session:
    """Made when it is first needed. Its calls may come from any thread, and wait for each other."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._connection: Any = None
        self._focus: Focus | None = None

    def target(self) -> Target | None:
        """The window that has the focus.

        Raises:
            HearsightError: the X server doesn't answer.
        """
        with self._server():
            return self._open().target()

    def where(self, target: Target) -> Where:
        with self._server():
            return self._open().where(target)

    def activate(self, target: Target) -> None:
        with self._server():
            self._open().activate(target)

    def is_of(self, requestor: int, target: Target) -> bool:
        """See `Focus.is_of`."""
        with self._server():
            return self._open().is_of(requestor, target)

    def keys(self) -> Keys:
        """The keyboard as it is now."""
        with self._server():
            self._open()
            return Keys(self._connection)

    def wait_for_hands(self, target: Target, cancel: CancelToken) -> None:
        """Waits until no modifier is held and nobody has the keyboard to himself.

        Raises:
            TargetLost, FocusMoved, InsertRefused, Cancelled: see `TypingHandler.insert`.
        """
        start = time.monotonic()
        while True:
            with self._server():
                self._require(target)
                keys = Keys(self._connection)
                held, grabbed = keys.held_modifiers(), keys.is_grabbed()
                if held and not grabbed and time.monotonic() > start + _HANDS_SECONDS:
                    keys.let_go(held)
                    self._connection.flush()
            if not held and not grabbed:
                return
            if time.monotonic() > start + _GRAB_SECONDS:
                raise InsertRefused(
                    "Another program has the keyboard to itself: a menu or a lock screen.", action=_COPY
                )
            if cancel.wait(_LOOK_SECONDS):
                cancel.check()

    def press(self, target: Target, press: Callable[[Keys], None]) -> bool:
        """Presses keys while no other program can do anything, so that the focus can't move in between.

        Returns:
            False when a modifier is held or another program has the keyboard: nothing was pressed.

        Raises:
            TargetLost: nothing was pressed.
            FocusMoved: nothing was pressed.
            InsertRefused: a password is asked for by now.
        """
        with self._server():
            self._open()
            keys = Keys(self._connection)
            self._connection.core.GrabServer()
            try:
                self._require(target)
                if keys.held_modifiers() or keys.is_grabbed():
                    return False
                press(keys)
                self._connection.core.GetInputFocus().reply()
                return True
            finally:
                self._connection.core.UngrabServer()
                self._connection.flush()

    def close(self) -> None:
        with self._lock:
            connection, self._connection, self._focus = self._connection, None, None
            if connection is not None:
                connection.disconnect()

    def _require(self, target: Target) -> None:
        focus = self._open()
        where = focus.where(target)
        if where == "gone":
            raise TargetLost("The window that the text was meant for is closed.", action=_COPY)
        if where == "elsewhere":
            raise FocusMoved(
                "Another window has the focus, so nothing was typed.",
                action="Click into the window that the text is meant for, or copy the text.",
            )
        if focus.asks_password(target):
            raise InsertRefused("A password is asked for there, and Hearsight does not type into password fields.")

    def _open(self) -> Focus:
        if self._focus is None:
            self._connection = x11.connect()
            self._focus = Focus(self._connection)
        return self._focus

    @contextmanager
    def _server(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except xcffib.ConnectionException as error:
                self._connection = self._focus = None
                raise HearsightError(
                    "The X server doesn't answer: nothing can be typed.", action="Start Hearsight again."
                ) from error
