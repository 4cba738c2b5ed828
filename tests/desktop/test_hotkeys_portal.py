"""The GlobalShortcuts portal's own ways: KDE's real one that dies, and one of ours that closes, refuses and asks.

What it has in common with all handlers is in `test_hotkeys_contract`.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys import main
from assistant.desktop.hotkeys.handlers.portal import PortalHotkeys
from assistant.desktop.hotkeys.models import KeyEvent
from tests.helpers.display import wait_until
from tests.helpers.kwin import KWin
from tests.helpers.portal_service import Bus, PortalService

pytestmark = pytest.mark.desktop

BOTH = {"ask": "Ctrl+Alt+Space", "dictate": "Ctrl+Alt+D"}
CHORD = ("ctrl", "alt", "space")


@pytest.fixture
def session(kwin: KWin, monkeypatch: pytest.MonkeyPatch) -> KWin:
    kwin.log_in(monkeypatch)
    return kwin


class Heard:
    def __init__(self) -> None:
        self.events: list[KeyEvent] = []
        self.problems: list[HearsightError] = []

    def kinds(self, name: str = "ask") -> list[str]:
        return [event.kind for event in self.events if event.name == name]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def hotkeys(session: KWin, heard: Heard) -> Iterator[PortalHotkeys]:
    handler = PortalHotkeys()
    handler.start(BOTH, heard.events.append, heard.problems.append)
    yield handler
    handler.stop()
    session.up(*CHORD, "d", "shift")


def test_this_session_s_keys_come_through_the_portal(session: KWin) -> None:
    assert main.available() == (True, "GlobalShortcuts portal")


def test_escape_stays_with_everybody(hotkeys: PortalHotkeys) -> None:
    assert not hotkeys.grab_escape(lambda: None)
    hotkeys.release_escape()


def test_a_portal_that_dies_ends_the_hold_and_gets_the_keys_bound_again(
    hotkeys: PortalHotkeys, heard: Heard, session: KWin
) -> None:
    session.down(*CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    session.kill_portal()
    wait_until(lambda: heard.kinds() == ["press", "release"])
    session.up(*CHORD)
    wait_until(lambda: len(heard.problems) >= 1)
    assert "as soon as it is back" in heard.problems[0].message

    def taps() -> bool:
        session.down("ctrl", "alt", "d")
        time.sleep(0.05)
        session.up("d", "alt", "ctrl")
        time.sleep(0.2)
        return heard.kinds("dictate")[:2] == ["press", "release"]

    wait_until(taps, 30)


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    with Bus() as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-test")
        monkeypatch.delenv("DISPLAY", raising=False)
        yield bus


@pytest.fixture
def handler() -> Iterator[PortalHotkeys]:
    handler = PortalHotkeys()
    yield handler
    handler.stop()


@pytest.fixture
def service(bus: Bus) -> Iterator[PortalService]:
    service = PortalService()
    service.start()
    yield service
    service.stop()


def start(handler: PortalHotkeys, heard: Heard) -> None:
    handler.start(BOTH, heard.events.append, heard.problems.append)


def test_keys_that_the_session_lacks_are_bound_as_wished(
    service: PortalService, handler: PortalHotkeys, heard: Heard
) -> None:
    assert handler.is_installed()
    start(handler, heard)
    wait_until(lambda: service.count("BindShortcuts") == 1)
    [(_, wishes, _, _)] = [body for member, body in service.calls if member == "BindShortcuts"]
    triggers = {name: wish["preferred_trigger"][1] for name, wish in wishes}
    assert triggers == {"ask": "CTRL+ALT+space", "dictate": "CTRL+ALT+d"}
    assert all(wish["description"][1] for _, wish in wishes)
    for member in ("Activated", "Activated", "Activated", "Deactivated", "Deactivated"):
        service.key(member, "ask")
    wait_until(lambda: heard.kinds() == ["press", "release"])
    handler.stop()
    assert service.count("Close") == 1
    assert heard.kinds() == ["press", "release"]


def test_a_session_that_the_desktop_closes_is_told_and_made_again(
    service: PortalService, handler: PortalHotkeys, heard: Heard
) -> None:
    start(handler, heard)
    wait_until(lambda: service.count("BindShortcuts") == 1)
    service.key("Activated", "dictate")
    wait_until(lambda: heard.kinds("dictate") == ["press"])
    service.close_session()
    wait_until(lambda: heard.kinds("dictate") == ["press", "release"])
    wait_until(lambda: service.count("BindShortcuts") == 2)
    service.key("Activated", "ask")
    wait_until(lambda: heard.kinds() == ["press"])
    assert ["took" in problem.message for problem in heard.problems] == [True]


def test_a_user_who_says_no_is_asked_once(service: PortalService, handler: PortalHotkeys, heard: Heard) -> None:
    service.answers["BindShortcuts"] = 1
    start(handler, heard)
    wait_until(lambda: len(heard.problems) == 1)
    assert "didn't give" in heard.problems[0].message
    assert heard.problems[0].action
    time.sleep(0.3)
    assert service.count("BindShortcuts") == 1


def test_a_refused_session_is_an_error_at_once(service: PortalService, handler: PortalHotkeys, heard: Heard) -> None:
    service.answers["CreateSession"] = 2
    with pytest.raises(HearsightError, match="didn't give"):
        start(handler, heard)


def test_a_portal_that_comes_back_gets_the_keys_bound_again(
    service: PortalService, handler: PortalHotkeys, heard: Heard
) -> None:
    start(handler, heard)
    service.stop()
    wait_until(lambda: len(heard.problems) == 1)
    back = PortalService()
    back.start()
    wait_until(lambda: back.count("BindShortcuts") == 1)
    back.key("Activated", "ask")
    wait_until(lambda: heard.kinds() == ["press"])
    handler.stop()
    back.stop()


def test_a_bus_that_ends_is_told(service: PortalService, handler: PortalHotkeys, heard: Heard, bus: Bus) -> None:
    start(handler, heard)
    wait_until(lambda: service.count("BindShortcuts") == 1)
    service.key("Activated", "ask")
    wait_until(lambda: heard.kinds() == ["press"])
    service.stop()
    bus.kill()
    wait_until(lambda: any("session bus" in problem.message for problem in heard.problems))
    assert heard.kinds() == ["press", "release"]


def test_a_desktop_without_such_a_portal_is_not_waited_for(bus: Bus, handler: PortalHotkeys, heard: Heard) -> None:
    began = time.monotonic()
    assert handler.is_compatible()
    assert not handler.is_installed()
    works, said = main.available()
    assert not works
    assert "hearsight trigger" in said
    with pytest.raises(HearsightError, match="portal"):
        start(handler, heard)
    assert time.monotonic() - began < 15
