"""Shortcuts as people write them: "Ctrl+Alt+Space"."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.core.errors import BadInput

MODIFIERS = ("Ctrl", "Alt", "Shift", "Super")
"""In the order in which they are written."""

_MODIFIER_NAMES = {
    "ctrl": "Ctrl",
    "control": "Ctrl",
    "alt": "Alt",
    "option": "Alt",
    "shift": "Shift",
    "super": "Super",
    "meta": "Super",
    "win": "Super",
    "cmd": "Super",
}
_NAMED_KEYS = (
    *("Space", "Tab", "Return", "Escape", "Backspace", "Insert", "Delete", "Home", "End", "PageUp", "PageDown"),
    *("Left", "Right", "Up", "Down", "Pause", "ScrollLock", "Print", "Menu"),
    *("Comma", "Period", "Slash", "Backslash", "Semicolon", "Minus", "Equal", "Grave"),
)
_ALONE = ("Pause", "ScrollLock", "Print", "Menu", "Insert")
"""Keys that nobody types with: these and the function keys need no modifier."""
_KEY_NAMES = {name.lower(): name for name in _NAMED_KEYS} | {
    "enter": "Return",
    "esc": "Escape",
    "del": "Delete",
    "ins": "Insert",
    "pgup": "PageUp",
    "pgdown": "PageDown",
    ",": "Comma",
    ".": "Period",
    "/": "Slash",
    "\\": "Backslash",
    ";": "Semicolon",
    "-": "Minus",
    "=": "Equal",
    "`": "Grave",
}
_KEY_NAMES |= {f"f{n}": f"F{n}" for n in range(1, 25)}
_KEY_NAMES |= {c: c.upper() for c in "abcdefghijklmnopqrstuvwxyz0123456789"}


@dataclass(frozen=True)
class Shortcut:
    """A key with the modifiers that must be down with it.

    Attributes:
        modifiers: of `MODIFIERS`.
        key: "A" to "Z", "0" to "9", "F1" to "F24", or a name such as "Space".
    """

    modifiers: frozenset[str]
    key: str

    def __str__(self) -> str:
        return "+".join((*(name for name in MODIFIERS if name in self.modifiers), self.key))


def parse_shortcut(text: str) -> Shortcut:
    """Reads a shortcut; upper and lower case, blanks and the order of the modifiers don't matter.

    Raises:
        BadInput: it names no key, more than one, an unknown one, or one that is needed for typing.
    """
    words = [word.strip().lower() for word in text.split("+")]
    modifiers = frozenset(_MODIFIER_NAMES[word] for word in words if word in _MODIFIER_NAMES)
    keys = [word for word in words if word not in _MODIFIER_NAMES]
    if len(keys) != 1 or keys[0] not in _KEY_NAMES:
        raise BadInput(f"“{text}” is not a shortcut.", action="Write it like Ctrl+Alt+Space or F9: one key at the end.")
    shortcut = Shortcut(modifiers, _KEY_NAMES[keys[0]])
    if not _may_be_global(shortcut):
        raise BadInput(f"{shortcut} is needed for typing.", action="Add Ctrl, Alt or Super to it.")
    return shortcut


def _may_be_global(shortcut: Shortcut) -> bool:
    if shortcut.key == "Escape":
        return False
    is_function_key = shortcut.key[0] == "F" and len(shortcut.key) > 1
    return is_function_key or shortcut.key in _ALONE or bool(shortcut.modifiers - {"Shift"})
