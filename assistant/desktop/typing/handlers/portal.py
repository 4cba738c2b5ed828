"""Pastes through the RemoteDesktop portal: Wayland desktops that let no program press keys by itself (GNOME, Plasma).

These desktops don't tell which window has the focus, so the text goes where the cursor is; that is said each time.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assistant.core.cancel import CancelToken
from assistant.core.errors import InsertRefused
from assistant.desktop.typing.models import Inserted, Target, Where
from assistant.desktop.typing.offer import Offer
from assistant.desktop.typing.reading import await_read, notices
from assistant.desktop.typing.watch import Watch

if TYPE_CHECKING:
    from assistant.desktop.typing.clipboard_thread import ClipboardThread
    from assistant.desktop.typing.handlers.portal_session import PortalSession
    from assistant.desktop.typing.handlers.wayland_clipboard import WaylandClipboard

_READ_SECONDS = 20.0
_COPY = "Copy the text from the dictation history."
_BLIND = "This desktop doesn't tell which window has the focus: look where the text has gone."


class Portal:
    """See `TypingHandler`.

    Args:
        token_file: where the user's permission is kept, so that the desktop asks once; None asks at each start.
    """

    name = "RemoteDesktop portal"

    def __init__(self, token_file: Path | None = None, read_seconds: float = _READ_SECONDS) -> None:
        self._token_file = token_file
        self._read_seconds = read_seconds
        self._lock = threading.Lock()
        self._parts: _Parts | None = None

    def is_compatible(self) -> bool:
        return sys.platform.startswith("linux") and bool(os.environ.get("WAYLAND_DISPLAY"))

    def is_installed(self) -> bool:
        """Whether the bus is there; the portal itself is started by the first call to it."""
        has_bus = bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS"))
        return has_bus and importlib.util.find_spec("jeepney") is not None

    def install_instructions(self) -> str:
        return (
            "Typing on this desktop needs its portal: install xdg-desktop-portal and the one of your desktop "
            "(xdg-desktop-portal-gnome, xdg-desktop-portal-kde), and log in again."
        )

    def target(self) -> Target | None:
        """Opens the session where there is none, which may ask the user; the clipboard is saved while he speaks."""
        threading.Thread(target=self._remember, name="clipboard-save", daemon=True).start()
        return Target("", "", "")

    def where(self, target: Target) -> Where:  # noqa: ARG002 - nothing tells
        return "focused"

    def refuses(self, text: str, target: Target) -> str:
        """Without knowing the program, a line break or a tab could go to a terminal."""
        if target.id:
            return "The portal can't tell whether that window has the focus."
        if any(c in "\n\t" for c in text):
            return (
                "This desktop doesn't tell where the text goes, and a terminal would take a line break for a command."
            )
        try:
            self._open()
        except InsertRefused as error:
            return error.message
        return ""

    def insert(self, text: str, target: Target, cancel: CancelToken) -> Inserted:
        watch, offer = Watch(), Offer(lambda _: True)
        offer.is_unsure()
        cancel.check()
        parts = self._open()
        try:
            kept = parts.clipboard.offer(text, offer)
            watch.lap("save")
            offer.keys_follow(0)
            parts.keys.call(lambda session: session.press("ctrl", "v"))
        except TimeoutError as error:
            raise InsertRefused("The desktop's portal doesn't answer.", action=_COPY) from error
        watch.lap("keys")
        await_read(offer, self._read_seconds, cancel)
        watch.lap("read")
        said = (*notices(kept.hung, () if kept.hung else kept.lost), _BLIND)
        return Inserted(self.name, len(text), True, watch.seconds(), said, target, "")

    def undo(self, inserted: Inserted) -> None:
        raise InsertRefused(
            f"{inserted.handler} can't see where the text has gone.", action="Undo it in the program itself."
        )

    def activate(self, target: Target) -> None:
        """The portal moves no focus."""

    def copy(self, text: str) -> None:
        try:
            self._open().clipboard.copy(text)
        except TimeoutError as error:
            raise InsertRefused("The desktop's portal doesn't answer.", action=_COPY) from error

    def close(self) -> None:
        with self._lock:
            parts, self._parts = self._parts, None
        if parts is not None:
            parts.clipboard.close()
            parts.keys.stop()

    def _remember(self) -> None:
        try:
            self._open().clipboard.remember()
        except (InsertRefused, TimeoutError):
            # The insertion will ask again, and say what is wrong.
            return

    def _open(self) -> _Parts:
        """A session that the desktop has ended is made anew."""
        with self._lock:
            if self._parts is None or not self._parts.keys.is_alive():
                try:
                    self._parts = _open(self._token_file)
                except OSError as error:
                    raise InsertRefused(f"The desktop lets Hearsight press no keys: {error}.", action=_COPY) from error
            return self._parts


@dataclass(frozen=True)
class _Parts:
    """The keys by the portal, and the clipboard by the portal too, or by data-control where that has none (KDE)."""

    keys: ClipboardThread[PortalSession]
    clipboard: WaylandClipboard[Any]


def _open(token_file: Path | None) -> _Parts:
    from assistant.desktop.typing.clipboard_thread import ClipboardThread
    from assistant.desktop.typing.handlers import wayland_keeper
    from assistant.desktop.typing.handlers.portal_session import PortalSession
    from assistant.desktop.typing.handlers.wayland_clipboard import WaylandClipboard
    from assistant.desktop.typing.handlers.wayland_selection import WaylandSelection

    session = PortalSession(token_file)
    if session.has_clipboard:
        keys = ClipboardThread(session)
        return _Parts(keys, WaylandClipboard(keys))
    try:
        selection = WaylandSelection()
    except OSError:
        session.close()
        raise
    return _Parts(ClipboardThread(session), WaylandClipboard(ClipboardThread(selection), wayland_keeper.keep))
