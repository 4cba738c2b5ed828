"""Puts text into the window that had the focus at key-down, with the first handler that can; never into another one."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from assistant.core.cancel import CancelToken
from assistant.core.errors import FocusMoved, InsertRefused, TargetLost
from assistant.desktop.cursor.main import CursorReader
from assistant.desktop.screen_lock import ScreenLock
from assistant.desktop.typing.handlers.clipboard_only import ClipboardOnly
from assistant.desktop.typing.handlers.macos import MacTyping
from assistant.desktop.typing.handlers.portal import Portal
from assistant.desktop.typing.handlers.windows import WindowsTyping
from assistant.desktop.typing.handlers.wlroots import Wlroots
from assistant.desktop.typing.handlers.x11_desktop import X11Desktop
from assistant.desktop.typing.handlers.x11_paste import X11Paste
from assistant.desktop.typing.handlers.x11_typing import X11Typing
from assistant.desktop.typing.models import Availability, Inserted, Target, TypingHandler
from assistant.desktop.typing.safety import danger

_LOOK_SECONDS = 0.05
"""How soon a focus that came back is seen."""
_ACTIVATE_SECONDS = 1.0
_NONE_HERE = "Hearsight can't type into other programs on this kind of session."
_NONE_ACTION = "Copy the text from the dictation history."


def handlers(state: Path | None = None) -> tuple[TypingHandler, ...]:
    """One of each kind, in the order in which they are tried. Making them opens nothing yet.

    Args:
        state: a folder for the permission that the desktop's portal gave; without one it asks at each start.
    """
    x11 = X11Desktop()
    typing = X11Typing(x11)
    token = state / "portal-token" if state is not None else None
    return (
        *(X11Paste(x11, typing), typing),
        *(Wlroots(), Portal(token)),
        *(WindowsTyping(), MacTyping()),
        ClipboardOnly(x11),
    )


def choose(handlers: Sequence[TypingHandler]) -> tuple[list[TypingHandler], str]:
    """The handlers that work in this session, in the order of preference; why a better one is missing, else empty."""
    fitting = [handler for handler in handlers if handler.is_compatible()]
    working = [handler for handler in fitting if handler.is_installed()]
    best_is_here = working[:1] == fitting[:1]
    return working, "" if best_is_here else fitting[0].install_instructions()


def status() -> list[Availability]:
    """For every handler: whether it works here, and why not."""
    return [_state(handler) for handler in handlers()]


def _state(handler: TypingHandler) -> Availability:
    if not handler.is_compatible():
        return Availability(handler.name, False, "made for another kind of session")
    works = handler.is_installed()
    return Availability(handler.name, works, "" if works else handler.install_instructions())


class Typist:
    """One for the whole process: it keeps connections open, and serves the user's clipboard once it was restored.

    Args:
        ways: in the order in which they are tried; `handlers()` when left out.
        locked: whether the screen is locked; asks the system when left out.
        cursor: tells of the field that has the focus; asks the system when left out.

    Attributes:
        hint: how to install what would work better here; empty when all is here.
    """

    def __init__(
        self,
        ways: Sequence[TypingHandler] | None = None,
        locked: Callable[[], bool] | None = None,
        cursor: CursorReader | None = None,
    ) -> None:
        self._handlers, self.hint = choose(handlers() if ways is None else ways)
        self._lock = ScreenLock()
        self._locked = locked or self._lock.is_locked
        self._cursor = cursor or CursorReader()

    def target(self) -> Target | None:
        """Call it at key-down, off the GUI thread: the window that has the focus, and what is told of its field.

        None where no window has the focus. What is written in a terminal is not read: it is a screen, not a field.

        Raises:
            InsertRefused: this session has no way to type into other programs.
            HearsightError: the display can't be reached.
        """
        target = self._first().target()
        if target is None or target.is_password or target.kind == "terminal":
            return target
        field = self._cursor.read(target.pid)
        return replace(target, is_password=field.is_password, before=field.before)

    def insert(
        self,
        text: str,
        target: Target | None,
        *,
        when_moved: Literal["ask", "wait"] = "ask",
        cancel: CancelToken | None = None,
        on_wait: Callable[[], None] = lambda: None,
    ) -> Inserted:
        """Puts the text in at the target's cursor. Blocks; call it off the GUI thread.

        Args:
            text: nothing is added to it and nothing taken away.
            target: what `target()` gave at key-down.
            when_moved: "ask" raises FocusMoved when another window has the focus, so that the caller can ask the user;
                "wait" waits until the target has it again.
            cancel: ends a wait.
            on_wait: called once when a wait begins.

        Raises:
            TargetLost, FocusMoved, InsertRefused, NotRead, Cancelled: see `TypingHandler.insert`.
        """
        token = cancel or CancelToken()
        handler = self._handler_for(text, target)
        assert target is not None
        waiting = False
        while True:
            token.check()
            self._require_unlocked()
            self._require_no_password(target)
            try:
                return handler.insert(text, target, token)
            except FocusMoved:
                if when_moved == "ask":
                    raise
            if not waiting:
                on_wait()
            waiting = True
            _wait_for(handler, target, token)

    def undo(self, inserted: Inserted) -> None:
        """Takes back what `insert` put in; nothing may have been typed there since.

        Raises:
            InsertRefused, TargetLost, FocusMoved: see `TypingHandler.undo`.
        """
        self._require_unlocked()
        handler = next((h for h in self._handlers if h.name == inserted.handler), None)
        if handler is None or not inserted.undo:
            raise InsertRefused("That can't be taken back from here.", action="Undo it in the program itself.")
        handler.undo(inserted)

    def bring_back(self, target: Target) -> bool:
        """Asks the system to give the target the focus again; says whether it has it."""
        handler = self._first()
        handler.activate(target)
        last = time.monotonic() + _ACTIVATE_SECONDS
        while (where := handler.where(target)) == "elsewhere" and time.monotonic() < last:
            time.sleep(_LOOK_SECONDS)
        return where == "focused"

    def copy(self, text: str) -> None:
        """Puts the text into the clipboard, for the user to paste.

        Raises:
            InsertRefused: there is no clipboard that can be reached.
        """
        self._first().copy(text)

    def close(self) -> None:
        """Gives everything back; the user's clipboard outlives this process."""
        self._lock.close()
        for handler in self._handlers:
            handler.close()

    def _first(self) -> TypingHandler:
        if not self._handlers:
            raise InsertRefused(_NONE_HERE, action=self.hint or _NONE_ACTION)
        return self._handlers[0]

    def _handler_for(self, text: str, target: Target | None) -> TypingHandler:
        first = self._first()
        if target is None:
            raise TargetLost("No window had the focus when the key went down.", action=_NONE_ACTION)
        reason = danger(text, target)
        reasons = [reason] if reason else []
        for handler in () if reason else self._handlers:
            reason = handler.refuses(text, target)
            if not reason:
                return handler
            reasons.append(reason)
        raise InsertRefused((reasons or [first.install_instructions()])[0], action=_NONE_ACTION)

    def _require_unlocked(self) -> None:
        if self._locked():
            raise InsertRefused("The screen is locked, so nothing is typed.", action="Unlock it and paste the text.")

    def _require_no_password(self, target: Target) -> None:
        """The focus may have gone to another field of the same window since key-down."""
        if target.kind != "terminal" and self._cursor.read(target.pid).is_password:
            raise InsertRefused(danger("", replace(target, is_password=True)), action=_NONE_ACTION)


def _wait_for(handler: TypingHandler, target: Target, cancel: CancelToken) -> None:
    while (where := handler.where(target)) != "focused":
        if where == "gone":
            raise TargetLost("The window that the text was meant for is closed.", action=_NONE_ACTION)
        if cancel.wait(_LOOK_SECONDS):
            cancel.check()
