"""Whether the screen is locked: what is typed then goes to the password field, or nowhere."""

from __future__ import annotations

import importlib
import os
import sys
import threading
import time
from collections.abc import Callable
from typing import Any

_ASK_SECONDS = 0.5
_RETRY_SECONDS = 60.0
"""A bus that wasn't there is not asked for at each insertion."""
_LOGIND = ("org.freedesktop.login1", "/org/freedesktop/login1")
_SAVERS = (
    ("org.freedesktop.ScreenSaver", "/org/freedesktop/ScreenSaver"),
    ("org.gnome.ScreenSaver", "/org/gnome/ScreenSaver"),
    ("org.cinnamon.ScreenSaver", "/org/cinnamon/ScreenSaver"),
    ("org.mate.ScreenSaver", "/org/mate/ScreenSaver"),
    ("org.xfce.ScreenSaver", "/org/xfce/ScreenSaver"),
)
"""Name and path; each has `GetActive`, on an interface named like it."""


class ScreenLock:
    """Asks the system; keeps its connections, so that asking costs about a millisecond."""

    def __init__(self) -> None:
        self._buses: tuple[Bus, ...] = ()
        self._probes: tuple[Callable[[], bool], ...]
        if sys.platform == "win32":
            self._probes = (_windows_locked,)
        elif sys.platform == "darwin":
            self._probes = (_macos_locked,)
        else:
            self._buses = (Bus("SYSTEM", _logind_locked), Bus("SESSION", _saver_active))
            self._probes = tuple(bus.ask for bus in self._buses)

    def is_locked(self) -> bool:
        """False where nothing tells. Lockers on X11 that tell nobody hold the keyboard, which its handlers see."""
        return any(probe() for probe in self._probes)

    def close(self) -> None:
        """Closes the connections; the next question opens them again."""
        for bus in self._buses:
            bus.close()


class Bus:
    """A D-Bus connection that is opened when it is first needed, and again when it was lost.

    Args:
        name: "SYSTEM" or "SESSION".
        question: answers by the given connection; DBus errors of it mean no.
    """

    def __init__(self, name: str, question: Callable[[Any], bool]) -> None:
        self._name = name
        self._question = question
        self._connection: Any = None
        self._not_before = 0.0
        self._lock = threading.Lock()

    def ask(self) -> bool:
        with self._lock:
            try:
                return self._open() and self._question(self._connection)
            except (OSError, EOFError, ValueError, KeyError, ImportError, TimeoutError):
                self._drop()
                return False

    def close(self) -> None:
        with self._lock:
            connection, self._connection = self._connection, None
            if connection is not None:
                connection.close()

    def _open(self) -> bool:
        if self._connection is None and time.monotonic() >= self._not_before:
            from jeepney.io.blocking import open_dbus_connection

            self._connection = open_dbus_connection(bus=self._name)
        return self._connection is not None

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        self._not_before = time.monotonic() + _RETRY_SECONDS
        if connection is not None:
            connection.close()


def _logind_locked(connection: Any) -> bool:
    """The session's LockedHint (systemd's org.freedesktop.login1(5)); "auto" is the caller's own session."""
    from jeepney import DBusAddress, Properties

    number = os.environ.get("XDG_SESSION_ID", "")
    path = f"{_LOGIND[1]}/session/{_escaped(number) if number else 'auto'}"
    address = DBusAddress(path, bus_name=_LOGIND[0], interface="org.freedesktop.login1.Session")
    answer = _call(connection, Properties(address).get("LockedHint"))
    return bool(answer and answer[0][1])


def _saver_active(connection: Any) -> bool:
    from jeepney import DBusAddress, new_method_call

    owned = _owned_names(connection)
    asked = [DBusAddress(path, bus_name=name, interface=name) for name, path in _SAVERS if name in owned]
    return any((_call(connection, new_method_call(address, "GetActive")) or (False,))[0] for address in asked)


def _owned_names(connection: Any) -> set[str]:
    from jeepney import message_bus

    answer = _call(connection, message_bus.ListNames())
    return set(answer[0]) if answer else set()


def _call(connection: Any, message: Any) -> tuple[Any, ...] | None:
    """The answer's body; None when it is an error."""
    from jeepney import MessageType

    reply = connection.send_and_get_reply(message, timeout=_ASK_SECONDS)
    return None if reply.header.message_type is MessageType.error else tuple(reply.body)


def _escaped(name: str) -> str:
    """systemd's bus label: what is no letter, and a digit at the start, stands as _ and two hexadecimal digits."""
    first, rest = name[:1], name[1:]
    keep = first.isascii() and first.isalpha()
    return (first if keep else f"_{ord(first):02x}") + "".join(
        c if c.isascii() and c.isalnum() else f"_{ord(c):02x}" for c in rest
    )


def _windows_locked() -> bool:
    """While the lock screen is up, the desktop that gets the input isn't ours, and can't be opened."""
    import ctypes

    user = ctypes.WinDLL("user32")  # type: ignore[attr-defined,unused-ignore]
    user.OpenInputDesktop.restype = ctypes.c_void_p
    user.CloseDesktop.argtypes = [ctypes.c_void_p]
    switch_desktop = 0x0100
    desktop = user.OpenInputDesktop(0, False, switch_desktop)
    if not desktop:
        return True
    user.CloseDesktop(desktop)
    return False


def _macos_locked() -> bool:
    session = importlib.import_module("Quartz").CGSessionCopyCurrentDictionary()
    return bool(session and session.get("CGSSessionScreenIsLocked", False))
