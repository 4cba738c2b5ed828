"""Global keys on Wayland desktops whose portal has them: KDE Plasma 5.27, GNOME 48, Hyprland, and later."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from assistant.desktop.hotkeys.handlers.looping import LoopingHotkeys
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut

if TYPE_CHECKING:
    from assistant.desktop.hotkeys.handlers.portal_loop import PortalLoop

_ASK_SECONDS = 3.0
"""A portal that is not running yet is started by the question; a desktop that takes longer has none."""


class PortalHotkeys(LoopingHotkeys["PortalLoop"]):
    """See `HotkeyHandler`; one `PortalLoop` for each set of bindings.

    The desktop decides which keys it gives: a shortcut here is a wish, and its own settings have the last word.
    """

    name = "GlobalShortcuts portal"

    def is_compatible(self) -> bool:
        return is_wayland() and _has_bus()

    def is_installed(self) -> bool:
        """Whether the desktop's portal offers global keys."""
        if importlib.util.find_spec("jeepney") is None:
            return False
        from assistant.desktop.hotkeys.handlers.portal_bus import BUS_ERRORS, PortalBus

        try:
            bus = PortalBus()
        except BUS_ERRORS:
            return False
        try:
            return bus.version(_ASK_SECONDS) >= 1
        except BUS_ERRORS:
            return False
        finally:
            bus.close()

    def install_instructions(self) -> str:
        return "This desktop's portal offers no global keys (KDE Plasma 5.27, GNOME 48, Hyprland and later ones do)."

    def grab_escape(self, on_escape: Callable[[], None]) -> bool:  # noqa: ARG002
        """A portal gives out keys in its settings only, never for a moment."""
        return False

    def release_escape(self) -> None:
        """Nothing was taken."""

    def _open(self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem) -> PortalLoop:
        from assistant.desktop.hotkeys.handlers.portal_loop import PortalLoop

        loop = PortalLoop(shortcuts, on_event, on_problem)
        loop.start()
        return loop


def is_wayland() -> bool:
    wayland = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland"
    return sys.platform not in ("win32", "darwin") and bool(wayland)


def _has_bus() -> bool:
    folder = os.environ.get("XDG_RUNTIME_DIR", "")
    return bool(os.environ.get("DBUS_SESSION_BUS_ADDRESS") or (folder and (Path(folder) / "bus").exists()))
