"""Which key codes and flags macOS has for a shortcut (Carbon's Events.h, CGEventTypes.h)."""

from __future__ import annotations

from typing import Any

from assistant.core.errors import BadInput
from assistant.desktop.hotkeys.shortcuts import Shortcut

ESCAPE = 53
SHIFT_FLAG = 0x20000
_FLAGS = {"Shift": SHIFT_FLAG, "Ctrl": 0x40000, "Alt": 0x80000, "Super": 0x100000}
_ALL_FLAGS = sum(_FLAGS.values())
_NAMED = {
    **{"Space": 49, "Tab": 48, "Return": 36, "Backspace": 51, "Delete": 117, "Insert": 114, "Menu": 110},
    **{"Home": 115, "End": 119, "PageUp": 116, "PageDown": 121, "Left": 123, "Right": 124, "Down": 125, "Up": 126},
    **{"F1": 122, "F2": 120, "F3": 99, "F4": 118, "F5": 96, "F6": 97, "F7": 98, "F8": 100, "F9": 101, "F10": 109},
    **{"F11": 103, "F12": 111, "F13": 105, "F14": 107, "F15": 113, "F16": 106, "F17": 64, "F18": 79, "F19": 80},
    "F20": 90,
}
_CHARACTERS = {
    **{"Comma": ",", "Period": ".", "Slash": "/", "Backslash": "\\"},
    **{"Semicolon": ";", "Minus": "-", "Equal": "=", "Grave": "`"},
}
_AMERICAN = "asdfhgzxcv bqweryt123465=97-80]ou[ip lj'k;\\,/nm.  `"
"""What each code types on the American layout, from 0; blanks where that is no character."""
_CODES = range(128)


def key_code(quartz: Any, shortcut: Shortcut) -> int:
    """The code of the shortcut's key on the current layout.

    Raises:
        BadInput: a Mac has no such key.
    """
    if shortcut.key in _NAMED:
        return _NAMED[shortcut.key]
    character = _CHARACTERS.get(shortcut.key, shortcut.key.lower())
    # A layout of another script has no "d": then it is where the American one has it, as in macOS's own shortcuts.
    code = next((code for code in _CODES if _typed(quartz, code) == character), -1)
    if len(character) != 1 or max(code, _AMERICAN.find(character)) < 0:
        raise BadInput(f"A Mac's keyboard has no key for {shortcut}.", action="Choose another shortcut.")
    return code if code >= 0 else _AMERICAN.find(character)


def flags(shortcut: Shortcut) -> int:
    """The modifiers that must be down."""
    return sum(_FLAGS[name] for name in shortcut.modifiers)


def modifiers_of(event_flags: int) -> int:
    """The modifiers of an event, without Caps Lock, Fn and left or right."""
    return event_flags & _ALL_FLAGS


def _typed(quartz: Any, code: int) -> str:
    """What a key types by itself on the current layout."""
    event = quartz.CGEventCreateKeyboardEvent(None, code, True)
    quartz.CGEventSetFlags(event, 0)
    return str(quartz.CGEventKeyboardGetUnicodeString(event, 4, None, None)[1])
