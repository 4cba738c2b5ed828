"""What every way of hearing global keys has to do: on a real X server, in a real KWin through the portal, and at the
system-call seam of Windows and macOS."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from assistant.bench.xvfb import XServer
from assistant.core.errors import BadInput, HearsightError
from assistant.desktop.hotkeys.handlers.macos import MacHotkeys
from assistant.desktop.hotkeys.handlers.portal import PortalHotkeys
from assistant.desktop.hotkeys.handlers.windows import WindowsHotkeys
from assistant.desktop.hotkeys.handlers.x11 import X11Hotkeys
from assistant.desktop.hotkeys.models import HotkeyHandler, KeyEvent
from tests.helpers.display import keys_down, keys_up, wait_until
from tests.helpers.fake_quartz import FakeQuartz
from tests.helpers.fake_windows import FakeWindows
from tests.helpers.kwin import KWin

pytestmark = pytest.mark.desktop

BOTH = {"ask": "Ctrl+Alt+Space", "dictate": "Ctrl+Alt+D"}
CHORD = ("ctrl", "alt", "space")
ALL = ("x11", "portal", "windows", "macos")
SEE_EVERY_KEY = ("x11", "windows", "macos")
"""A portal tells of its own keys alone."""


@dataclass
class Keyboard:
    """A handler, the hand on its keys, and what was heard."""

    handler: HotkeyHandler
    down: Callable[..., None]
    up: Callable[..., None]
    events: list[KeyEvent] = field(default_factory=list)
    problems: list[HearsightError] = field(default_factory=list)

    def start(self, **bindings: str) -> None:
        self.handler.start(bindings or BOTH, self.events.append, self.problems.append)

    def tap(self, *keys: str) -> None:
        self.down(*keys)
        self.up(*reversed(keys))

    def kinds(self, name: str = "ask") -> list[str]:
        return [event.kind for event in self.events if event.name == name]


@pytest.fixture
def keyboard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Keyboard]:
    made = _keyboard(request, monkeypatch)
    yield made
    made.handler.stop()
    made.up(*CHORD, "d", "shift", "Escape")


def _keyboard(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Keyboard:
    if request.param == "x11":
        server: XServer = request.getfixturevalue("display")
        return Keyboard(X11Hotkeys(), lambda *k: keys_down(server, *k), lambda *k: keys_up(server, *k))
    if request.param == "portal":
        kwin: KWin = request.getfixturevalue("kwin")
        kwin.log_in(monkeypatch)
        return Keyboard(PortalHotkeys(), kwin.down, kwin.up)
    if request.param == "windows":
        windows = FakeWindows()
        return Keyboard(WindowsHotkeys(windows.calls), windows.down, windows.up)
    quartz = FakeQuartz()
    return Keyboard(MacHotkeys(quartz), quartz.down, quartz.up)


every = pytest.mark.parametrize("keyboard", ALL, indirect=True)
every_that_sees_all = pytest.mark.parametrize("keyboard", SEE_EVERY_KEY, indirect=True)


def settle() -> None:
    """Long enough for an event that should not come."""
    time.sleep(0.3)


@every
def test_a_hold_is_one_press_and_one_release(keyboard: Keyboard) -> None:
    keyboard.start()
    keyboard.down(*CHORD)
    wait_until(lambda: keyboard.kinds() == ["press"])
    time.sleep(1.0)
    assert keyboard.kinds() == ["press"]
    assert keyboard.handler.is_held("ask")
    assert not keyboard.handler.is_held("dictate")
    keyboard.up(*CHORD)
    wait_until(lambda: keyboard.kinds() == ["press", "release"])
    assert not keyboard.handler.is_held("ask")
    assert keyboard.events[1].time - keyboard.events[0].time > 0.9
    settle()
    assert keyboard.kinds() == ["press", "release"]
    assert keyboard.problems == []


@every
def test_keys_are_told_apart(keyboard: Keyboard) -> None:
    keyboard.start()
    for key in ("d", "space"):
        keyboard.tap("ctrl", "alt", key)
        settle()
    assert [event.name for event in keyboard.events] == ["dictate", "dictate", "ask", "ask"]


@every
def test_other_modifiers_are_another_shortcut(keyboard: Keyboard) -> None:
    keyboard.start()
    keyboard.tap("ctrl", "space")
    keyboard.tap("ctrl", "alt", "shift", "space")
    settle()
    assert keyboard.events == []


@every
def test_stopping_while_held_releases_and_later_keys_are_not_heard(keyboard: Keyboard) -> None:
    keyboard.start()
    keyboard.down(*CHORD)
    wait_until(lambda: keyboard.kinds() == ["press"])
    keyboard.handler.stop()
    assert keyboard.kinds() == ["press", "release"]
    keyboard.up(*CHORD)
    keyboard.tap(*CHORD)
    settle()
    assert keyboard.kinds() == ["press", "release"]


@every
def test_new_bindings_take_the_place_of_the_old(keyboard: Keyboard) -> None:
    keyboard.start(ask="Ctrl+Alt+Space")
    keyboard.start(dictate="Ctrl+Alt+D")
    keyboard.tap(*CHORD)
    keyboard.tap("ctrl", "alt", "d")
    wait_until(lambda: keyboard.kinds("dictate") == ["press", "release"])
    assert keyboard.kinds() == []


@every
def test_a_slow_listener_makes_no_long_press_of_a_tap(keyboard: Keyboard) -> None:
    def slow(event: KeyEvent) -> None:
        keyboard.events.append(event)
        time.sleep(0.5)

    keyboard.handler.start(BOTH, slow)
    keyboard.tap(*CHORD)
    wait_until(lambda: len(keyboard.events) == 2)
    assert keyboard.events[1].time - keyboard.events[0].time < 0.4


@every
def test_a_faulty_listener_costs_no_further_key(keyboard: Keyboard, caplog: pytest.LogCaptureFixture) -> None:
    def faulty(event: KeyEvent) -> None:
        keyboard.events.append(event)
        raise ValueError

    keyboard.handler.start(BOTH, faulty)
    keyboard.tap(*CHORD)
    wait_until(lambda: keyboard.kinds() == ["press", "release"])
    assert "listener" in caplog.text


@every
def test_what_is_no_shortcut_is_refused_and_nothing_is_bound(keyboard: Keyboard) -> None:
    with pytest.raises(BadInput):
        keyboard.start(ask="Space")
    assert not keyboard.handler.is_held("ask")


@every
def test_a_handler_that_was_never_started_is_harmless(keyboard: Keyboard) -> None:
    keyboard.handler.stop()
    keyboard.handler.release_escape()
    assert not keyboard.handler.grab_escape(lambda: None)


@every_that_sees_all
@pytest.mark.parametrize("order", [("ctrl", "alt", "space"), ("alt", "space", "ctrl")])
def test_keys_may_be_let_go_in_any_order(keyboard: Keyboard, order: tuple[str, ...]) -> None:
    keyboard.start()
    keyboard.down(*CHORD)
    wait_until(lambda: keyboard.kinds() == ["press"])
    for key in order:
        keyboard.up(key)
        time.sleep(0.05)
    wait_until(lambda: keyboard.kinds() == ["press", "release"])
    settle()
    assert keyboard.kinds() == ["press", "release"]


@every_that_sees_all
def test_shift_while_holding_latches_once(keyboard: Keyboard) -> None:
    keyboard.start()
    keyboard.down(*CHORD)
    wait_until(lambda: keyboard.kinds() == ["press"])
    for _ in range(2):
        keyboard.down("shift")
        time.sleep(0.05)
        keyboard.up("shift")
        time.sleep(0.05)
    keyboard.up(*CHORD)
    wait_until(lambda: keyboard.kinds() == ["press", "shift", "release"])


@every_that_sees_all
def test_escape_is_ours_while_it_is_grabbed_also_while_the_key_is_held(keyboard: Keyboard) -> None:
    escapes: list[int] = []
    keyboard.start()
    assert keyboard.handler.grab_escape(lambda: escapes.append(1))
    keyboard.tap("Escape")
    wait_until(lambda: len(escapes) == 1)
    keyboard.down(*CHORD)
    wait_until(lambda: keyboard.kinds() == ["press"])
    keyboard.down("Escape")
    wait_until(lambda: len(escapes) == 2)
    keyboard.up("Escape", *CHORD)
    keyboard.handler.release_escape()
    keyboard.tap("Escape")
    settle()
    assert len(escapes) == 2
