"""Pastes on X11: the text is put on offer, the keys are pressed, and the user's clipboard comes back after the read."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError, InsertRefused
from assistant.desktop.targets import can_undo, paste_keys
from assistant.desktop.typing.handlers.x11_desktop import X11Desktop, can_type
from assistant.desktop.typing.models import Inserted, Target, TypingHandler, Undo, Where
from assistant.desktop.typing.reading import await_read, notices
from assistant.desktop.typing.watch import Watch

if TYPE_CHECKING:
    from assistant.desktop.typing.handlers.x11_keys import Hands, Key, Keys
    from assistant.desktop.typing.handlers.x11_reading import Saved
    from assistant.desktop.typing.offer import Offer

_READ_SECONDS = 20.0
"""A program that is busy for so long is told of, and the text is left in the clipboard."""
_HANGS = "The program that holds the clipboard doesn't answer."


class X11Paste:
    """See `TypingHandler`.

    Args:
        desktop: the X server.
        instead: types what it can while the clipboard can't be saved; without it everything is pasted.
        read_seconds: how long the target may take until it reads the text.
    """

    name = "clipboard and XTest on X11"

    def __init__(
        self, desktop: X11Desktop, instead: TypingHandler | None = None, read_seconds: float = _READ_SECONDS
    ) -> None:
        self._desktop = desktop
        self._instead = instead
        self._read_seconds = read_seconds

    def is_compatible(self) -> bool:
        return self._desktop.is_here()

    def is_installed(self) -> bool:
        return self._desktop.is_installed()

    def install_instructions(self) -> str:
        return self._desktop.install_instructions()

    def target(self) -> Target | None:
        """Begins to save the clipboard, which may take its time while the user speaks."""
        found = self._desktop.session.target()
        if found is not None:
            threading.Thread(target=self._remember, args=(found,), name="clipboard-save", daemon=True).start()
        return found

    def where(self, target: Target) -> Where:
        return self._desktop.session.where(target)

    def refuses(self, text: str, target: Target) -> str:
        """Typing leaves a clipboard alone that can't be saved; what can't be typed is pasted all the same."""
        can_be_typed = self._instead is not None and can_type(text)
        if can_be_typed and self._hangs(target) and self._instead and not self._instead.refuses(text, target):
            return _HANGS
        return ""

    def insert(self, text: str, target: Target, cancel: CancelToken) -> Inserted:
        watch = Watch()
        self._desktop.session.wait_for_hands(target, cancel)
        watch.lap("wait")
        selections = self._selections(target)
        offer = self._offer(target)
        saved = self._put_on_offer(text, selections, offer)
        watch.lap("save")
        try:
            self._press_paste(target, cancel)
        except BaseException:
            self._desktop.clipboard.put_back(selections)
            raise
        watch.lap("keys")
        await_read(offer, self._read_seconds, cancel)
        watch.lap("read")
        way: Undo = "undo" if can_undo(target.program) else ""
        return Inserted(self.name, len(text), True, watch.seconds(), _notices(saved), target, way)

    def undo(self, inserted: Inserted) -> None:
        if inserted.target is None or inserted.undo != "undo":
            raise InsertRefused("This program can't take it back.", action="Delete the text there by hand.")
        session, token = self._desktop.session, CancelToken()
        session.wait_for_hands(inserted.target, token)
        if not session.press(inserted.target, _press_undo):
            raise InsertRefused("A key is held down, so nothing was pressed.", action="Let go, and try again.")

    def activate(self, target: Target) -> None:
        self._desktop.session.activate(target)

    def copy(self, text: str) -> None:
        try:
            self._desktop.clipboard.copy(text)
        except TimeoutError as error:
            raise InsertRefused("Another program keeps the clipboard to itself.") from error

    def close(self) -> None:
        self._desktop.close()

    def _remember(self, target: Target) -> None:
        try:
            for selection in self._selections(target):
                self._desktop.clipboard.remember(selection)
        except (TimeoutError, HearsightError):
            # The insertion will ask again, and say what is wrong.
            return

    def _hangs(self, target: Target) -> bool:
        try:
            return any(self._desktop.clipboard.remember(s).hung for s in self._selections(target))
        except TimeoutError:
            return False

    def _selections(self, target: Target) -> tuple[int, ...]:
        """Shift+Insert means the primary selection to some programs and the clipboard to others: both have the text."""
        from assistant.desktop.typing.handlers.x11_clipboard import PRIMARY

        clipboard = self._desktop.clipboard.clipboard
        return (clipboard, PRIMARY) if paste_keys(target.program) == "Shift+Insert" else (clipboard,)

    def _offer(self, target: Target) -> Offer:
        from assistant.desktop.typing.offer import Offer

        return Offer(self._desktop.session.belongs(target))

    def _put_on_offer(self, text: str, selections: tuple[int, ...], offer: Offer) -> tuple[Saved, ...]:
        try:
            return self._desktop.clipboard.offer(text, selections, offer)
        except TimeoutError as error:
            raise InsertRefused("Another program keeps the clipboard to itself.") from error

    def _press_paste(self, target: Target, cancel: CancelToken) -> None:
        session = self._desktop.session
        while not session.press(target, lambda keys, hands: _press_paste(keys, hands, target)):
            session.wait_for_hands(target, cancel)


def _press_paste(keys: Keys, hands: Hands, target: Target) -> None:
    wanted = paste_keys(target.program)
    letter = keys.key_named("v", hands.group)
    if wanted == "Shift+Insert" or letter is None:
        keys.press(_require(keys, hands, "Insert"), "Shift")
    else:
        keys.press(letter, *wanted.split("+")[:-1])


def _press_undo(keys: Keys, hands: Hands) -> None:
    keys.press(_require(keys, hands, "z"), "Ctrl")


def _require(keys: Keys, hands: Hands, name: str) -> Key:
    key = keys.key_named(name, hands.group)
    if key is None:
        raise InsertRefused(f"This keyboard layout has no key for {name}.", action="Paste with the program's own menu.")
    return key


def _notices(saved: tuple[Saved, ...]) -> tuple[str, ...]:
    lost = [name for part in saved if not part.hung for name in part.lost]
    return notices(any(part.hung for part in saved), lost)
