"""Types on Windows: SendInput takes every character as it is, whatever the keyboard's layout, and no clipboard."""

from __future__ import annotations

import sys
import threading
import time

from assistant.core.cancel import CancelToken
from assistant.core.errors import FocusMoved, InsertRefused, TargetLost
from assistant.desktop.targets import can_undo, is_password_program, kind_of
from assistant.desktop.typing.handlers.windows_calls import (
    CONTROL,
    KEY_UP,
    LETTER_Z,
    RETURN,
    TAB,
    UNICODE,
    Calls,
    Stroke,
    WindowsCalls,
)
from assistant.desktop.typing.models import Inserted, Target, Undo, Where
from assistant.desktop.typing.pieces import pieces
from assistant.desktop.typing.system_clipboard import copy_by
from assistant.desktop.typing.watch import Watch

_PIECE = 200
"""Characters between two looks at the focus; far below the 10,000 messages that a window's queue holds."""
_LISTEN_SECONDS = 20.0
_HANDS_SECONDS = 10.0
_LOOK_SECONDS = 0.01
_PREFIX = "win:"
_KEYS = {"\n": RETURN, "\t": TAB}
_COPY = "Copy the text from the dictation history."


class WindowsTyping:
    """See `TypingHandler`.

    Args:
        calls: the system; Windows's own when left out.
    """

    name = "SendInput on Windows"

    def __init__(self, calls: Calls | None = None) -> None:
        self._made = calls
        self._lock = threading.Lock()

    def is_compatible(self) -> bool:
        return sys.platform == "win32"

    def is_installed(self) -> bool:
        return True

    def install_instructions(self) -> str:
        return "Windows brings all that is needed."

    def target(self) -> Target | None:
        window = self._calls.foreground()
        if not window:
            return None
        pid, program = self._calls.process(window)
        silent = is_password_program(program) or self._calls.asks_password(window)
        return Target(f"{_PREFIX}{window}", self._calls.title(window), program, kind_of(program), silent, pid)

    def where(self, target: Target) -> Where:
        window = _window(target)
        if not self._calls.exists(window) or self._calls.process(window)[0] != target.pid:
            return "gone"
        return "focused" if self._calls.foreground() == window else "elsewhere"

    def refuses(self, text: str, target: Target) -> str:  # noqa: ARG002 - every window takes characters
        return ""

    def insert(self, text: str, target: Target, cancel: CancelToken) -> Inserted:
        watch = Watch()
        with self._lock:
            self._require(target)
            self._wait_for_hands(cancel)
            watch.lap("wait")
            sent = 0
            for piece in pieces(text, _PIECE):
                self._send(piece, target, sent)
                sent += len(piece)
        watch.lap("keys")
        way: Undo = "undo" if can_undo(target.program) else ""
        return Inserted(self.name, len(text), False, watch.seconds(), (), target, way)

    def undo(self, inserted: Inserted) -> None:
        if inserted.target is None or inserted.undo != "undo":
            raise InsertRefused("This program can't take it back.", action="Delete the text there by hand.")
        self._require(inserted.target)
        self._wait_for_hands(CancelToken())
        chord = (Stroke(CONTROL, 0, 0), Stroke(LETTER_Z, 0, 0), Stroke(LETTER_Z, 0, KEY_UP), Stroke(CONTROL, 0, KEY_UP))
        self._calls.send(chord)

    def activate(self, target: Target) -> None:
        self._calls.activate(_window(target))

    def copy(self, text: str) -> None:
        copy_by(("clip",), b"\xff\xfe" + text.encode("utf-16-le"))

    def close(self) -> None:
        """Nothing is held."""

    @property
    def _calls(self) -> Calls:
        if self._made is None:
            self._made = WindowsCalls()
        return self._made

    def _send(self, piece: str, target: Target, sent: int) -> None:
        """Raises with what went out before, where something did."""
        kept = f"The first {sent} characters went out." if sent else ""
        try:
            self._require(target)
        except FocusMoved as error:
            # A second try would type the beginning twice: no FocusMoved any more.
            raise InsertRefused(error.message, kept=kept, action=_COPY) if sent else error from None
        if not self._calls.wait_until_it_listens(_window(target), _LISTEN_SECONDS):
            raise InsertRefused("The window doesn't answer.", kept=kept, action=_COPY)
        strokes = strokes_of(piece)
        if self._calls.send(strokes) < len(strokes):
            raise InsertRefused(
                "Windows lets Hearsight type nothing there: the program runs with more rights.", kept=kept, action=_COPY
            )

    def _require(self, target: Target) -> None:
        where = self.where(target)
        if where == "gone":
            raise TargetLost("The window that the text was meant for is closed.", action=_COPY)
        if where == "elsewhere":
            raise FocusMoved(
                "Another window has the focus, so nothing was typed.",
                action="Click into the window that the text is meant for, or copy the text.",
            )
        if self._calls.asks_password(_window(target)):
            raise InsertRefused("A password is asked for there, and Hearsight does not type into password fields.")

    def _wait_for_hands(self, cancel: CancelToken) -> None:
        last = time.monotonic() + _HANDS_SECONDS
        while self._calls.modifiers_down():
            if time.monotonic() > last:
                raise InsertRefused("A key is held down, so nothing was typed.", action="Let go, and try again.")
            if cancel.wait(_LOOK_SECONDS):
                cancel.check()


def strokes_of(text: str) -> list[Stroke]:
    """Down and up for each UTF-16 unit; a line break and a tab are their keys."""
    strokes = []
    for character in text:
        if character in _KEYS:
            strokes += [Stroke(_KEYS[character], 0, 0), Stroke(_KEYS[character], 0, KEY_UP)]
            continue
        data = character.encode("utf-16-le")
        for i in range(0, len(data), 2):
            unit = int.from_bytes(data[i : i + 2], "little")
            strokes += [Stroke(0, unit, UNICODE), Stroke(0, unit, UNICODE | KEY_UP)]
    return strokes


def _window(target: Target) -> int:
    return int(target.id.removeprefix(_PREFIX)) if target.id.startswith(_PREFIX) else 0
