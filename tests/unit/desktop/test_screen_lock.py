"""Whether the screen is locked, asked of logind and of a screen saver on a real bus of our own."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from jeepney import HeaderFields, MessageType, message_bus, new_method_return
from jeepney.io.blocking import Proxy, open_dbus_connection

from assistant.desktop.screen_lock import ScreenLock
from tests.helpers.portal import message_bus_address


class Answering(threading.Thread):
    """Owns names on the bus and answers each method with what is set for it."""

    def __init__(self, address: str, names: tuple[str, ...]) -> None:
        super().__init__(daemon=True)
        self._connection = open_dbus_connection(bus=address)
        for name in names:
            Proxy(message_bus, self._connection).RequestName(name)
        self.answers: dict[str, tuple[str, Any]] = {"Get": ("v", ("b", False)), "GetActive": ("b", False)}
        self.paths: list[str] = []
        self.start()

    def run(self) -> None:
        try:
            while True:
                message = self._connection.receive()
                if message.header.message_type == MessageType.method_call:
                    self.paths.append(message.header.fields[HeaderFields.path])
                    signature, value = self.answers[message.header.fields[HeaderFields.member]]
                    self._connection.send(new_method_return(message, signature, (value,)))
        except (OSError, EOFError):
            return

    def stop(self) -> None:
        self._connection.sock.shutdown(2)
        self.join()
        self._connection.close()


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with message_bus_address() as address:
        monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.setenv("XDG_SESSION_ID", "2")
        yield address


@pytest.fixture
def system(bus: str) -> Iterator[Answering]:
    answering = Answering(bus, ("org.freedesktop.login1", "org.gnome.ScreenSaver"))
    yield answering
    answering.stop()


def test_logind_s_hint_and_the_screen_savers_word(system: Answering) -> None:
    lock = ScreenLock()
    assert not lock.is_locked()
    assert "/org/freedesktop/login1/session/_32" in system.paths
    system.answers["Get"] = ("v", ("b", True))
    assert lock.is_locked()
    system.answers["Get"] = ("v", ("b", False))
    assert not lock.is_locked()
    system.answers["GetActive"] = ("b", True)
    assert lock.is_locked()
    lock.close()


def test_where_nobody_tells_it_is_not_locked(bus: str) -> None:
    lock = ScreenLock()
    assert not lock.is_locked()
    lock.close()


def test_a_system_without_buses_is_not_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS"):
        monkeypatch.setenv(name, "unix:path=/nowhere/bus")
    assert not ScreenLock().is_locked()
