"""Global keys on a real X server: pressed by XTest, heard by our grabs, and by nobody else."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.xvfb import XServer
from assistant.core.errors import BadInput, HearsightError, HotkeyTaken
from assistant.desktop.hotkeys.handlers.x11 import X11Hotkeys
from assistant.desktop.hotkeys.models import KeyEvent
from tests.helpers.display import keys_down, keys_up, tap, typing_into, use_display, wait_until

pytestmark = pytest.mark.desktop

ASK = {"ask": "Ctrl+Alt+Space"}
CHORD = ("ctrl", "alt", "space")


class Heard:
    """Collects what the handler says."""

    def __init__(self) -> None:
        self.events: list[KeyEvent] = []
        self.problems: list[HearsightError] = []

    def kinds(self, name: str = "ask") -> list[str]:
        return [event.kind for event in self.events if event.name == name]


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def hotkeys(display: XServer) -> Iterator[X11Hotkeys]:
    handler = X11Hotkeys()
    yield handler
    handler.stop()
    keys_up(display, *CHORD, "shift", "d", "Escape")


def start(hotkeys: X11Hotkeys, heard: Heard, bindings: dict[str, str] = ASK) -> None:
    hotkeys.start(bindings, heard.events.append, heard.problems.append)


def settle() -> None:
    """Long enough for an event that should not come."""
    time.sleep(0.3)


def test_a_tap_is_one_press_and_one_release(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard)
    tap(display, "ctrl+alt+space")
    wait_until(lambda: heard.kinds() == ["press", "release"])
    settle()
    assert heard.kinds() == ["press", "release"]


def test_holding_repeats_nothing(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    display.run("xset", "r", "rate", "200", "30")
    start(hotkeys, heard)
    keys_down(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    time.sleep(2.0)
    assert heard.kinds() == ["press"]
    assert hotkeys.is_held("ask")
    keys_up(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press", "release"])
    settle()
    assert heard.kinds() == ["press", "release"]
    assert not hotkeys.is_held("ask")
    assert heard.events[1].time - heard.events[0].time > 1.9


def test_the_server_really_repeats_keys(display: XServer, tmp_path: Path) -> None:
    """Without this the test above could not fail."""
    display.run("xset", "r", "rate", "200", "30")
    typed = tmp_path / "typed"
    with typing_into(display, typed):
        keys_down(display, "x")
        wait_until(lambda: typed.read_bytes().count(b"x") > 5)
        keys_up(display, "x")


@pytest.mark.parametrize("order", [("ctrl", "alt", "space"), ("space", "alt", "ctrl"), ("alt", "space", "ctrl")])
def test_keys_may_be_let_go_in_any_order(
    order: tuple[str, ...], hotkeys: X11Hotkeys, heard: Heard, display: XServer
) -> None:
    start(hotkeys, heard)
    keys_down(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    for key in order:
        keys_up(display, key)
        time.sleep(0.05)
    wait_until(lambda: heard.kinds() == ["press", "release"])
    settle()
    assert heard.kinds() == ["press", "release"]


def test_the_key_reaches_nobody_else(hotkeys: X11Hotkeys, heard: Heard, display: XServer, tmp_path: Path) -> None:
    typed = tmp_path / "typed"
    with typing_into(display, typed):
        tap(display, "ctrl+alt+space")
        wait_until(lambda: typed.read_bytes() != b"")
        settle()
        before = typed.read_bytes()
        start(hotkeys, heard)
        tap(display, "ctrl+alt+space")
        wait_until(lambda: heard.kinds() == ["press", "release"])
        tap(display, "z")
        wait_until(lambda: typed.read_bytes() != before)
        assert typed.read_bytes() == before + b"z"
        hotkeys.stop()
        tap(display, "ctrl+alt+space")
        wait_until(lambda: typed.read_bytes() == before + b"z" + before)


@pytest.mark.parametrize("lock", ["Num_Lock", "Caps_Lock"])
def test_locks_don_t_matter(lock: str, hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard)
    tap(display, lock)
    try:
        tap(display, "ctrl+alt+space")
        wait_until(lambda: heard.kinds() == ["press", "release"])
    finally:
        tap(display, lock)


def test_other_modifiers_are_another_shortcut(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard)
    tap(display, "ctrl+space")
    tap(display, "ctrl+alt+shift+space")
    settle()
    assert heard.events == []


def test_several_names_are_told_apart(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard, {**ASK, "other": "Ctrl+Alt+D", "third": "F9"})
    tap(display, "ctrl+alt+d")
    tap(display, "F9")
    tap(display, "ctrl+alt+space")
    wait_until(lambda: len(heard.events) == 6)
    assert [event.name for event in heard.events] == ["other", "other", "third", "third", "ask", "ask"]


def test_a_key_that_somebody_else_holds_is_named(hotkeys: X11Hotkeys, heard: Heard) -> None:
    start(hotkeys, heard)
    late = X11Hotkeys()
    with pytest.raises(HotkeyTaken) as caught:
        late.start({"free": "Ctrl+Alt+J", "taken": "Ctrl+Alt+Space"}, Heard().events.append)
    assert "Ctrl+Alt+Space" in str(caught.value)
    assert caught.value.action
    start(hotkeys, heard, {"free": "Ctrl+Alt+J"})  # the one that failed keeps nothing
    late.start(ASK, Heard().events.append)  # and what was given back can be had
    late.stop()


def test_a_release_that_went_elsewhere_is_seen(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard)
    keys_down(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    loop = hotkeys._loop
    assert loop is not None
    # The active grab ends early, as when a screen locker or another terminal takes the keyboard.
    loop.call(lambda: bool(loop._connection.core.UngrabKeyboard(0)) or True)
    settle()
    assert heard.kinds() == ["press"]
    keys_up(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press", "release"])


def test_shift_while_holding_latches_once(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard)
    tap(display, "shift")
    keys_down(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    for _ in range(2):
        keys_down(display, "shift")
        keys_up(display, "shift")
    keys_up(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press", "shift", "release"])
    settle()
    assert heard.kinds() == ["press", "shift", "release"]


def test_escape_is_ours_only_while_it_is_grabbed(
    hotkeys: X11Hotkeys, heard: Heard, display: XServer, tmp_path: Path
) -> None:
    typed, escapes = tmp_path / "typed", threading.Semaphore(0)
    start(hotkeys, heard)
    with typing_into(display, typed):
        assert hotkeys.grab_escape(escapes.release)
        tap(display, "Escape")
        assert escapes.acquire(timeout=10)
        hotkeys.release_escape()
        tap(display, "Escape")
        wait_until(lambda: typed.read_bytes() == b"\x1b")
    assert not escapes.acquire(timeout=0.2)


@pytest.mark.usefixtures("display")
def test_an_escape_that_somebody_else_holds_is_no_error(hotkeys: X11Hotkeys, heard: Heard) -> None:
    other = X11Hotkeys()
    other.start({"x": "F8"}, Heard().events.append)
    assert other.grab_escape(lambda: None)
    start(hotkeys, heard)
    assert not hotkeys.grab_escape(lambda: None)
    other.release_escape()
    assert hotkeys.grab_escape(lambda: None)
    other.stop()


def test_escape_is_heard_while_the_key_is_held(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    escapes = threading.Semaphore(0)
    start(hotkeys, heard)
    keys_down(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    hotkeys.grab_escape(escapes.release)
    tap(display, "Escape")
    assert escapes.acquire(timeout=10)
    keys_up(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press", "release"])


def test_escape_may_be_grabbed_from_within_a_listener(hotkeys: X11Hotkeys, display: XServer) -> None:
    escapes, answers = threading.Semaphore(0), []

    def on_event(event: KeyEvent) -> None:
        if event.kind == "press":
            answers.append(hotkeys.grab_escape(escapes.release))

    hotkeys.start(ASK, on_event)
    tap(display, "ctrl+alt+space")
    wait_until(lambda: answers == [True])
    tap(display, "Escape")
    assert escapes.acquire(timeout=10)


def test_a_hundred_quick_taps_lose_nothing(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard, {"ask": "F9"})
    display.run("xdotool", "key", "--delay", "1", *["F9"] * 100)
    wait_until(lambda: len(heard.events) >= 200)
    settle()
    assert heard.kinds() == ["press", "release"] * 100


def test_a_slow_listener_makes_no_long_press_of_a_tap(hotkeys: X11Hotkeys, display: XServer) -> None:
    events: list[KeyEvent] = []

    def slow(event: KeyEvent) -> None:
        events.append(event)
        time.sleep(0.5)

    hotkeys.start(ASK, slow)
    tap(display, "ctrl+alt+space")
    wait_until(lambda: len(events) == 2)
    assert events[1].time - events[0].time < 0.4


def test_a_faulty_listener_costs_no_further_key(
    hotkeys: X11Hotkeys, display: XServer, caplog: pytest.LogCaptureFixture
) -> None:
    events: list[KeyEvent] = []

    def faulty(event: KeyEvent) -> None:
        events.append(event)
        raise ValueError

    hotkeys.start(ASK, faulty)
    tap(display, "ctrl+alt+space")
    wait_until(lambda: len(events) == 2)
    assert "listener" in caplog.text


def test_another_layout_moves_the_key_along(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard, {"ask": "Ctrl+Alt+Z"})
    display.run("setxkbmap", "de")  # Z and Y change places
    try:
        settle()
        y_on_us_keyboards = "29"
        display.run("xdotool", "keydown", "ctrl", "keydown", "alt", "key", y_on_us_keyboards)
        display.run("xdotool", "keyup", "alt", "keyup", "ctrl")
        wait_until(lambda: heard.kinds() == ["press", "release"])
    finally:
        display.run("setxkbmap", "us")
    assert heard.problems == []


def test_a_key_that_the_keyboard_lacks_is_refused(hotkeys: X11Hotkeys, heard: Heard) -> None:
    with pytest.raises(BadInput, match="F24"):
        start(hotkeys, heard, {"ask": "Ctrl+F24"})


def test_stopping_while_held_releases(hotkeys: X11Hotkeys, heard: Heard, display: XServer) -> None:
    start(hotkeys, heard)
    keys_down(display, *CHORD)
    wait_until(lambda: heard.kinds() == ["press"])
    hotkeys.stop()
    assert heard.kinds() == ["press", "release"]
    assert not any(thread.name == "hotkeys" for thread in threading.enumerate())


def test_a_lost_display_ends_the_hold_and_says_so(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    with XServer(640, 480, window_manager=False) as server:
        use_display(server, monkeypatch)
        hotkeys = X11Hotkeys()
        start(hotkeys, heard)
        keys_down(server, *CHORD)
        wait_until(lambda: heard.kinds() == ["press"])
        server.kill()
        wait_until(lambda: heard.kinds() == ["press", "release"])
        wait_until(lambda: len(heard.problems) == 1)
        assert "X server was lost" in heard.problems[0].message
        assert not hotkeys.grab_escape(lambda: None)
        hotkeys.stop()


def test_without_a_server_the_error_is_plain(monkeypatch: pytest.MonkeyPatch, heard: Heard) -> None:
    monkeypatch.setenv("DISPLAY", ":4095")
    with pytest.raises(HearsightError, match="X server"):
        start(X11Hotkeys(), heard)
