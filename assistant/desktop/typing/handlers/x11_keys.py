"""The keyboard of an X server: which keys are down, which key gives a symbol, and pressing them by XTest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.xkb
import xcffib.xproto
import xcffib.xtest
from xcffib import keysymdef

from assistant.desktop.typing.handlers.x11_properties import next_event

_PRESS, _RELEASE = 2, 3
"""KeyPress and KeyRelease (X11 core protocol)."""
_SHIFT_ROW, _LOCK_ROW, _CONTROL_ROW = 0, 1, 2
_CORE_KEYBOARD = 0x100
_LOCKS = ("Num_Lock", "Scroll_Lock")
_MAP_EVENTS = int(xcffib.xkb.EventType.NewKeyboardNotify) | int(xcffib.xkb.EventType.MapNotify)
_ALL_PARTS = 0xFF
_MAPPING_EVENTS = (
    xcffib.xproto.MappingNotifyEvent,
    xcffib.xkb.NewKeyboardNotifyEvent,
    xcffib.xkb.MapNotifyEvent,
)


@dataclass(frozen=True)
class Key:
    """A key with or without Shift."""

    code: int
    shift: bool


@dataclass(frozen=True)
class Hands:
    """What the user's hands and other programs do with the keyboard.

    Attributes:
        held: codes of the modifier keys that are down, by the keyboard's real state; locks are no matter.
        grabbed: whether another program has the whole keyboard: a menu, a lock screen, a shortcut that is still held.
        group: which group of the layout is active.
        caps_lock: whether it is on.
    """

    held: tuple[int, ...]
    grabbed: bool
    group: int
    caps_lock: bool

    @property
    def free(self) -> bool:
        return not self.held and not self.grabbed


class Keys:
    """On a connection that somebody else opens, closes and guards."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._root = connection.setup.roots[connection.pref_screen].root
        self._test = connection(xcffib.xtest.key)
        self._xkb = connection(xcffib.xkb.key)
        self._xkb.UseExtension(1, 0).reply()
        self._xkb.SelectEvents(_CORE_KEYBOARD, _MAP_EVENTS, 0, _MAP_EVENTS, _ALL_PARTS, _ALL_PARTS, [])
        self._load()

    def reload_if_changed(self) -> None:
        """Takes the server's word that the layout is still the one that was loaded."""
        changed = False
        while (event := next_event(self._connection, 0.0)) is not None:
            changed |= isinstance(event, _MAPPING_EVENTS)
        if changed:
            self._load()

    def ask(self) -> Callable[[], Hands]:
        """Sends all questions about the hands; the answers are waited for when the result is called."""
        core, mode = self._connection.core, int(xcffib.xproto.GrabMode.Async)
        grab = core.GrabKeyboard(False, self._root, 0, mode, mode)
        core.UngrabKeyboard(0)
        held, state = self.ask_held(), self._xkb.GetState(_CORE_KEYBOARD)

        def hands() -> Hands:
            status, codes, group = grab.reply().status, held(), state.reply()
            caps_lock = bool(group.lockedMods & int(xcffib.xproto.ModMask.Lock))
            return Hands(codes, status != int(xcffib.xproto.GrabStatus.Success), int(group.group), caps_lock)

        return hands

    def ask_held(self) -> Callable[[], tuple[int, ...]]:
        """Codes of the modifier keys that are down."""
        keymap = self._connection.core.QueryKeymap()

        def held() -> tuple[int, ...]:
            keys = keymap.reply().keys
            return tuple(code for code in self._modifiers if keys[code // 8] >> code % 8 & 1)

        return held

    def key(self, symbol: int, group: int) -> Key | None:
        """The key that gives a keysym in a group, alone or with Shift; None where none does."""
        for level in (0, 1):
            column = 2 * group + level
            code = self._find(symbol, column) if column < self._columns else 0
            if code:
                return Key(code, level == 1)
        return None

    def key_named(self, name: str, group: int) -> Key | None:
        """The key of a symbol, in any group: programs look for their shortcuts in all of them."""
        symbol = getattr(keysymdef, f"XK_{name}")
        if key := self.key(symbol, group):
            return key
        codes = [self._find(symbol, column) for column in range(0, self._columns, 2)]
        return next((Key(code, False) for code in codes if code), None)

    def press(self, key: Key, *modifiers: str) -> None:
        """Presses and lets go at once. `modifiers` are "Ctrl" and "Shift"."""
        wanted = [*modifiers, *(["Shift"] if key.shift and "Shift" not in modifiers else [])]
        codes = [self._rows[_CONTROL_ROW if name == "Ctrl" else _SHIFT_ROW][0] for name in wanted]
        for code in (*codes, key.code):
            self._test.FakeInput(_PRESS, code, 0, 0, 0, 0, 0)
        self.let_go((key.code, *reversed(codes)))

    def let_go(self, codes: Sequence[int]) -> None:
        """Says that the keys are up. What is really held counts as up until it is pressed again."""
        for code in codes:
            self._test.FakeInput(_RELEASE, code, 0, 0, 0, 0, 0)

    def _load(self) -> None:
        setup, core = self._connection.setup, self._connection.core
        self._first = setup.min_keycode
        asked = core.GetKeyboardMapping(self._first, setup.max_keycode - self._first + 1)
        self._rows = _rows(core.GetModifierMapping().reply())
        mapping = asked.reply()
        self._columns = mapping.keysyms_per_keycode
        self._keysyms = list(mapping.keysyms)
        locks = {getattr(keysymdef, f"XK_{name}") for name in _LOCKS}
        rows = [row for i, row in enumerate(self._rows) if i != _LOCK_ROW]
        self._modifiers = [code for row in rows if not any(self._symbols(c) & locks for c in row) for code in row]

    def _symbols(self, code: int) -> set[int]:
        start = (code - self._first) * self._columns
        return set(self._keysyms[start : start + self._columns])

    def _find(self, symbol: int, column: int) -> int:
        """The code of the first key that has the symbol in the column; 0 where none has."""
        found = (i for i in range(column, len(self._keysyms), self._columns) if self._keysyms[i] == symbol)
        place = next(found, None)
        return 0 if place is None else self._first + place // self._columns


def _rows(mapping: Any) -> list[list[int]]:
    """The keys of the eight modifiers: Shift, Lock, Control, Mod1 to Mod5."""
    size, codes = mapping.keycodes_per_modifier, list(mapping.keycodes)
    return [[code for code in codes[i * size : (i + 1) * size] if code] for i in range(8)]
