"""Chooses how global keys are heard on this system."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.desktop.hotkeys.handlers.macos import MacHotkeys
from assistant.desktop.hotkeys.handlers.portal import PortalHotkeys, is_wayland
from assistant.desktop.hotkeys.handlers.windows import WindowsHotkeys
from assistant.desktop.hotkeys.handlers.x11 import X11Hotkeys
from assistant.desktop.hotkeys.models import HotkeyHandler
from assistant.desktop.hotkeys.shortcuts import Shortcut, parse_shortcut

__all__ = ["HANDLERS", "Shortcut", "available", "choose", "parse_shortcut"]

HANDLERS: tuple[HotkeyHandler, ...] = (X11Hotkeys(), PortalHotkeys(), WindowsHotkeys(), MacHotkeys())
"""In the order in which they are tried."""

INSTEAD = (
    "Bind keys in your desktop's own settings: 'hearsight trigger --bindings' prints the lines. Where only presses can "
    "be bound, the key toggles. The microphone button in the window works everywhere."
)
"""What to do where no program may listen to keys by itself."""


def choose(handlers: Sequence[HotkeyHandler] = HANDLERS) -> tuple[HotkeyHandler | None, str]:
    """The handler for this session; without one, None and in plain words why, and what to do instead."""
    fitting = [handler for handler in handlers if handler.is_compatible()]
    for handler in fitting:
        if handler.is_installed():
            return handler, ""
    if fitting:
        return None, f"{fitting[0].install_instructions()} {INSTEAD}"
    return None, f"Global keys don't exist on this kind of session yet. {INSTEAD}"


def is_up_to_the_desktop() -> bool:
    """Whether this session gives a program only those keys that its desktop lets it have (Wayland)."""
    return is_wayland()


def available() -> tuple[bool, str]:
    """Whether global keys work here; the handler's name, or why not and what to do instead."""
    handler, reason = choose()
    return (True, handler.name) if handler else (False, reason)
