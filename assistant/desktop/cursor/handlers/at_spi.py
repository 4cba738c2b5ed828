"""Linux: AT-SPI, by which programs tell screen readers what they show.

GTK programs speak it wherever its bus runs; Qt, Firefox and Chromium once an assistive program is at work. Interfaces
and numbers: at-spi2-core's xml/ folder and atspi-constants.h.
"""

from __future__ import annotations

import logging
import sys
import time
from typing import Any

from assistant.desktop.cursor.models import LONGEST, UNKNOWN, Cursor

_log = logging.getLogger(__name__)

_ACCESSIBLE, _TEXT = "org.a11y.atspi.Accessible", "org.a11y.atspi.Text"
_ROOT = "/org/a11y/atspi/accessible/root"
_EDITABLE, _FOCUSED = 7, 12
_PASSWORD_TEXT = 40
_ALL, _ANY, _CANONICAL = 1, 3, 1
"""AtspiCollectionMatchType and AtspiCollectionSortOrder."""
_MOST = 4
"""Focused objects that are looked at: there should be one or two."""
_OBJECT = "\ufffc"
"""Stands for something that isn't text, often the paragraph that the cursor is really in."""

_NOT_TOLD = (OSError, EOFError, LookupError, ValueError, TypeError, RuntimeError, StopIteration)
"""What jeepney raises where there is no bus, nobody answers in time, or the answer is of another kind."""

Object = tuple[str, str]
"""Name of its program on the bus, and path."""


class AtSpi:
    """See `CursorHandler`. It starts nothing: where nobody needed accessibility yet, nothing is known."""

    def is_compatible(self) -> bool:
        return sys.platform.startswith("linux")

    def read(self, pid: int, seconds: float) -> Cursor:
        last = time.monotonic() + seconds
        try:
            with _Bus(_address(last), last) as bus:
                return _focused(bus, pid)
        except _NOT_TOLD as error:
            _log.debug("the focused field is not told: %s", type(error).__name__)
            return UNKNOWN


class _Bus:
    """A connection whose calls all end at one moment.

    Raises:
        `_NOT_TOLD`: from every call.
    """

    def __init__(self, address: str, last: float) -> None:
        from jeepney.io.blocking import open_dbus_connection

        self._last = last
        self._connection = open_dbus_connection(bus=address, auth_timeout=self._left())

    def __enter__(self) -> _Bus:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def call(self, to: Object, interface: str, member: str, signature: str = "", *body: Any) -> Any:
        """The answer's first value."""
        from jeepney import DBusAddress, MessageFlag, MessageType, new_method_call

        name, path = to
        message = new_method_call(DBusAddress(path, name, interface), member, signature or None, body)
        message.header.flags |= MessageFlag.no_auto_start
        reply = self._connection.send_and_get_reply(message, timeout=self._left())
        if reply.header.message_type == MessageType.error:
            raise ValueError(member)
        return reply.body[0]

    def _left(self) -> float:
        left = self._last - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


def _address(last: float) -> str:
    """Of the bus that accessibility has for itself."""
    with _Bus("SESSION", last) as session:
        return str(session.call(("org.a11y.Bus", "/org/a11y/bus"), "org.a11y.Bus", "GetAddress"))


def _focused(bus: _Bus, pid: int) -> Cursor:
    programs = bus.call(("org.a11y.atspi.Registry", _ROOT), _ACCESSIBLE, "GetChildren")
    fields = [found for name, _ in programs if not pid or _pid(bus, name) == pid for found in _fields(bus, name)]
    if any(bus.call(found, _ACCESSIBLE, "GetRole") == _PASSWORD_TEXT for found in fields):
        return Cursor(is_password=True)
    # Qt's editors have the focus together with the area that shows their text.
    taking = [found for found in fields if bus.call(found, _ACCESSIBLE, "GetState")[0] & (1 << _EDITABLE)]
    return Cursor(_before(bus, taking[0])) if len(taking) == 1 else UNKNOWN


def _pid(bus: _Bus, name: str) -> int:
    daemon = "org.freedesktop.DBus"
    return int(bus.call((daemon, "/org/freedesktop/DBus"), daemon, "GetConnectionUnixProcessID", "s", name))


def _fields(bus: _Bus, name: str) -> list[Object]:
    """The program's objects that have the focus."""
    states = [1 << _FOCUSED, 0]
    rule: tuple[Any, ...] = (states, _ALL, {}, _ANY, [], _ANY, [], _ANY, False)
    signature = "(aiia{ss}iaiiasib)uib"
    return list(
        bus.call((name, _ROOT), "org.a11y.atspi.Collection", "GetMatches", signature, rule, _CANONICAL, _MOST, True)
    )


def _before(bus: _Bus, field: Object) -> str | None:
    place = _place(bus, field)
    if place < 0:
        return None
    text = str(bus.call(field, _TEXT, "GetText", "ii", max(place - LONGEST, 0), place)) if place else ""
    return None if _OBJECT in text else text.replace("\u2029", "\n").replace("\u2028", "\n")


def _place(bus: _Bus, field: Object) -> int:
    """Where typed text goes in: it takes the place of what is selected."""
    _, caret = bus.call(field, "org.freedesktop.DBus.Properties", "Get", "ss", _TEXT, "CaretOffset")
    if bus.call(field, _TEXT, "GetNSelections") < 1:
        return int(caret)
    return min(int(caret), int(bus.call(field, _TEXT, "GetSelection", "i", 0)))
