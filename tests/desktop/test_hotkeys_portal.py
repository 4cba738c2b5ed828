"""Global keys on Wayland: pressed in a real KWin, told by KDE's real portal, and what happens when that goes away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys import main
from assistant.desktop.hotkeys.handlers.portal import PortalHotkeys
from assistant.desktop.hotkeys.models import KeyEvent
from tests.helpers.display import wait_until
from tests.helpers.kwin import KWin

pytestmark = pytest.mark.desktop

BOTH = {"ask": "Ctrl+Alt+Space", "dictate": "Ctrl+Alt+D"}
CHORD = ("ctrl", "alt", "space")


@pytest.fixture
def session(kwin: KWin, monkeypatch: pytest.MonkeyPatch) -> KWin:
    """The test runs as if it had been logged in there."""
    for name in ("DISPLAY", "SWAYSOCK"):
        monkeypatch.delenv(name, raising=False)
    for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.setenv(name, kwin.env[name])
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
    up(session, *CHORD, "d", "shift")


def down(session: KWin, *keys: str) -> None:
    for key in keys:
        session.hand.key(key, True)


def up(session: KWin, *keys: str) -> None:
    for key in keys:
        session.hand.key(key, False)


def test_this_session_s_keys_come_through_the_portal(session: KWin) -> None:
    assert main.available() == (True, "GlobalShortcuts portal")


def test_a_hold_is_one_press_and_one_release(hotkeys: PortalHotkeys, heard: Heard, session: KWin) -> None:
    down(session, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    time.sleep(1.5)  # KWin repeats "Activated" meanwhile
    assert heard.kinds() == ["press"]
    assert hotkeys.is_held("ask")
    up(session, *reversed(CHORD))
    wait_until(lambda: heard.kinds() == ["press", "release"])
    assert not hotkeys.is_held("ask")
    assert heard.events[1].time - heard.events[0].time > 1.4
    time.sleep(0.3)
    assert heard.kinds() == ["press", "release"]
    assert heard.problems == []


def test_two_keys_are_told_apart(hotkeys: PortalHotkeys, heard: Heard, session: KWin) -> None:
    for key in ("d", "space"):
        down(session, "ctrl", "alt", key)
        up(session, key, "alt", "ctrl")
    wait_until(lambda: len(heard.events) == 4)
    assert [event.name for event in heard.events] == ["dictate", "dictate", "ask", "ask"]


def test_other_modifiers_are_another_shortcut(hotkeys: PortalHotkeys, heard: Heard, session: KWin) -> None:
    down(session, "shift", *CHORD)
    up(session, *CHORD, "shift")
    down(session, "ctrl", "space")
    up(session, "ctrl", "space")
    time.sleep(0.5)
    assert heard.events == []


def test_stopping_while_held_releases_and_gives_the_keys_back(
    hotkeys: PortalHotkeys, heard: Heard, session: KWin
) -> None:
    down(session, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    hotkeys.stop()
    assert heard.kinds() == ["press", "release"]
    assert not any(thread.name.startswith("hotkeys") for thread in threading.enumerate())
    up(session, *CHORD)
    down(session, *CHORD)
    up(session, *CHORD)
    time.sleep(0.3)
    assert heard.kinds() == ["press", "release"]


def test_escape_stays_with_everybody(hotkeys: PortalHotkeys) -> None:
    assert not hotkeys.grab_escape(lambda: None)
    hotkeys.release_escape()


def test_a_portal_that_dies_ends_the_hold_and_gets_the_keys_bound_again(
    hotkeys: PortalHotkeys, heard: Heard, session: KWin
) -> None:
    down(session, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    session.kill_portal()
    wait_until(lambda: heard.kinds() == ["press", "release"])
    up(session, *CHORD)
    wait_until(lambda: len(heard.problems) >= 1)
    assert "as soon as it is back" in heard.problems[0].message

    def taps() -> bool:
        down(session, "ctrl", "alt", "d")
        time.sleep(0.05)
        up(session, "d", "alt", "ctrl")
        time.sleep(0.2)
        return heard.kinds("dictate")[:2] == ["press", "release"]

    wait_until(taps, 30)
