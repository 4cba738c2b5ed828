"""The keys that are grabbed from the X server: ours alone while they are held."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import xcffib
import xcffib.xkb
import xcffib.xproto

from assistant.core.errors import HotkeyTaken
from assistant.desktop.hotkeys.handlers.x11_keymap import Keymap
from assistant.desktop.hotkeys.shortcuts import Shortcut

_CORE_KEYBOARD = 0x100
_DETECTABLE_AUTO_REPEAT = int(xcffib.xkb.PerClientFlag.DetectableAutoRepeat)
_MAP_EVENTS = int(xcffib.xkb.EventType.NewKeyboardNotify) | int(xcffib.xkb.EventType.MapNotify)
_ALL_PARTS = 0xFF
_ASYNC = int(xcffib.xproto.GrabMode.Async)


class Grabs:
    """Grabs on the root window.

    A passive grab becomes an active one at the press: until the release every key comes here alone, modifiers
    included, so that the order in which the user lets go doesn't matter.
    """

    MAPPING_EVENTS = (
        xcffib.xproto.MappingNotifyEvent,
        xcffib.xkb.NewKeyboardNotifyEvent,
        xcffib.xkb.MapNotifyEvent,
    )
    """After one of these, `renew` is due."""

    def __init__(self, connection: Any, shortcuts: Mapping[str, Shortcut]) -> None:
        self._connection = connection
        self._shortcuts = dict(shortcuts)
        self._root = connection.setup.roots[connection.pref_screen].root
        self._codes: dict[str, tuple[int, ...]] = {}
        self._masks: dict[str, int] = {}
        self._escape: list[tuple[int, int]] = []
        self._wants_escape = False
        self.keymap = Keymap(connection)
        self._set_up_xkb()

    def take(self) -> None:
        """Grabs every shortcut, or none.

        Raises:
            HotkeyTaken: another program holds one of them.
            BadInput: the keyboard lacks one of them.
        """
        self._codes = {name: self.keymap.keycodes(shortcut) for name, shortcut in self._shortcuts.items()}
        self._masks = {name: self.keymap.mask(shortcut) for name, shortcut in self._shortcuts.items()}
        for name, shortcut in self._shortcuts.items():
            if not all([self._grab(code, mask) for code, mask in self._pairs(name)]):
                self.give_back()
                raise HotkeyTaken(
                    f"Another program holds {shortcut}.",
                    action="Choose another key in the settings, or take it from that program.",
                )

    def give_back(self) -> None:
        self._connection.core.UngrabKey(xcffib.xproto.Grab.Any, self._root, xcffib.xproto.ModMask.Any)
        self._escape = []

    def renew(self) -> None:
        """After a change of the keyboard's mapping.

        Raises:
            HotkeyTaken: see `take`.
            BadInput: see `take`.
        """
        before, self.keymap = self.keymap, Keymap(self._connection)
        if self.keymap == before:
            # Plugging in a keyboard is told as a change too; giving the keys back for a moment could lose one.
            return
        self.give_back()
        self.take()
        if self._wants_escape:
            self.take_escape()

    def names(self, keycode: int, state: int) -> list[str]:
        """The bindings that a key press with this state of the modifiers means."""
        mask = self.keymap.without_locks(state)
        return [name for name, codes in self._codes.items() if keycode in codes and self._masks[name] == mask]

    def take_escape(self) -> bool:
        """Grabs plain Escape; says whether all of it is ours."""
        self._wants_escape = True
        wanted = [(code, mask) for code in self.keymap.escape_keycodes for mask in self.keymap.with_locks(0)]
        self._escape = [pair for pair in wanted if self._grab(*pair)]
        return bool(wanted) and len(self._escape) == len(wanted)

    def give_escape_back(self) -> None:
        self._wants_escape = False
        for code, mask in self._escape:
            self._connection.core.UngrabKey(code, self._root, mask)
        self._escape = []

    def _pairs(self, name: str) -> list[tuple[int, int]]:
        masks = self.keymap.with_locks(self._masks[name])
        return [(code, mask) for code in self._codes[name] for mask in masks]

    def _grab(self, keycode: int, mask: int) -> bool:
        """Says whether it is ours now; X11's answer to a key that somebody else grabbed is BadAccess."""
        request = self._connection.core.GrabKeyChecked(False, self._root, mask, keycode, _ASYNC, _ASYNC)
        try:
            request.check()
        except xcffib.xproto.AccessError:
            return False
        return True

    def _set_up_xkb(self) -> None:
        """DetectableAutoRepeat: a held key repeats presses only, so that a release is a real one.

        Whoever uses XKB is told of a new mapping by its events instead of the core's MappingNotify.
        """
        xkb = self._connection(xcffib.xkb.key)
        xkb.UseExtension(1, 0).reply()
        xkb.PerClientFlags(_CORE_KEYBOARD, _DETECTABLE_AUTO_REPEAT, _DETECTABLE_AUTO_REPEAT, 0, 0, 0).reply()
        xkb.SelectEvents(_CORE_KEYBOARD, _MAP_EVENTS, 0, _MAP_EVENTS, _ALL_PARTS, _ALL_PARTS, [])
