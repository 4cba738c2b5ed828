"""Sleep and wake: logind's signal on a real bus of our own, and the clock where there is none."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from jeepney import DBusAddress, message_bus, new_signal
from jeepney.io.blocking import DBusConnection, Proxy, open_dbus_connection

from assistant.desktop import power
from assistant.desktop.sleep_clock import ClockWatch, slept_seconds
from assistant.desktop.sleep_signal import BusWatch, NoBus

LOGIND = DBusAddress("/org/freedesktop/login1", "org.freedesktop.login1", "org.freedesktop.login1.Manager")


@dataclass
class Daemon:
    process: subprocess.Popen[str]
    address: str


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Daemon]:
    """A private message bus that stands where the system's would be."""
    command = ["dbus-daemon", "--session", "--nofork", "--print-address"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert daemon.stdout is not None
    address = daemon.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", address)
    yield Daemon(daemon, address)
    daemon.kill()
    daemon.communicate()


@pytest.fixture
def logind(bus: Daemon) -> Iterator[DBusConnection]:
    """Owns logind's name on that bus."""
    connection = open_dbus_connection(bus=bus.address)
    Proxy(message_bus, connection).RequestName(LOGIND.bus_name)
    yield connection
    connection.close()


def tell(connection: DBusConnection, asleep: bool, signal: str = "PrepareForSleep") -> None:
    connection.send(new_signal(LOGIND, signal, "b", (asleep,)))


def wait_for(heard: list[str], expected: list[str]) -> None:
    last = time.monotonic() + 10
    while heard != expected and time.monotonic() < last:
        time.sleep(0.01)
    assert heard == expected


def listeners(heard: list[str]) -> tuple[Any, Any]:
    return lambda: heard.append("sleep"), lambda: heard.append("wake")


def test_logind_s_signal_is_heard(logind: DBusConnection) -> None:
    heard: list[str] = []
    watch = power.watch(*listeners(heard))
    assert isinstance(watch, BusWatch)
    tell(logind, True)
    wait_for(heard, ["sleep"])
    tell(logind, False)
    wait_for(heard, ["sleep", "wake"])
    watch.stop()
    tell(logind, True)
    time.sleep(0.2)
    assert heard == ["sleep", "wake"]


def test_another_signal_and_another_sender_are_not(logind: DBusConnection, bus: Daemon) -> None:
    heard: list[str] = []
    watch = power.watch(*listeners(heard))
    tell(logind, True, "PrepareForShutdown")
    with contextlib.closing(open_dbus_connection(bus=bus.address)) as stranger:
        tell(stranger, True)
        time.sleep(0.2)
    tell(logind, False)
    wait_for(heard, ["wake"])
    watch.stop()


def test_a_faulty_listener_costs_no_further_signal(logind: DBusConnection, caplog: pytest.LogCaptureFixture) -> None:
    heard: list[str] = []

    def faulty() -> None:
        raise ValueError

    watch = power.watch(faulty, lambda: heard.append("wake"))
    tell(logind, True)
    tell(logind, False)
    wait_for(heard, ["wake"])
    watch.stop()
    assert "sleep and wake failed" in caplog.text


def test_a_bus_that_goes_away_stops_nothing_else(bus: Daemon, caplog: pytest.LogCaptureFixture) -> None:
    with contextlib.closing(open_dbus_connection(bus=bus.address)) as owner:
        Proxy(message_bus, owner).RequestName(LOGIND.bus_name)
        watch = power.watch(*listeners([]))
        assert isinstance(watch, BusWatch)
        bus.process.kill()
        last = time.monotonic() + 10
        while "went away" not in caplog.text and time.monotonic() < last:
            time.sleep(0.01)
    assert "went away" in caplog.text
    watch.stop()


@pytest.mark.usefixtures("bus")
def test_a_bus_without_logind_leaves_it_to_the_clock() -> None:
    with pytest.raises(NoBus):
        BusWatch(*listeners([]))
    watch = power.watch(*listeners([]))
    assert isinstance(watch, ClockWatch)
    watch.stop()


def test_no_bus_leaves_it_to_the_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SYSTEM_BUS_ADDRESS", f"unix:path={tmp_path / 'none'}")
    watch = power.watch(*listeners([]))
    assert isinstance(watch, ClockWatch)
    watch.stop()


def test_the_clock_sees_a_sleep_and_no_nap() -> None:
    heard: list[str] = []
    slept = [100.0]
    watch = ClockWatch(*listeners(heard), slept=lambda: slept[0], every=0.01)
    time.sleep(0.1)
    slept[0] += 0.5
    time.sleep(0.1)
    assert heard == []
    slept[0] += 60
    wait_for(heard, ["sleep", "wake"])
    slept[0] += 60
    wait_for(heard, ["sleep", "wake"] * 2)
    watch.stop()


def test_the_real_clocks_agree_while_awake() -> None:
    before = slept_seconds()
    time.sleep(0.05)
    assert abs(slept_seconds() - before) < 0.01
