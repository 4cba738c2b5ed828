"""Presses the keys of a short ASCII text on X11: for a clipboard that can't be saved.

Only keys that the layout has are pressed. Giving a key another symbol for a moment, as typing any other text would
need, loses characters in programs that are slow to see the change (measured with xdotool below 50 ms a key).
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from assistant.core.cancel import CancelToken
from assistant.core.errors import InsertRefused
from assistant.desktop.typing.handlers.x11_desktop import X11Desktop, can_type
from assistant.desktop.typing.models import Inserted, Target, Where
from assistant.desktop.typing.watch import Watch

if TYPE_CHECKING:
    from assistant.desktop.typing.handlers.x11_keys import Hands, Keys

_NO_METHOD = ("", "none", "local")
_BACKSPACE = "BackSpace"


class X11Typing:
    """See `TypingHandler`."""

    name = "key presses on X11"

    def __init__(self, desktop: X11Desktop) -> None:
        self._desktop = desktop

    def is_compatible(self) -> bool:
        return self._desktop.is_here()

    def is_installed(self) -> bool:
        return self._desktop.is_installed()

    def install_instructions(self) -> str:
        return self._desktop.install_instructions()

    def target(self) -> Target | None:
        return self._desktop.session.target()

    def where(self, target: Target) -> Where:
        return self._desktop.session.where(target)

    def refuses(self, text: str, target: Target) -> str:  # noqa: ARG002 - every window takes keys
        if not can_type(text):
            return "Only short texts of plain letters, digits and signs can be typed key by key."
        if _input_method() not in _NO_METHOD:
            return "An input method takes the keys, and could turn them into other characters."
        return self._desktop.session.refusal(lambda keys, hands: _refusal(keys, hands, text))

    def insert(self, text: str, target: Target, cancel: CancelToken) -> Inserted:
        watch = Watch()
        session = self._desktop.session
        session.wait_for_hands(target, cancel)
        watch.lap("wait")
        while not session.press(target, lambda keys, hands: _press(keys, hands, text)):
            session.wait_for_hands(target, cancel)
        watch.lap("keys")
        return Inserted(self.name, len(text), False, watch.seconds(), (), target, "backspace")

    def undo(self, inserted: Inserted) -> None:
        if inserted.target is None or inserted.undo != "backspace":
            raise InsertRefused("That was not typed key by key.", action="Delete the text there by hand.")
        self._desktop.session.wait_for_hands(inserted.target, CancelToken())
        if not self._desktop.session.press(
            inserted.target, lambda keys, hands: _erase(keys, hands, inserted.characters)
        ):
            raise InsertRefused("A key is held down, so nothing was pressed.", action="Let go, and try again.")

    def activate(self, target: Target) -> None:
        self._desktop.session.activate(target)

    def copy(self, text: str) -> None:
        self._desktop.clipboard.copy(text)

    def close(self) -> None:
        self._desktop.close()


def _input_method() -> str:
    """The X input method that programs use: "@im=ibus" (X11's Xlib, XSetLocaleModifiers)."""
    return os.environ.get("XMODIFIERS", "").rpartition("@im=")[2].lower()


def _refusal(keys: Keys, hands: Hands, text: str) -> str:
    if hands.caps_lock:
        return "Caps Lock is on, which would change the letters."
    missing = sorted({c for c in text if keys.key(ord(c), hands.group) is None})
    return f"This keyboard layout has no key for {' '.join(missing)}" if missing else ""


def _press(keys: Keys, hands: Hands, text: str) -> None:
    """Looks for every key before the first is pressed: the layout may have changed since it was asked."""
    found = [keys.key(ord(c), hands.group) for c in text]
    if None in found or hands.caps_lock:
        raise InsertRefused("The keyboard layout has changed meanwhile.", action="Try again.")
    for key in found:
        if key is not None:
            keys.press(key)


def _erase(keys: Keys, hands: Hands, count: int) -> None:
    key = keys.key_named(_BACKSPACE, hands.group)
    if key is None:
        raise InsertRefused("This keyboard layout has no Backspace key.", action="Delete the text there by hand.")
    for _ in range(count):
        keys.press(key)
