"""Windows and macOS at the seam of their system calls: what goes beyond the contract of all handlers."""

from __future__ import annotations

import logging

import pytest

from assistant.core.errors import BadInput, HearsightError, HotkeyTaken
from assistant.desktop.hotkeys.handlers.macos import MacHotkeys
from assistant.desktop.hotkeys.handlers.macos_keys import flags, key_code
from assistant.desktop.hotkeys.handlers.windows import WindowsHotkeys
from assistant.desktop.hotkeys.handlers.windows_keys import modifier_bits, virtual_key
from assistant.desktop.hotkeys.models import KeyEvent
from assistant.desktop.hotkeys.shortcuts import parse_shortcut
from tests.helpers.display import wait_until
from tests.helpers.fake_quartz import FakeQuartz
from tests.helpers.fake_windows import FakeWindows

CHORD = ("ctrl", "alt", "space")
ASK = {"ask": "Ctrl+Alt+Space"}
_CONTROL_ALT, _SPACE = 3, 0x20


def test_windows_a_key_that_another_program_holds_is_named() -> None:
    windows, events = FakeWindows(), list[KeyEvent]()
    windows.take_elsewhere(_CONTROL_ALT, _SPACE)
    hotkeys = WindowsHotkeys(windows.calls)
    with pytest.raises(HotkeyTaken, match=r"Ctrl\+Alt\+Space"):
        hotkeys.start({"free": "Ctrl+Alt+D", **ASK}, events.append)
    windows.down("ctrl", "alt", "d")
    assert windows.typed == ["ctrl", "alt", "d"], "the free one is free again"
    assert not hotkeys.grab_escape(lambda: None)


def test_windows_an_escape_that_another_program_holds_is_no_error() -> None:
    windows = FakeWindows()
    windows.take_elsewhere(0, 0x1B)
    hotkeys = WindowsHotkeys(windows.calls)
    hotkeys.start(ASK, lambda _: None)
    assert not hotkeys.grab_escape(lambda: None)
    hotkeys.stop()


def test_windows_the_key_reaches_nobody_else_until_it_is_given_back() -> None:
    windows, events = FakeWindows(), list[KeyEvent]()
    hotkeys = WindowsHotkeys(windows.calls)
    hotkeys.start(ASK, events.append)
    windows.down(*CHORD)
    wait_until(lambda: len(events) == 1)
    windows.up(*CHORD)
    wait_until(lambda: len(events) == 2)
    assert windows.typed == ["ctrl", "alt"]
    hotkeys.stop()
    windows.down(*CHORD)
    assert windows.typed == ["ctrl", "alt", *CHORD]


def test_windows_two_taps_that_come_at_once_are_two() -> None:
    windows, events = FakeWindows(), list[KeyEvent]()
    hotkeys = WindowsHotkeys(windows.calls)
    hotkeys.start({"ask": "F9"}, events.append)
    for _ in range(2):
        windows.down("F9")
        windows.up("F9")
    wait_until(lambda: len(events) == 4)
    assert [event.kind for event in events] == ["press", "release"] * 2
    hotkeys.stop()


@pytest.mark.parametrize(
    ("shortcut", "code", "bits"),
    [("Super+PageUp", 0x21, 8), ("F24", 0x87, 0), ("Ctrl+Shift+Z", 0x5A, 6), ("Alt+Comma", 0xBC, 1)],
)
def test_windows_codes(shortcut: str, code: int, bits: int) -> None:
    user32 = FakeWindows().calls().user32
    parsed = parse_shortcut(shortcut)
    assert (virtual_key(user32, parsed), modifier_bits(parsed)) == (code, bits)


def test_windows_a_key_that_the_layout_lacks_is_refused() -> None:
    with pytest.raises(BadInput, match="layout"):
        WindowsHotkeys(FakeWindows().calls).start({"ask": "Ctrl+Grave"}, lambda _: None)


def test_macos_without_permission_it_says_where_to_allow_it() -> None:
    quartz = FakeQuartz()
    quartz.allowed = False
    with pytest.raises(HearsightError) as caught:
        MacHotkeys(quartz).start(ASK, lambda _: None)
    assert "Accessibility" in caught.value.action


def test_macos_the_key_and_its_repeats_reach_nobody_else() -> None:
    quartz, events = FakeQuartz(), list[KeyEvent]()
    hotkeys = MacHotkeys(quartz)
    quartz.caps_lock = True
    hotkeys.start(ASK, events.append)
    quartz.down(*CHORD)
    quartz.down("space", "space")
    quartz.up("alt", "ctrl")
    quartz.down("space")
    quartz.up("space")
    quartz.down("z")
    assert quartz.typed == ["ctrl", "alt", "alt", "ctrl", "z"]
    wait_until(lambda: [event.kind for event in events] == ["press", "release"])
    hotkeys.stop()
    quartz.down("space")
    assert quartz.typed[-1] == "space"


def test_macos_a_release_that_went_to_a_password_field_is_seen() -> None:
    quartz, events = FakeQuartz(), list[KeyEvent]()
    hotkeys = MacHotkeys(quartz)
    hotkeys.start(ASK, events.append)
    quartz.down(*CHORD)
    wait_until(lambda: hotkeys.is_held("ask"))
    quartz.lose("space")
    wait_until(lambda: [event.kind for event in events] == ["press", "release"])
    quartz.down("space")
    wait_until(lambda: len(events) == 3)
    hotkeys.stop()


def test_macos_a_tap_that_was_switched_off_is_switched_on_again() -> None:
    quartz, events = FakeQuartz(), list[KeyEvent]()
    hotkeys = MacHotkeys(quartz)
    hotkeys.start(ASK, events.append)
    quartz.time_out()
    quartz.down(*CHORD)
    wait_until(lambda: len(events) == 1)
    hotkeys.stop()


@pytest.mark.parametrize(
    ("shortcut", "code"), [("Ctrl+D", 2), ("Ctrl+L", 37), ("Ctrl+Comma", 43), ("F9", 101), ("Ctrl+Grave", 50)]
)
def test_macos_codes(shortcut: str, code: int) -> None:
    assert key_code(FakeQuartz(), parse_shortcut(shortcut)) == code


def test_macos_keys_follow_the_layout_and_fall_back_to_the_american_place(monkeypatch: pytest.MonkeyPatch) -> None:
    quartz = FakeQuartz()
    monkeypatch.setattr(quartz, "CGEventKeyboardGetUnicodeString", lambda e, *_: (1, "z" if e.code == 16 else "я"))
    assert key_code(quartz, parse_shortcut("Ctrl+Z")) == 16
    assert key_code(quartz, parse_shortcut("Ctrl+D")) == 2
    assert flags(parse_shortcut("Cmd+Option+D")) == 0x180000


def test_macos_a_key_that_no_mac_has_is_refused() -> None:
    with pytest.raises(BadInput, match="Mac"):
        key_code(FakeQuartz(), parse_shortcut("ScrollLock"))


def test_problems_that_nobody_listens_to_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    from assistant.desktop.hotkeys.handlers.presses import Presses, write_down

    with caplog.at_level(logging.WARNING):
        presses = Presses(lambda _: None, write_down)
        presses.complain(HearsightError("The keys are gone."))
        presses.stop()
    assert "The keys are gone." in caplog.text
