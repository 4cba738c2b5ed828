"""Which handler takes the screen, as one table over kinds of sessions."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from assistant.core.errors import NoScreen
from assistant.core.geometry import Rect
from assistant.screen.capture import main
from assistant.screen.capture.handlers import mss_systems
from assistant.screen.frames import Frame, Monitor, Target

X11 = {"DISPLAY": ":0"}
WAYLAND = {"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}
TABLE = [
    # system, environment, grim installed, handler or what is said instead
    ("linux", X11, False, "mss on X11"),
    ("linux", X11, True, "mss on X11"),
    ("linux", {"DISPLAY": ":0", "XDG_SESSION_TYPE": "x11"}, False, "mss on X11"),
    ("freebsd14", X11, False, "mss on X11"),
    ("linux", WAYLAND, True, "grim on Wayland"),
    ("linux", WAYLAND, False, "install the program grim"),
    ("linux", {"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, False, "install the program grim"),
    ("linux", {}, True, "no display"),
    ("linux", {"XDG_SESSION_TYPE": "tty"}, True, "no display"),
    ("win32", {}, False, "mss on Windows"),
    ("darwin", {}, False, "mss on macOS"),
]


@pytest.mark.parametrize(("system", "environment", "grim", "expected"), TABLE)
def test_choice(
    system: str, environment: dict[str, str], grim: bool, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", system)
    monkeypatch.setattr(mss_systems, "_macos_allows", lambda: True)
    monkeypatch.setattr("shutil.which", lambda program: "/usr/bin/grim" if grim and program == "grim" else None)
    handlers = (mss_systems.mss_on_x11(), mss_systems.mss_on_windows(), mss_systems.mss_on_macos(), main.Grim())
    try:
        said = main.choose(handlers).name
    except NoScreen as error:
        said = str(error)
        assert error.action
    assert expected in said


@dataclass
class Part:
    """A handler that is what the test says."""

    name: str
    compatible: bool = True
    installed: bool = True

    def is_compatible(self) -> bool:
        return self.compatible

    def is_installed(self) -> bool:
        return self.installed

    def install_instructions(self) -> str:
        return f"install {self.name}"

    def monitors(self) -> list[Monitor]:
        return [Monitor(1, "", Rect(0, 0, 2, 1))]

    def capture(self, _target: Target) -> Frame:
        return Frame(np.zeros((1, 2, 4), np.uint8), self.name)


def test_the_first_that_works_is_taken() -> None:
    handlers = [Part("a", compatible=False), Part("b", installed=False), Part("c"), Part("d")]
    assert main.capture(handlers=handlers).name == "c"


def test_status_says_of_each_why_not() -> None:
    handlers = [Part("a", compatible=False), Part("b", installed=False), Part("c")]
    assert main.status(handlers) == [
        ("a", False, "made for another kind of session"),
        ("b", False, "install b"),
        ("c", True, "screen 1: 2×1"),
    ]


def test_preparing_where_nothing_works_is_silent() -> None:
    main.prepare([Part("a", compatible=False)])


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "assistant.screen.capture.handlers.x11_desktop", None)
    with pytest.raises(NoScreen, match="libxcb"):
        mss_systems.mss_on_x11().monitors()


def test_choosing_loads_nothing_that_grabs() -> None:
    """The window opens without them."""
    script = (
        "import sys, assistant.screen.capture.main as m, assistant.desktop.hotkeys.main as k, assistant.desktop.power\n"
        "k.choose()\n"
        "try: m.choose()\n"
        "except m.NoScreen: pass\n"
        "assert not {'mss', 'xcffib', 'jeepney', 'PySide6'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
