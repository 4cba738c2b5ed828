"""The least that a paste can be: own the clipboard, press Ctrl+V, serve the text. It saves and checks nothing."""

from __future__ import annotations

import time
from typing import Any

import xcffib
import xcffib.xproto
import xcffib.xtest
from xcffib import keysymdef

from assistant.core import x11
from assistant.core.errors import HearsightError
from assistant.desktop.typing.handlers.x11_properties import Content, intern, next_event, small_window, write_property
from assistant.desktop.typing.handlers.x11_transfer import tell

_PRESS, _RELEASE = 2, 3
_SECONDS = 10.0


class BarePaste:
    """A context manager; for texts that go in one piece."""

    def __enter__(self) -> BarePaste:
        self._connection = x11.connect()
        self._test = self._connection(xcffib.xtest.key)
        self._window = small_window(self._connection)
        self._clipboard, self._utf8, self._targets = intern(self._connection, "CLIPBOARD", "UTF8_STRING", "TARGETS")
        self._keys = [self._code("Control_L"), self._code("v")]
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.disconnect()

    def paste(self, text: str) -> None:
        """Returns once the text was handed over."""
        self._connection.core.SetSelectionOwner(self._window, self._clipboard, 0)
        for code in self._keys:
            self._test.FakeInput(_PRESS, code, 0, 0, 0, 0, 0)
        for code in reversed(self._keys):
            self._test.FakeInput(_RELEASE, code, 0, 0, 0, 0, 0)
        self._connection.flush()
        last = time.monotonic() + _SECONDS
        while (event := next_event(self._connection, last)) is not None:
            if isinstance(event, xcffib.xproto.SelectionRequestEvent) and self._serve(event, text):
                return
        raise HearsightError("Nobody asked for the text.")

    def owner(self) -> int:
        """The window that holds the clipboard."""
        return int(self._connection.core.GetSelectionOwner(self._clipboard).reply().owner)

    def _serve(self, event: Any, text: str) -> bool:
        """Whether that was the text."""
        atom = int(xcffib.xproto.Atom.ATOM)
        data = self._utf8.to_bytes(4, "little") if event.target == self._targets else text.encode()
        known = event.target in (self._targets, self._utf8)
        if known:
            kind = (atom, 32) if event.target == self._targets else (self._utf8, 8)
            write_property(self._connection, event.requestor, event.property, Content(*kind, data))
        tell(self._connection, event, event.property if known else 0)
        self._connection.flush()
        return bool(event.target == self._utf8)

    def _code(self, name: str) -> int:
        setup = self._connection.setup
        mapping = self._connection.core.GetKeyboardMapping(
            setup.min_keycode, setup.max_keycode - setup.min_keycode + 1
        ).reply()
        place = list(mapping.keysyms).index(getattr(keysymdef, f"XK_{name}"))
        return int(setup.min_keycode + place // mapping.keysyms_per_keycode)
