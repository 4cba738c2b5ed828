"""Which virtual key codes and modifier bits Windows has for a shortcut (WinUser.h)."""

from __future__ import annotations

from typing import Any

from assistant.core.errors import BadInput
from assistant.desktop.hotkeys.shortcuts import Shortcut

SHIFT, ESCAPE = 0x10, 0x1B
NO_REPEAT = 0x4000
_MODIFIERS = {"Alt": 1, "Ctrl": 2, "Shift": 4, "Super": 8}
_NAMED = {
    **{"Backspace": 0x08, "Tab": 0x09, "Return": 0x0D, "Pause": 0x13, "Escape": ESCAPE, "Space": 0x20},
    **{"PageUp": 0x21, "PageDown": 0x22, "End": 0x23, "Home": 0x24},
    **{"Left": 0x25, "Up": 0x26, "Right": 0x27, "Down": 0x28},
    **{"Print": 0x2C, "Insert": 0x2D, "Delete": 0x2E, "Menu": 0x5D, "ScrollLock": 0x91},
    **{f"F{n}": 0x6F + n for n in range(1, 25)},
    **{letter: ord(letter) for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"},
}
"""These are the same on every layout."""
_CHARACTERS = {
    **{"Comma": ",", "Period": ".", "Slash": "/", "Backslash": "\\"},
    **{"Semicolon": ";", "Minus": "-", "Equal": "=", "Grave": "`"},
}
"""These have another code on each layout."""


def virtual_key(user32: Any, shortcut: Shortcut) -> int:
    """The code of the shortcut's key on the current layout.

    Raises:
        BadInput: the layout has no such key.
    """
    if shortcut.key in _NAMED:
        return _NAMED[shortcut.key]
    found = int(user32.VkKeyScanW(_CHARACTERS[shortcut.key])) & 0xFFFF
    if found == 0xFFFF:
        raise BadInput(f"This keyboard layout has no key for {shortcut}.", action="Choose another shortcut.")
    return found & 0xFF


def modifier_bits(shortcut: Shortcut) -> int:
    """For RegisterHotKey."""
    return sum(_MODIFIERS[name] for name in shortcut.modifiers)
