"""Pastes on wlroots compositors (sway, Hyprland, river, labwc, …): the clipboard by data-control, the keys by wtype.

Another program could take the focus in the few milliseconds between the last look and the key: Wayland has nothing
like X11's grab. Keys that the user holds don't matter: wtype's keyboard is another one, with modifiers of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

from assistant.core.cancel import CancelToken
from assistant.core.errors import FocusMoved, HearsightError, InsertRefused, TargetLost
from assistant.desktop.targets import can_undo, paste_keys
from assistant.desktop.targets_tty import asks_password
from assistant.desktop.typing.handlers.wayland_focus import WaylandFocus
from assistant.desktop.typing.models import Inserted, Target, Undo, Where
from assistant.desktop.typing.offer import Offer
from assistant.desktop.typing.reading import await_read, notices
from assistant.desktop.typing.watch import Watch

if TYPE_CHECKING:
    from assistant.desktop.typing.handlers.wayland_clipboard import WaylandClipboard
    from assistant.desktop.typing.handlers.wayland_selection import WaylandSelection

_READ_SECONDS = 20.0
_KEY_SECONDS = 5.0
_DESKTOPS = frozenset(
    ("sway", "hyprland", "river", "labwc", "wayfire", "niri", "wlroots", "miracle-wm", "dwl", "cosmic")
)
_NEW_KEYBOARD_MS = 200
"""A seat without a keyboard gets its first one with wtype's; programs that don't know it yet would lose the key."""
_COPY = "Copy the text from the dictation history."


class Wlroots:
    """See `TypingHandler`."""

    name = "clipboard and wtype on Wayland"

    def __init__(self, read_seconds: float = _READ_SECONDS) -> None:
        self._read_seconds = read_seconds
        self._focus = WaylandFocus()
        self._lock = threading.Lock()
        self._clipboard: WaylandClipboard[WaylandSelection] | None = None

    def is_compatible(self) -> bool:
        here = sys.platform.startswith("linux") and bool(os.environ.get("WAYLAND_DISPLAY"))
        desktops = os.environ.get("XDG_CURRENT_DESKTOP", "").lower().split(":")
        told = os.environ.get("SWAYSOCK") or os.environ.get("HYPRLAND_INSTANCE_SIGNATURE")
        return here and (bool(told) or any(name in _DESKTOPS for name in desktops))

    def is_installed(self) -> bool:
        return shutil.which("wtype") is not None

    def install_instructions(self) -> str:
        return "Typing on this desktop needs wtype: install the package wtype."

    def target(self) -> Target | None:
        """Begins to save the clipboard, which may take its time while the user speaks."""
        found = self._focus.target()
        if found is not None:
            threading.Thread(target=self._remember, name="clipboard-save", daemon=True).start()
        return found

    def where(self, target: Target) -> Where:
        return self._focus.where(target)

    def refuses(self, text: str, target: Target) -> str:  # noqa: ARG002 - whatever can be copied can be pasted
        try:
            self._open()
        except InsertRefused as error:
            return error.message
        return ""

    def insert(self, text: str, target: Target, cancel: CancelToken) -> Inserted:
        watch, offer = Watch(), Offer(lambda _: True)
        offer.is_unsure()
        self._require(target)
        cancel.check()
        clipboard = self._open()
        try:
            kept = clipboard.offer(text, offer)
        except TimeoutError as error:
            raise InsertRefused("The compositor doesn't answer.", action=_COPY) from error
        watch.lap("save")
        try:
            self._require(target)
            offer.keys_follow(0)
            self._press(_paste_words(target))
        except BaseException:
            clipboard.put_back()
            raise
        watch.lap("keys")
        await_read(offer, self._read_seconds, cancel)
        watch.lap("read")
        way: Undo = "undo" if target.id and can_undo(target.program) else ""
        said = notices(kept.hung, () if kept.hung else kept.lost)
        if not target.id:
            said = (*said, "This desktop doesn't tell which window has the focus: look where the text has gone.")
        return Inserted(self.name, len(text), True, watch.seconds(), said, target, way)

    def undo(self, inserted: Inserted) -> None:
        if inserted.target is None or inserted.undo != "undo":
            raise InsertRefused("This program can't take it back.", action="Delete the text there by hand.")
        self._require(inserted.target)
        self._press(("-M", "ctrl", "-k", "z", "-m", "ctrl"))

    def activate(self, target: Target) -> None:
        self._focus.activate(target)

    def copy(self, text: str) -> None:
        try:
            self._open().copy(text)
        except TimeoutError as error:
            raise InsertRefused("The compositor doesn't answer.", action=_COPY) from error

    def close(self) -> None:
        with self._lock:
            clipboard, self._clipboard = self._clipboard, None
        if clipboard is not None:
            clipboard.close()

    def _require(self, target: Target) -> None:
        where = self._focus.where(target)
        if where == "gone":
            raise TargetLost("The window that the text was meant for is closed.", action=_COPY)
        if where == "elsewhere":
            raise FocusMoved(
                "Another window has the focus, so nothing was typed.",
                action="Click into the window that the text is meant for, or copy the text.",
            )
        if target.kind == "terminal" and asks_password(target.pid):
            raise InsertRefused("A password is asked for there, and Hearsight does not type into password fields.")

    def _press(self, words: tuple[str, ...]) -> None:
        first = () if self._open().call(lambda books: books.has_keyboard) else ("-s", str(_NEW_KEYBOARD_MS))
        try:
            done = subprocess.run(("wtype", *first, *words), capture_output=True, check=False, timeout=_KEY_SECONDS)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise InsertRefused("wtype could not press the keys.", action=_COPY) from error
        if done.returncode:
            raise InsertRefused("This compositor lets wtype press no keys.", action=_COPY)

    def _open(self) -> WaylandClipboard[WaylandSelection]:
        with self._lock:
            if self._clipboard is None or not self._clipboard.is_alive():
                from assistant.desktop.typing.clipboard_thread import ClipboardThread
                from assistant.desktop.typing.handlers import wayland_keeper
                from assistant.desktop.typing.handlers.wayland_clipboard import WaylandClipboard
                from assistant.desktop.typing.handlers.wayland_selection import WaylandSelection

                try:
                    self._clipboard = WaylandClipboard(ClipboardThread(WaylandSelection()), wayland_keeper.keep)
                except OSError as error:
                    raise InsertRefused(
                        "This compositor lets no program manage its clipboard.", action=_COPY
                    ) from error
            return self._clipboard

    def _remember(self) -> None:
        try:
            self._open().remember()
        except (TimeoutError, HearsightError):
            # The insertion will ask again, and say what is wrong.
            return


def _paste_words(target: Target) -> tuple[str, ...]:
    """wtype's arguments. Where the program isn't known, Ctrl+V is what most of them take."""
    *modifiers, key = paste_keys(target.program).lower().split("+")
    held = [word for modifier in modifiers for word in ("-M", modifier)]
    freed = [word for modifier in reversed(modifiers) for word in ("-m", modifier)]
    return (*held, "-k", "Insert" if key == "insert" else key, *freed)
