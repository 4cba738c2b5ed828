"""One session with the GlobalShortcuts portal: the keys that it was asked for."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from assistant.desktop.hotkeys.handlers.portal_bus import BUS_ERRORS, SESSION, PortalBus
from assistant.desktop.hotkeys.keysyms import keysym
from assistant.desktop.hotkeys.shortcuts import MODIFIERS, Shortcut

_MODIFIERS = {"Ctrl": "CTRL", "Alt": "ALT", "Shift": "SHIFT", "Super": "LOGO"}
_WORDS = {"ask": "Ask about the screen (hold and speak)", "dictate": "Type what is said (hold and speak)"}
"""What the desktop's dialog and settings show for a binding."""
_TOKEN = "hearsight"
"""Always the same: KDE keeps the keys of a program without a desktop file under this name."""
_CREATE_SECONDS = 10.0
_DIALOG_SECONDS = 600.0
"""The user may have to allow the keys in a dialog first."""


class PortalSession:
    """Lives from its creation until the portal or `close` ends it.

    Args:
        shortcuts: by name of the binding. A wish: the desktop's own settings have the last word.

    Raises:
        Refused, TimeoutError, DBusErrorResponse: no session.
    """

    def __init__(self, bus: PortalBus, shortcuts: Mapping[str, Shortcut]) -> None:
        self._bus = bus
        self._shortcuts = dict(shortcuts)
        token = ("s", _TOKEN)
        # KWin 5.27 takes the keys here alone; every other portal passes over what it doesn't know.
        options = {"session_handle_token": token, "shortcuts": ("a(sa{sv})", self._wishes())}
        results = bus.request("CreateSession", "a{sv}", (), options, _CREATE_SECONDS)
        self.handle = str(results["session_handle"][1])

    def bind(self) -> None:
        """Asks for the keys that the session doesn't have yet; may wait for the user.

        Raises:
            Refused: the user or the desktop said no.
        """
        results = self._bus.request("ListShortcuts", "oa{sv}", (self.handle,), {}, _CREATE_SECONDS)
        listed = {name for name, _ in results.get("shortcuts", ("", []))[1]}
        # Where nothing is missing, asking again would open KDE's settings at each start.
        if not set(self._shortcuts) <= listed:
            body = (self.handle, self._wishes(), "")
            self._bus.request("BindShortcuts", "oa(sa{sv})sa{sv}", body, {}, _DIALOG_SECONDS)

    def close(self) -> None:
        with contextlib.suppress(*BUS_ERRORS):
            self._bus.call(self.handle, SESSION, "Close", "", ())

    def _wishes(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            (name, {"description": ("s", _WORDS.get(name, name)), "preferred_trigger": ("s", trigger(shortcut))})
            for name, shortcut in self._shortcuts.items()
        ]


def trigger(shortcut: Shortcut) -> str:
    """As the XDG shortcuts specification writes it: "CTRL+ALT+space"."""
    return "+".join((*(_MODIFIERS[m] for m in MODIFIERS if m in shortcut.modifiers), keysym(shortcut)))
