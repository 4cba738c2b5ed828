"""logind's PrepareForSleep on the system bus (systemd's org.freedesktop.login1(5))."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable
from typing import Any

_log = logging.getLogger(__name__)

_LOGIND = "org.freedesktop.login1"
_MANAGER = "org.freedesktop.login1.Manager"
_SIGNAL = "PrepareForSleep"
_LOOK_SECONDS = 0.5
"""How soon a stop is seen."""


class NoBus(Exception):
    """There is no system bus, no logind on it, or no library that speaks to it."""


class BusWatch:
    """A connection to the system bus and the thread that reads it.

    Raises:
        NoBus: from the constructor.
    """

    def __init__(self, on_sleep: Callable[[], None], on_wake: Callable[[], None]) -> None:
        self._on_sleep, self._on_wake = on_sleep, on_wake
        self._stopping = False
        self._connection = _connected()
        self._thread = threading.Thread(target=self._read, name="sleep-signal", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _read(self) -> None:
        with self._connection:
            while not self._stopping:
                try:
                    message = self._connection.receive(timeout=_LOOK_SECONDS)
                except TimeoutError:
                    continue
                except (OSError, EOFError):
                    _log.warning("the system bus went away: sleep and wake are not seen any more")
                    return
                self._take(message)

    def _take(self, message: Any) -> None:
        from jeepney import HeaderFields

        if message.header.fields.get(HeaderFields.member) == _SIGNAL and message.body:
            about_to_sleep = bool(message.body[0])
            (self._on_sleep if about_to_sleep else self._on_wake)()


def _connected() -> Any:
    """A connection on which logind's signal arrives."""
    try:
        blocking = importlib.import_module("jeepney.io.blocking")
        connection = blocking.open_dbus_connection(bus="SYSTEM")
    except (ImportError, OSError, KeyError, ValueError, EOFError) as error:
        raise NoBus from error
    try:
        _subscribe(connection)
    except BaseException:
        connection.close()
        raise
    return connection


def _subscribe(connection: Any) -> None:
    from jeepney import DBusErrorResponse, MatchRule, message_bus
    from jeepney.io.blocking import Proxy

    bus = Proxy(message_bus, connection, timeout=_LOOK_SECONDS * 4)
    try:
        if not bus.NameHasOwner(_LOGIND)[0]:
            raise NoBus
        bus.AddMatch(MatchRule(type="signal", sender=_LOGIND, interface=_MANAGER, member=_SIGNAL))
    except (DBusErrorResponse, OSError, EOFError) as error:
        raise NoBus from error
