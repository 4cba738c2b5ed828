"""Which handler hears global keys, as one table over kinds of sessions."""

from __future__ import annotations

import sys

import pytest

from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys import main
from assistant.desktop.hotkeys.handlers.x11 import X11Hotkeys

TABLE = [
    # system, environment, handler or what is said instead
    ("linux", {"DISPLAY": ":0"}, "XGrabKey on X11"),
    ("linux", {"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11"}, "XGrabKey on X11"),
    ("linux", {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "hearsight trigger --bindings"),
    ("linux", {"DISPLAY": ":0", "XDG_SESSION_TYPE": "wayland"}, "the key toggles"),
    ("linux", {}, "microphone button"),
    ("win32", {}, "RegisterHotKey on Windows"),
    ("darwin", {}, "pyobjc-framework-Quartz"),
]


@pytest.mark.parametrize(("system", "environment", "expected"), TABLE)
def test_choice(system: str, environment: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", system)
    handler, reason = main.choose()
    works, said = main.available()
    assert (handler is None) == (not works) == bool(reason)
    assert expected in said


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(X11Hotkeys, "is_compatible", lambda _: True)
    monkeypatch.setattr(X11Hotkeys, "is_installed", lambda _: False)
    handler, reason = main.choose()
    assert handler is None
    assert "xcffib" in reason


def test_a_handler_that_was_never_started_is_harmless() -> None:
    handler = X11Hotkeys()
    handler.stop()
    handler.release_escape()
    assert not handler.grab_escape(lambda: None)
    assert not handler.is_held("ask")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "assistant.desktop.hotkeys.handlers.x11_loop", None)
    with pytest.raises(HearsightError, match="libxcb"):
        X11Hotkeys().start({"ask": "F9"}, lambda _: None)
