"""The names that X11, Wayland compositors and portals give to keys (xkbcommon's, as in xkbcommon-keysyms.h)."""

from __future__ import annotations

from assistant.desktop.hotkeys.shortcuts import Shortcut

_OTHER_NAMES = {
    "PageUp": "Page_Up",
    "PageDown": "Page_Down",
    "Space": "space",
    "Backspace": "BackSpace",
    "ScrollLock": "Scroll_Lock",
    "Backslash": "backslash",
    **{name: name.lower() for name in ("Comma", "Period", "Slash", "Semicolon", "Minus", "Equal", "Grave")},
}
"""Where they differ from ours."""


def keysym(shortcut: Shortcut) -> str:
    """The name of the shortcut's key as it is without Shift: "space", "d", "Page_Up"."""
    return shortcut.key.lower() if len(shortcut.key) == 1 else _OTHER_NAMES.get(shortcut.key, shortcut.key)
