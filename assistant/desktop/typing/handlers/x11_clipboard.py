"""The user's clipboard on X11: kept while our text is on offer, and put back once the target has read it."""

from __future__ import annotations

import logging
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import xcffib
import xcffib.xproto

from assistant.core import x11
from assistant.desktop.typing.clipboard_thread import ClipboardThread
from assistant.desktop.typing.handlers import x11_keeper
from assistant.desktop.typing.handlers.x11_properties import Content, intern
from assistant.desktop.typing.handlers.x11_reading import Saved, SelectionReader
from assistant.desktop.typing.handlers.x11_selections import Selections
from assistant.desktop.typing.offer import Offer

_log = logging.getLogger(__name__)

PRIMARY = int(xcffib.xproto.Atom.PRIMARY)
_TEXT_TARGETS = ("UTF8_STRING", "text/plain;charset=utf-8", "text/plain;charset=UTF-8")
_HINT = "x-kde-passwordManagerHint"
"""Klipper, CopyQ, GPaste and others pass over a clipboard that offers this target with the value "secret"."""


@dataclass(frozen=True)
class _Known:
    """What a selection held when it had changed so often."""

    changes: int
    saved: Saved


class Clipboard:
    """Both selections of the display that the environment names. Its calls may come from any thread.

    Raises:
        xcffib.ConnectionException: from the constructor, when there is no server.
    """

    def __init__(self) -> None:
        connection = x11.connect()
        try:
            self.clipboard, self._utf8, self._hint, self._text = intern(
                connection, "CLIPBOARD", "UTF8_STRING", _HINT, "TEXT"
            )
            self._text_targets = intern(connection, *_TEXT_TARGETS)
        finally:
            connection.disconnect()
        self._reader = SelectionReader()
        self._owner = ClipboardThread(Selections((PRIMARY, self.clipboard)))
        self._known: dict[int, _Known] = {}
        self._lock = threading.Lock()
        self._closed = False

    def remember(self, selection: int) -> Saved:
        """What the selection holds of the user's. Fetched anew only when it changed: call it early, at key-down.

        Raises:
            TimeoutError: the X server doesn't answer.
        """
        with self._lock:
            if self._closed:
                raise TimeoutError("the clipboard was closed")
            ours, changes = self._owner.call(lambda books: (_users_own(books, selection), books.changes[selection]))
            if ours is not None:
                return ours
            known = self._known.get(selection)
            if known is None or known.changes != changes:
                known = self._known[selection] = _Known(changes, self._save(selection))
            return known.saved

    def offer(self, text: str, selections: tuple[int, ...], offer: Offer) -> tuple[Saved, ...]:
        """Owns the selections and serves the text, until the offer was read; gives what will be put back then.

        Raises:
            TimeoutError: another program keeps a selection, or the X server doesn't answer.
        """
        contents = self._contents(text)
        while True:
            saved = self._owner.call(partial(_offer, selections, dict(self._known), contents, offer))
            if saved is not None:
                return saved
            for selection in selections:
                self.remember(selection)

    def copy(self, text: str) -> None:
        """Puts the text there for the user, who pastes it: clipboard managers may have it.

        Raises:
            TimeoutError: see `offer`.
        """
        contents = {target: content for target, content in self._contents(text).items() if target != self._hint}
        self._owner.call(lambda books: books.serve(self.clipboard, Saved(contents)))

    def put_back(self, selections: tuple[int, ...]) -> None:
        """Puts the user's content back at once: the text will not be asked for."""
        for selection in selections:
            self._owner.call(partial(_put_back, selection))

    def close(self) -> None:
        """What is served goes on being served by a process of its own, until something else is copied."""
        with self._lock:
            self._closed = True
            try:
                self._hand_over()
            except (TimeoutError, OSError, subprocess.SubprocessError, xcffib.XcffibException):
                _log.warning("what the clipboard held could not be handed over")
            self._owner.stop()
            self._reader.close()

    def _hand_over(self) -> None:
        self._owner.call(_restore_now)
        for selection, holding in self._owner.call(lambda books: dict(books.held)).items():
            x11_keeper.keep(selection, holding.contents)

    def _save(self, selection: int) -> Saved:
        try:
            return self._reader.save(selection)
        except xcffib.XcffibException as error:
            raise TimeoutError("the X server doesn't answer") from error

    def _contents(self, text: str) -> dict[int, Content]:
        """STRING is Latin-1 (ICCCM 2.6.2): a text beyond it is not offered as that, rather than changed."""
        data = text.encode()
        contents = {target: Content(target, 8, data) for target in self._text_targets}
        contents[self._text] = Content(self._utf8, 8, data)
        contents[self._hint] = Content(self._hint, 8, b"secret")
        try:
            string = int(xcffib.xproto.Atom.STRING)
            contents[string] = Content(string, 8, text.encode("latin-1"))
        except UnicodeEncodeError:
            pass
        return contents


def _users_own(books: Selections, selection: int) -> Saved | None:
    """What we already keep of the user's; None while the selection is somebody else's."""
    holding = books.held.get(selection)
    if holding is None:
        return None
    return holding.then or Saved() if holding.offer is not None else Saved(holding.contents)


def _offer(
    selections: tuple[int, ...],
    known: Mapping[int, _Known],
    contents: dict[int, Content],
    offer: Offer,
    books: Selections,
) -> tuple[Saved, ...] | None:
    """None where it isn't known what a selection holds by now: it has to be fetched, on another thread."""
    then: dict[int, Saved] = {}
    for selection in selections:
        ours, before = _users_own(books, selection), known.get(selection)
        if ours is None and (before is None or before.changes != books.changes[selection]):
            return None
        then[selection] = ours if ours is not None else before.saved if before else Saved()
    books.offer(then, contents, offer)
    return tuple(then.values())


def _put_back(selection: int, books: Selections) -> None:
    holding = books.held.get(selection)
    if holding is not None and holding.offer is not None:
        books.serve(selection, holding.then or Saved())


def _restore_now(books: Selections) -> None:
    """A text that was read needs no quiet time more; one that was not stays where the user was told it is."""
    for selection, holding in list(books.held.items()):
        if holding.offer is not None and holding.offer.is_read:
            books.serve(selection, holding.then or Saved())
