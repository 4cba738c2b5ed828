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
from assistant.core.stillness import still
from assistant.desktop.typing.handlers.x11_focus import Focus
from assistant.desktop.typing.handlers.x11_keys import Hands, Keys
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
        self._pinned: tuple[Target, int] | None = None
        self._parts: tuple[Focus, Keys] | None = None

    def target(self) -> Target | None:
        """The window that has the focus.

        Raises:
            HearsightError: the X server doesn't answer.
        """
        with self._server():
            focus, _ = self._open()
            found = focus.target()
            self._pinned = (found, focus.raw()) if found else None
            return found

    def where(self, target: Target) -> Where:
        with self._server():
            return self._open()[0].where(target)

    def activate(self, target: Target) -> None:
        with self._server():
            self._open()[0].activate(target)

    def belongs(self, target: Target) -> Callable[[int], bool]:
        """Tells of a window whether it is of the target's program: the same connection, or the same process."""
        with self._server():
            focus, _ = self._open()

        def is_of(window: int) -> bool:
            if focus.is_same_client(window, target):
                return True
            with self._server():
                return target.pid > 0 and self._open()[0].pid(window) == target.pid

        return is_of

    def refusal(self, can: Callable[[Keys, Hands], str]) -> str:
        """What `can` says of the keyboard as it is now."""
        with self._server():
            _, keys = self._open()
            keys.reload_if_changed()
            return can(keys, keys.ask()())

    def wait_for_hands(self, target: Target, cancel: CancelToken) -> None:
        """Waits until no modifier is held and nobody has the keyboard to himself.

        Raises:
            TargetLost, FocusMoved, InsertRefused, Cancelled: see `TypingHandler.insert`.
        """
        if self._nothing_changed(target):
            return
        start = time.monotonic()
        while True:
            with self._server():
                hands = self._look(target)
                if hands.held and not hands.grabbed and time.monotonic() > start + _HANDS_SECONDS:
                    self._open()[1].let_go(hands.held)
                    self._connection.flush()
            if hands.free:
                return
            if time.monotonic() > start + _GRAB_SECONDS:
                raise InsertRefused(
                    "Another program has the keyboard to itself: a menu or a lock screen.", action=_COPY
                )
            if cancel.wait(_LOOK_SECONDS):
                cancel.check()

    def press(self, target: Target, press: Callable[[Keys, Hands], None]) -> bool:
        """Presses keys while no other program can do anything, so that the focus can't move in between. (Where our own
        window's thread is too busy to stand still for that, right after the look.)

        Returns:
            False when a modifier is held or another program has the keyboard: nothing was pressed.

        Raises:
            TargetLost: nothing was pressed.
            FocusMoved: nothing was pressed.
            InsertRefused: a password is asked for by now.
        """
        with self._server(), still() as alone:
            _, keys = self._open()
            keys.reload_if_changed()
            if alone:
                self._connection.core.GrabServer()
            try:
                hands = self._look(target)
                if hands.free:
                    press(keys, hands)
                return hands.free
            finally:
                if alone:
                    self._connection.core.UngrabServer()
                self._connection.flush()

    def close(self) -> None:
        with self._lock:
            connection, self._connection, self._parts = self._connection, None, None
            if connection is not None:
                connection.disconnect()

    def _nothing_changed(self, target: Target) -> bool:
        """One quick look before the clipboard is touched; `press` looks at everything."""
        with self._server():
            focus, keys = self._open()
            held = keys.ask_held()
            return self._pinned == (target, focus.raw()) and not held()

    def _look(self, target: Target) -> Hands:
        """All questions in one wait; raises where nothing may be typed."""
        focus, keys = self._open()
        asked, hands = focus.ask(target), keys.ask()
        where, found = focus.judge(asked, target), hands()
        if where == "gone":
            raise TargetLost("The window that the text was meant for is closed.", action=_COPY)
        if where == "elsewhere":
            raise FocusMoved(
                "Another window has the focus, so nothing was typed.",
                action="Click into the window that the text is meant for, or copy the text.",
            )
        if focus.asks_password(target):
            raise InsertRefused("A password is asked for there, and Hearsight does not type into password fields.")
        return found

    def _open(self) -> tuple[Focus, Keys]:
        if self._parts is None:
            self._connection = x11.connect()
            self._parts = Focus(self._connection), Keys(self._connection)
        return self._parts

    @contextmanager
    def _server(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except xcffib.ConnectionException as error:
                self._connection = self._parts = None
                raise HearsightError(
                    "The X server doesn't answer: nothing can be typed.", action="Start Hearsight again."
                ) from error
