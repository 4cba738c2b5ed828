"""Which handler types, what is never typed, and which keys paste: as tables over sessions, texts and programs."""

from __future__ import annotations

import sys

import pytest

from assistant.core.errors import FocusMoved, InsertRefused, TargetLost
from assistant.desktop.targets import can_undo, is_password_program, kind_of, paste_keys
from assistant.desktop.typing import main
from assistant.desktop.typing.main import Typist, choose, handlers, status
from assistant.desktop.typing.models import Inserted, Target
from assistant.desktop.typing.pieces import pieces
from assistant.desktop.typing.safety import danger

SESSIONS = [
    ("linux", {"DISPLAY": ":0"}, ["clipboard and XTest on X11", "key presses on X11"]),
    ("linux", {"WAYLAND_DISPLAY": "w", "SWAYSOCK": "s"}, ["clipboard and wtype on Wayland", "RemoteDesktop portal"]),
    ("linux", {"WAYLAND_DISPLAY": "w", "DISPLAY": ":0", "XDG_CURRENT_DESKTOP": "GNOME"}, ["RemoteDesktop portal"]),
    ("linux", {"WAYLAND_DISPLAY": "w", "XDG_CURRENT_DESKTOP": "KDE"}, ["RemoteDesktop portal"]),
    ("linux", {}, []),
    ("win32", {}, ["SendInput on Windows"]),
    ("darwin", {}, ["keyboard events on macOS"]),
]
VARIABLES = ("DISPLAY", "WAYLAND_DISPLAY", "SWAYSOCK", "XDG_CURRENT_DESKTOP", "XDG_SESSION_TYPE")


@pytest.mark.parametrize(("system", "environment", "expected"), SESSIONS)
def test_what_each_session_has(
    system: str, environment: dict[str, str], expected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*VARIABLES, "HYPRLAND_INSTANCE_SIGNATURE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", system)
    fitting = [handler.name for handler in handlers() if handler.is_compatible()]
    assert fitting == [*expected, "clipboard only"]
    assert all(told.works or told.reason for told in status())


def test_a_missing_part_is_named_and_the_next_way_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "w")
    monkeypatch.setenv("SWAYSOCK", "s")
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setenv("PATH", "")
    working, hint = choose(handlers())
    assert working == []
    assert "wtype" in hint


PLAIN, TERMINAL = Target("t", "", "editor"), Target("t", "", "xterm", "terminal")
TEXTS = [
    ("two\nlines\tand a tab", PLAIN, ""),
    ("two\nlines", TERMINAL, "line break"),
    ("a\ttab", TERMINAL, "line break"),
    ("a\u2028line", TERMINAL, "line break"),
    ("plain words", TERMINAL, ""),
    ("\r\n", PLAIN, "control character"),
    ("\x1b[A", PLAIN, "control character"),
    ("\x85", PLAIN, "control character"),
    ("\x7f", PLAIN, "control character"),
    ("\ud83d", PLAIN, "half a character"),
    ("\ufeffmark", PLAIN, "byte order mark"),
    ("👩‍👩‍👧 שלום \u200f", TERMINAL, ""),
    ("hunter2", Target("t", "", "editor", is_password=True), "password"),
]


@pytest.mark.parametrize(("text", "target", "reason"), TEXTS)
def test_what_is_never_typed(text: str, target: Target, reason: str) -> None:
    said = danger(text, target)
    assert (reason in said) if reason else said == ""


PROGRAMS = [
    ("XTerm", "terminal", "Shift+Insert"),
    ("URxvt", "terminal", "Shift+Insert"),
    ("org.kde.konsole", "terminal", "Ctrl+Shift+V"),
    ("Gnome-terminal", "terminal", "Ctrl+Shift+V"),
    ("foot", "terminal", "Ctrl+Shift+V"),
    ("com.googlecode.iterm2", "terminal", "Ctrl+Shift+V"),
    ("WindowsTerminal.exe", "terminal", "Ctrl+Shift+V"),
    ("Emacs", "code", "Shift+Insert"),
    ("Gvim", "code", "Shift+Insert"),
    ("Code", "code", "Ctrl+V"),
    ("jetbrains-pycharm", "code", "Ctrl+V"),
    ("dev.zed.Zed", "code", "Ctrl+V"),
    ("firefox", "plain", "Ctrl+V"),
    ("", "plain", "Ctrl+V"),
]


@pytest.mark.parametrize(("program", "kind", "keys"), PROGRAMS)
def test_programs(program: str, kind: str, keys: str) -> None:
    assert (kind_of(program), paste_keys(program)) == (kind, keys)
    assert can_undo(program) == (kind != "terminal" and program not in ("Emacs", "Gvim"))


def test_password_programs() -> None:
    assert is_password_program("Pinentry-gtk-2")
    assert is_password_program("gcr-prompter")
    assert not is_password_program("firefox")


@pytest.mark.parametrize("most", [1, 2, 3, 10, 200])
def test_pieces_make_the_text_again(most: int) -> None:
    text = "ab👩‍👩‍👧e\u0301x👍🏽 שָׁלוֹם \n" * 7
    cut = list(pieces(text, most))
    assert "".join(cut) == text
    assert all(0 < len(piece) <= most for piece in cut)


def test_pieces_keep_together_what_is_one_character() -> None:
    assert list(pieces("abcd👩‍👧ef", 6)) == ["abcd", "👩‍👧ef"]
    assert list(pieces("abe\u0301", 3)) == ["ab", "e\u0301"]


class Scripted:
    """A handler that refuses, or loses the focus so often."""

    def __init__(self, name: str, refusal: str = "", moved: int = 0, places: tuple[str, ...] = ("focused",)) -> None:
        self.name, self._refusal, self._moved, self._places = name, refusal, moved, list(places)
        self.typed: list[str] = []

    def is_compatible(self) -> bool:
        return True

    def is_installed(self) -> bool:
        return True

    def install_instructions(self) -> str:
        return ""

    def target(self) -> Target | None:
        return PLAIN

    def where(self, target: Target) -> str:
        return self._places.pop(0) if len(self._places) > 1 else self._places[0]

    def refuses(self, text: str, target: Target) -> str:
        return self._refusal

    def insert(self, text: str, target: Target, cancel: object) -> Inserted:
        if self._moved:
            self._moved -= 1
            raise FocusMoved("Another window has the focus.")
        self.typed.append(text)
        return Inserted(self.name, len(text), True, {}, (), target)

    def undo(self, inserted: Inserted) -> None:
        raise AssertionError

    def activate(self, target: Target) -> None:
        self._places = ["focused"]

    def copy(self, text: str) -> None:
        self.typed.append(text)

    def close(self) -> None:
        self.typed.append("closed")


def typist(*ways: Scripted, locked: bool = False) -> Typist:
    return Typist(list(ways), locked=lambda: locked)  # type: ignore[arg-type]


def test_the_first_that_can_types() -> None:
    first, second = Scripted("first", refusal="It can't."), Scripted("second")
    assert typist(first, second).insert("x", PLAIN).handler == "second"
    assert (first.typed, second.typed) == ([], ["x"])
    with pytest.raises(InsertRefused, match="It can't"):
        typist(first).insert("x", PLAIN)


def test_a_wait_ends_when_the_focus_is_back_or_the_target_gone() -> None:
    waits: list[int] = []
    back = Scripted("back", moved=2, places=("elsewhere", "elsewhere", "focused"))
    typist(back).insert("x", PLAIN, when_moved="wait", on_wait=lambda: waits.append(1))
    assert (back.typed, waits) == (["x"], [1])
    with pytest.raises(TargetLost):
        typist(Scripted("gone", moved=1, places=("elsewhere", "gone"))).insert("x", PLAIN, when_moved="wait")


def test_without_a_way_it_is_said_what_to_do() -> None:
    for call in (lambda t: t.target(), lambda t: t.insert("x", PLAIN), lambda t: t.copy("x")):
        with pytest.raises(InsertRefused) as error:
            call(Typist([], locked=lambda: False))
        assert error.value.action


def test_undo_needs_a_way_back() -> None:
    way = Scripted("way")
    with pytest.raises(InsertRefused, match="taken back"):
        typist(way).undo(way.insert("x", PLAIN, None))


def test_the_lock_is_looked_at_before_anything_is_typed() -> None:
    way = Scripted("way")
    with pytest.raises(InsertRefused, match="locked"):
        typist(way, locked=True).insert("x", PLAIN)
    assert way.typed == []
    assert main.ScreenLock().is_locked() in (True, False)
