"""The user's clipboard on Wayland: kept while our text is on offer, and put back once it was read."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Generic, TypeVar

from assistant.desktop.typing.clipboard_thread import ClipboardThread
from assistant.desktop.typing.handlers.wayland_holding import Clipboards, Contents, Holding
from assistant.desktop.typing.handlers.wayland_pipes import read_all
from assistant.desktop.typing.offer import Offer

_log = logging.getLogger(__name__)

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


C = TypeVar("C", bound=Clipboards)
_T = TypeVar("_T")


class WaylandClipboard(Generic[C]):
    """Its calls may come from any thread.

    Args:
        thread: owns the clipboard by one of the protocols; `close` ends it.
        keep: serves what is left after the end of this process; without it that vanishes.
    """

    def __init__(self, thread: ClipboardThread[C], keep: Callable[[Contents], None] | None = None) -> None:
        self._thread = thread
        self._keep = keep
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
        self._thread.call(lambda books: books.own(Holding(contents, offer, kept.contents)))
        return kept

    def copy(self, text: str) -> None:
        """Puts the text there for the user, who pastes it: clipboard managers may have it.

        Raises:
            TimeoutError: the compositor doesn't answer.
        """
        self._thread.call(lambda books: books.own(Holding(dict.fromkeys(_TEXT, text.encode()))))

    def put_back(self) -> None:
        """Puts the user's content back at once: the text will not be asked for."""
        self._thread.call(_put_back)

    def call(self, work: Callable[[C], _T]) -> _T:
        """See `ClipboardThread.call`."""
        return self._thread.call(work)

    def is_alive(self) -> bool:
        """Whether the display, or the portal's session, still answers."""
        return self._thread.is_alive()

    def close(self) -> None:
        """What is served goes on being served by a process of its own, until something else is copied."""
        with self._lock:
            try:
                left = self._thread.call(lambda books: books.held.left if books.held is not None else {})
                if left and self._keep is not None:
                    self._keep(left)
            except (TimeoutError, OSError, subprocess.SubprocessError):
                _log.warning("what the clipboard held could not be handed over")
            self._thread.stop()

    def _save(self) -> Kept:
        types = self._thread.call(lambda books: books.types)
        contents: Contents = {}
        for mime in types:
            data = read_all(self._thread.call(partial(_read, mime)), _STALL_SECONDS)
            if data is None:
                return Kept(contents, tuple(name for name in types if name not in contents))
            contents[mime] = data
        return Kept(contents)


def _read(mime: str, books: Clipboards) -> int:
    return books.read(mime)


def _users_own(books: Clipboards) -> Contents | None:
    """What we already keep of the user's; None while the clipboard is somebody else's."""
    return books.held.users_own if books.held is not None else None


def _put_back(books: Clipboards) -> None:
    if books.held is not None and books.held.offer is not None:
        books.own(Holding(books.held.then))
