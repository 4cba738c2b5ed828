"""Chooses how global keys are heard on this system."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.desktop.hotkeys.handlers.portal import PortalHotkeys
from assistant.desktop.hotkeys.handlers.x11 import X11Hotkeys
from assistant.desktop.hotkeys.models import HotkeyHandler
from assistant.desktop.hotkeys.shortcuts import Shortcut, parse_shortcut

__all__ = ["HANDLERS", "Shortcut", "available", "choose", "parse_shortcut"]

HANDLERS: tuple[HotkeyHandler, ...] = (X11Hotkeys(), PortalHotkeys())
"""In the order in which they are tried."""

INSTEAD = (
    "Bind a key in your desktop's keyboard settings to 'hearsight trigger ask --press' and its release to "
    "'hearsight trigger ask --release'; where only presses can be bound, bind 'hearsight trigger ask'. "
    "The microphone button in the window works everywhere."
)
"""What to do where no program may listen to keys by itself."""


def choose(handlers: Sequence[HotkeyHandler] = HANDLERS) -> tuple[HotkeyHandler | None, str]:
    """The handler for this session; without one, None and in plain words why, and what to do instead."""
    fitting = [handler for handler in handlers if handler.is_compatible()]
    for handler in fitting:
        if handler.is_installed():
            return handler, ""
    if fitting:
        return None, fitting[0].install_instructions()
    return None, f"Global keys don't exist on this kind of session yet. {INSTEAD}"


def available() -> tuple[bool, str]:
    """Whether global keys work here; the handler's name, or why not and what to do instead."""
    handler, reason = choose()
    return (True, handler.name) if handler else (False, reason)
