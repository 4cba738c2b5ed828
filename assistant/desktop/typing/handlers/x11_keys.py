"""The keyboard of an X server: which keys are down, which key gives a symbol, and pressing them by XTest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.xkb
import xcffib.xproto
import xcffib.xtest
from xcffib import keysymdef

_PRESS, _RELEASE = 2, 3
"""KeyPress and KeyRelease (X11 core protocol)."""
_SHIFT_ROW, _LOCK_ROW, _CONTROL_ROW = 0, 1, 2
_CORE_KEYBOARD = 0x100
_LOCKS = ("Num_Lock", "Scroll_Lock")
_NOT_HERE = 0


@dataclass(frozen=True)
class Key:
    """A key with or without Shift."""

    code: int
    shift: bool


class Keys:
    """The mapping as it was when this was made; make one for each insertion, layouts change."""

    def __init__(self, connection: Any) -> None:
        setup = connection.setup
        self._connection = connection
        self._test = connection(xcffib.xtest.key)
        self._first = setup.min_keycode
        asked = connection.core.GetKeyboardMapping(self._first, setup.max_keycode - self._first + 1)
        modifiers = connection.core.GetModifierMapping()
        state = _xkb(connection).GetState(_CORE_KEYBOARD)
        mapping = asked.reply()
        self._columns = mapping.keysyms_per_keycode
        self._keysyms = list(mapping.keysyms)
        self._rows = _rows(modifiers.reply())
        answered = state.reply()
        self._group = int(answered.group)
        self.caps_lock = bool(answered.lockedMods & int(xcffib.xproto.ModMask.Lock))

    def key(self, symbol: int) -> Key | None:
        """The key that gives a keysym in the group that is active; None where none does."""
        for level in (0, 1):
            column = 2 * self._group + level
            code = self._find(symbol, column) if column < self._columns else _NOT_HERE
            if code:
                return Key(code, level == 1)
        return None

    def key_named(self, name: str) -> Key | None:
        """The key of a symbol, in any group: programs look for their shortcuts in all of them."""
        symbol = getattr(keysymdef, f"XK_{name}")
        if key := self.key(symbol):
            return key
        codes = [self._find(symbol, column) for column in range(0, self._columns, 2)]
        return next((Key(code, False) for code in codes if code), None)

    def held_modifiers(self) -> list[int]:
        """Codes of the modifier keys that are down, by the keyboard's real state; locks are no matter."""
        keys = self._connection.core.QueryKeymap().reply().keys
        return [code for code in self._modifiers() if keys[code // 8] >> code % 8 & 1]

    def press(self, key: Key, *modifiers: str) -> None:
        """Presses and lets go at once. `modifiers` are "Ctrl" and "Shift"."""
        wanted = [*modifiers, *(["Shift"] if key.shift and "Shift" not in modifiers else [])]
        codes = [self._modifier(name) for name in wanted]
        for code in (*codes, key.code):
            self._fake(_PRESS, code)
        for code in (key.code, *reversed(codes)):
            self._fake(_RELEASE, code)

    def let_go(self, codes: Sequence[int]) -> None:
        """Says that the keys are up. What is really held counts as up until it is pressed again."""
        for code in codes:
            self._fake(_RELEASE, code)

    def is_grabbed(self) -> bool:
        """Whether another program has the whole keyboard: a menu, a lock screen, a shortcut that is still held."""
        root = self._connection.setup.roots[self._connection.pref_screen].root
        mode = int(xcffib.xproto.GrabMode.Async)
        status = self._connection.core.GrabKeyboard(False, root, 0, mode, mode).reply().status
        if status != int(xcffib.xproto.GrabStatus.Success):
            return True
        self._connection.core.UngrabKeyboard(0)
        return False

    def _modifiers(self) -> list[int]:
        locks = {getattr(keysymdef, f"XK_{name}") for name in _LOCKS}
        rows = [row for i, row in enumerate(self._rows) if i != _LOCK_ROW]
        return [code for row in rows if not any(self._symbols(c) & locks for c in row) for code in row]

    def _modifier(self, name: str) -> int:
        row = self._rows[_CONTROL_ROW if name == "Ctrl" else _SHIFT_ROW]
        return row[0] if row else _NOT_HERE

    def _symbols(self, code: int) -> set[int]:
        start = (code - self._first) * self._columns
        return set(self._keysyms[start : start + self._columns])

    def _find(self, symbol: int, column: int) -> int:
        found = (i for i in range(column, len(self._keysyms), self._columns) if self._keysyms[i] == symbol)
        place = next(found, None)
        return _NOT_HERE if place is None else self._first + place // self._columns

    def _fake(self, event: int, code: int) -> None:
        self._test.FakeInput(event, code, 0, 0, 0, 0, 0)


def _rows(mapping: Any) -> list[list[int]]:
    """The keys of the eight modifiers: Shift, Lock, Control, Mod1 to Mod5."""
    size, codes = mapping.keycodes_per_modifier, list(mapping.keycodes)
    return [[code for code in codes[i * size : (i + 1) * size] if code] for i in range(8)]


def _xkb(connection: Any) -> Any:
    xkb = connection(xcffib.xkb.key)
    xkb.UseExtension(1, 0).reply()
    return xkb
