"""Types on macOS: events that carry their characters, whatever the keyboard's layout, and no clipboard."""

from __future__ import annotations

import ctypes
import ctypes.util
import importlib
import sys
import threading
import time
from typing import Any

from assistant.core.cancel import CancelToken
from assistant.core.errors import FocusMoved, InsertRefused, TargetLost
from assistant.desktop.targets import can_undo, kind_of
from assistant.desktop.typing.models import Inserted, Target, Undo, Where
from assistant.desktop.typing.pieces import pieces
from assistant.desktop.typing.system_clipboard import copy_by
from assistant.desktop.typing.watch import Watch

_PIECE = 10
"""Characters in one event: CGEventKeyboardSetUnicodeString passes on 20 UTF-16 units at most."""
_PAUSE_SECONDS = 0.002
_HANDS_SECONDS = 10.0
_LOOK_SECONDS = 0.01
_RETURN_KEY, _TAB_KEY, _Z_KEY = 36, 48, 6
"""Virtual key codes (Carbon's Events.h)."""
_KEYS = {"\n": _RETURN_KEY, "\t": _TAB_KEY}
_PREFIX = "mac:"
_COPY = "Copy the text from the dictation history."


class MacTyping:
    """See `TypingHandler`.

    Args:
        quartz: the module `Quartz`; imported when left out.
        app_kit: the module `AppKit`; imported when left out.
        secure: whether a password field has the keyboard; asks Carbon when left out.
    """

    name = "keyboard events on macOS"

    def __init__(self, quartz: Any = None, app_kit: Any = None, secure: Any = None) -> None:
        self._quartz_made, self._app_kit_made = quartz, app_kit
        self._secure = secure or _secure_input
        self._lock = threading.Lock()

    def is_compatible(self) -> bool:
        return sys.platform == "darwin"

    def is_installed(self) -> bool:
        """Whether the user has allowed it."""
        try:
            return bool(self._quartz.CGPreflightPostEventAccess())
        except (ImportError, AttributeError):
            return False

    def install_instructions(self) -> str:
        return "Allow Hearsight to control this computer: System Settings, Privacy & Security, Accessibility."

    def target(self) -> Target | None:
        app = self._app_kit.NSWorkspace.sharedWorkspace().frontmostApplication()
        if app is None:
            return None
        pid, program = int(app.processIdentifier()), str(app.bundleIdentifier() or "")
        number, title = self._front_window(pid)
        return Target(f"{_PREFIX}{pid}:{number}", title, program, kind_of(program), self._secure(), pid)

    def where(self, target: Target) -> Where:
        now = self.target()
        if now is not None and now.id == target.id:
            return "focused"
        return "elsewhere" if self._exists(target) else "gone"

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
                self._require_still(target, sent)
                self._type(piece)
                sent += len(piece)
        watch.lap("keys")
        way: Undo = "undo" if can_undo(target.program) else ""
        return Inserted(self.name, len(text), False, watch.seconds(), (), target, way)

    def undo(self, inserted: Inserted) -> None:
        if inserted.target is None or inserted.undo != "undo":
            raise InsertRefused("This program can't take it back.", action="Delete the text there by hand.")
        self._require(inserted.target)
        self._wait_for_hands(CancelToken())
        self._key(_Z_KEY, "", self._quartz.kCGEventFlagMaskCommand)

    def activate(self, target: Target) -> None:
        app = self._app_kit.NSRunningApplication.runningApplicationWithProcessIdentifier_(target.pid)
        if app is not None:
            app.activateWithOptions_(0)

    def copy(self, text: str) -> None:
        copy_by(("pbcopy",), text.encode())

    def close(self) -> None:
        """Nothing is held."""

    @property
    def _quartz(self) -> Any:
        if self._quartz_made is None:
            self._quartz_made = importlib.import_module("Quartz")
        return self._quartz_made

    @property
    def _app_kit(self) -> Any:
        if self._app_kit_made is None:
            self._app_kit_made = importlib.import_module("AppKit")
        return self._app_kit_made

    def _windows(self) -> list[Any]:
        """On the screen, the front one first."""
        quartz = self._quartz
        options = quartz.kCGWindowListOptionOnScreenOnly | quartz.kCGWindowListExcludeDesktopElements
        return list(quartz.CGWindowListCopyWindowInfo(options, quartz.kCGNullWindowID) or [])

    def _front_window(self, pid: int) -> tuple[int, str]:
        """Number and title of the program's front window on the layer of normal windows."""
        own = (w for w in self._windows() if w["kCGWindowOwnerPID"] == pid and w["kCGWindowLayer"] == 0)
        front: dict[str, Any] = next(own, {})
        return int(front.get("kCGWindowNumber", 0)), str(front.get("kCGWindowName", "") or "")

    def _exists(self, target: Target) -> bool:
        quartz = self._quartz
        number = int(target.id.rpartition(":")[2])
        every = quartz.CGWindowListCopyWindowInfo(quartz.kCGWindowListOptionAll, quartz.kCGNullWindowID) or []
        return any(w["kCGWindowOwnerPID"] == target.pid and w["kCGWindowNumber"] == number for w in every)

    def _require(self, target: Target) -> None:
        where = self.where(target)
        if where == "gone":
            raise TargetLost("The window that the text was meant for is closed.", action=_COPY)
        if where == "elsewhere":
            raise FocusMoved(
                "Another window has the focus, so nothing was typed.",
                action="Click into the window that the text is meant for, or copy the text.",
            )
        if self._secure():
            raise InsertRefused("A password is asked for there, and Hearsight does not type into password fields.")

    def _require_still(self, target: Target, sent: int) -> None:
        """A second try would type the beginning twice: once something went out, no FocusMoved any more."""
        try:
            self._require(target)
        except FocusMoved as error:
            if not sent:
                raise
            kept = f"The first {sent} characters went out."
            raise InsertRefused(error.message, kept=kept, action=_COPY) from error

    def _wait_for_hands(self, cancel: CancelToken) -> None:
        quartz = self._quartz
        names = ("Shift", "Control", "Alternate", "Command", "SecondaryFn")
        mask = sum(getattr(quartz, f"kCGEventFlagMask{name}") for name in names)
        last = time.monotonic() + _HANDS_SECONDS
        while quartz.CGEventSourceFlagsState(quartz.kCGEventSourceStateHIDSystemState) & mask:
            if time.monotonic() > last:
                raise InsertRefused("A key is held down, so nothing was typed.", action="Let go, and try again.")
            if cancel.wait(_LOOK_SECONDS):
                cancel.check()

    def _type(self, piece: str) -> None:
        """Line breaks and tabs are keys of their own; the rest goes in runs."""
        run = ""
        for character in piece:
            if character in _KEYS:
                self._key(0, run)
                self._key(_KEYS[character], "")
                run = ""
            else:
                run += character
        self._key(0, run)
        time.sleep(_PAUSE_SECONDS)

    def _key(self, code: int, text: str, flags: int = 0) -> None:
        quartz = self._quartz
        if not text and not code:
            return
        for down in (True, False):
            event = quartz.CGEventCreateKeyboardEvent(None, code, down)
            quartz.CGEventSetFlags(event, flags)
            if text:
                quartz.CGEventKeyboardSetUnicodeString(event, len(text.encode("utf-16-le")) // 2, text)
            quartz.CGEventPost(quartz.kCGHIDEventTap, event)


def _secure_input() -> bool:
    """Whether the system keeps the keyboard to one program, as it does for password fields (Carbon)."""
    path = ctypes.util.find_library("Carbon")
    return bool(path and ctypes.CDLL(path).IsSecureEventInputEnabled())
