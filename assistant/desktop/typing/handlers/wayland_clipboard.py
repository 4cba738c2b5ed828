"""The user's clipboard on Wayland: kept while our text is on offer, and put back once it was read."""

from __future__ import annotations

import os
import subprocess
import threading
from dataclasses import dataclass

from assistant.desktop.typing.clipboard_thread import ClipboardThread
from assistant.desktop.typing.handlers import wayland_keeper
from assistant.desktop.typing.handlers.wayland_pipes import read_all
from assistant.desktop.typing.handlers.wayland_selection import Contents, WaylandSelection
from assistant.desktop.typing.offer import Offer

_TEXT = ("text/plain;charset=utf-8", "text/plain", "UTF8_STRING", "TEXT", "STRING")
_HINT = "x-kde-passwordManagerHint"
"""Klipper, cliphist (by wl-paste) and others pass over a clipboard that offers this with the value "secret"."""
_STALL_SECONDS = 1.0


@dataclass(frozen=True)
class Kept:
    """What the clipboard held.

    Attributes:
        contents: by MIME type.
        lost: the types that its owner didn't give.
    """

    contents: Contents
    lost: tuple[str, ...] = ()

    @property
    def hung(self) -> bool:
        return bool(self.lost) and not self.contents


class WaylandClipboard:
    """Its calls may come from any thread.

    Raises:
        OSError: from the constructor, when the compositor lets nobody manage its clipboard.
    """

    def __init__(self) -> None:
        self._thread = ClipboardThread(WaylandSelection())
        self._lock = threading.Lock()
        self._known: tuple[int, Kept] | None = None

    def remember(self) -> Kept:
        """What the clipboard holds of the user's. Fetched anew only when it changed: call it early, at key-down.

        Raises:
            TimeoutError: the compositor doesn't answer.
        """
        with self._lock:
            ours, changes = self._thread.call(lambda books: (_users_own(books), books.changes))
            if ours is not None:
                return Kept(ours)
            if self._known is None or self._known[0] != changes:
                self._known = changes, self._save()
            return self._known[1]

    def offer(self, text: str, offer: Offer) -> Kept:
        """Owns the clipboard and serves the text, until the offer was read; gives what will be put back then.

        Raises:
            TimeoutError: the compositor doesn't answer.
        """
        kept = self.remember()
        contents = {**dict.fromkeys(_TEXT, text.encode()), _HINT: b"secret"}
        self._thread.call(lambda books: books.offer(contents, offer, kept.contents))
        return kept

    def copy(self, text: str) -> None:
        """Puts the text there for the user, who pastes it: clipboard managers may have it.

        Raises:
            TimeoutError: the compositor doesn't answer.
        """
        self._thread.call(lambda books: books.serve(dict.fromkeys(_TEXT, text.encode())))

    def put_back(self) -> None:
        """Puts the user's content back at once: the text will not be asked for."""
        self._thread.call(_put_back)

    def has_keyboard(self) -> bool:
        return self._thread.call(lambda books: books.has_keyboard)

    def close(self) -> None:
        """What is served goes on being served by a process of its own, until something else is copied."""
        with self._lock:
            try:
                left = self._thread.call(_restored)
                if left:
                    wayland_keeper.keep(left)
            except (TimeoutError, OSError, subprocess.SubprocessError):
                pass
            self._thread.stop()

    def _save(self) -> Kept:
        _, types = self._thread.call(lambda books: books.offered)
        contents: Contents = {}
        for mime in types:
            data = self._read(mime)
            if data is None:
                return Kept(contents, tuple(name for name in types if name not in contents))
            contents[mime] = data
        return Kept(contents)

    def _read(self, mime: str) -> bytes | None:
        here, there = os.pipe()
        try:
            self._thread.call(lambda books: books.ask(mime, there))
        finally:
            os.close(there)
        return read_all(here, _STALL_SECONDS)


def _users_own(books: WaylandSelection) -> Contents | None:
    """What we already keep of the user's; None while the clipboard is somebody else's."""
    held = books.held
    if held is None:
        return None
    return held.then if held.offer is not None else held.contents


def _put_back(books: WaylandSelection) -> None:
    if books.held is not None and books.held.offer is not None:
        books.serve(books.held.then)


def _restored(books: WaylandSelection) -> Contents:
    """What is to be served on: a text that was not read stays where the user was told it is."""
    held = books.held
    if held is None:
        return {}
    return held.then if held.offer is not None and held.offer.is_read else held.contents
