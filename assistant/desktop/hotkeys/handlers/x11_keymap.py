"""Which keycodes and modifier bits this keyboard has for a shortcut."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import xcffib
import xcffib.xproto
from xcffib import keysymdef

from assistant.core.errors import BadInput
from assistant.desktop.hotkeys.keysyms import keysym
from assistant.desktop.hotkeys.shortcuts import Shortcut

_SHIFT, _LOCK, _CONTROL = (int(getattr(xcffib.xproto.ModMask, name)) for name in ("Shift", "Lock", "Control"))
_ALL_MODIFIERS = 0xFF


class Keymap:
    """The server's keyboard mapping as it was when this was made. Equal to another that has the same keys."""

    def __init__(self, connection: Any) -> None:
        setup = connection.setup
        self._first = setup.min_keycode
        count = setup.max_keycode - setup.min_keycode + 1
        asked = connection.core.GetKeyboardMapping(self._first, count)
        modifiers = connection.core.GetModifierMapping().reply()
        mapping = asked.reply()
        self._columns = mapping.keysyms_per_keycode
        self._keysyms = list(mapping.keysyms)
        self._bits = self._modifier_bits(list(modifiers.keycodes), modifiers.keycodes_per_modifier)
        locks = [_LOCK, self._bit("Num_Lock"), self._bit("Scroll_Lock")]
        self._locks = sorted({bit for bit in locks if bit})
        self.shift_keycodes = frozenset(self._codes("Shift_L") + self._codes("Shift_R"))
        self.escape_keycodes = tuple(self._codes("Escape"))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Keymap) and (self._keysyms, self._bits) == (other._keysyms, other._bits)

    __hash__ = None  # type: ignore[assignment]

    def keycodes(self, shortcut: Shortcut) -> tuple[int, ...]:
        """Every key that gives the shortcut's symbol without Shift; else those that give it at all.

        Raises:
            BadInput: this keyboard has no such key.
        """
        codes = self._codes(keysym(shortcut))
        if not codes:
            raise BadInput(f"This keyboard layout has no key for {shortcut}.", action="Choose another shortcut.")
        return tuple(codes)

    def mask(self, shortcut: Shortcut) -> int:
        """The modifier bits that must be down.

        Raises:
            BadInput: this keyboard has no such modifier.
        """
        bits = {"Ctrl": _CONTROL, "Shift": _SHIFT, "Alt": self._bit("Alt_L"), "Super": self._bit("Super_L")}
        missing = [name for name in shortcut.modifiers if not bits[name]]
        if missing:
            raise BadInput(f"This keyboard layout has no {missing[0]} key.", action="Choose another shortcut.")
        return sum(bits[name] for name in shortcut.modifiers)

    def with_locks(self, mask: int) -> list[int]:
        """The mask with every combination of Caps Lock, Num Lock and Scroll Lock, whose state must not matter."""
        sets = [chosen for n in range(len(self._locks) + 1) for chosen in combinations(self._locks, n)]
        return [mask | sum(chosen) for chosen in sets]

    def without_locks(self, state: int) -> int:
        """The modifiers in an event's state, without buttons, keyboard group and locks."""
        return state & _ALL_MODIFIERS & ~sum(self._locks)

    def _codes(self, keysym_name: str) -> list[int]:
        keysym = getattr(keysymdef, f"XK_{keysym_name}", None)
        places = [i for i, value in enumerate(self._keysyms) if value == keysym]
        plain = [i for i in places if i % self._columns == 0]
        return sorted({self._first + i // self._columns for i in plain or places})

    def _bit(self, keysym_name: str) -> int:
        return next((self._bits[code] for code in self._codes(keysym_name) if code in self._bits), 0)

    @staticmethod
    def _modifier_bits(keycodes: list[int], per_modifier: int) -> dict[int, int]:
        """Modifier bit by keycode: the eight modifiers' keycodes stand one after the other, 0 where unused."""
        return {code: 1 << (i // per_modifier) for i, code in enumerate(keycodes) if code}
