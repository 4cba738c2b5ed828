"""A real X server, windows on it, and a hand that presses its keys."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from assistant.bench.xvfb import XServer, end

_SECONDS = 15.0
_LABEL = """
import sys
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel
title, text, x, y, width, height = sys.argv[1:7]
app = QApplication([title])
label = QLabel(text)
label.setTextFormat(Qt.TextFormat.PlainText)
label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
label.setStyleSheet("background: white; color: black; font-size: 18px; padding: 12px")
label.setWordWrap(True)
label.setWindowTitle(title)
label.setGeometry(int(x), int(y), int(width), int(height))
label.show()
app.exec()
"""


@pytest.fixture(scope="session")
def x_server() -> Iterator[XServer]:
    """One X server of 1920×1080 with openbox, for all tests of the session."""
    with XServer(1920, 1080) as server:
        yield server


@pytest.fixture
def display(x_server: XServer, monkeypatch: pytest.MonkeyPatch) -> XServer:
    """The test runs on `x_server`, as if it had been logged in there."""
    use_display(x_server, monkeypatch)
    return x_server


def use_display(server: XServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", server.display)
    for name in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XAUTHORITY"):
        monkeypatch.delenv(name, raising=False)


def keys_down(server: XServer, *keys: str) -> None:
    """Presses keys for real (XTest) and leaves them down; names as xdotool takes them."""
    server.run("xdotool", "keydown", *keys)


def keys_up(server: XServer, *keys: str) -> None:
    server.run("xdotool", "keyup", *keys)


def tap(server: XServer, keys: str) -> None:
    """Presses and lets go, as in "ctrl+alt+space"."""
    server.run("xdotool", "key", "--delay", "0", keys)


def move_pointer(server: XServer, x: int, y: int) -> None:
    server.run("xdotool", "mousemove", "--sync", str(x), str(y))


@contextmanager
def window_with_text(
    server: XServer, text: str, *, title: str = "Notes", x: int = 100, y: int = 100, width: int = 900, height: int = 400
) -> Iterator[None]:
    """A real window that shows `text`, in front and with the focus."""
    place = (str(x), str(y), str(width), str(height))
    with _program(server, title, sys.executable, "-c", _LABEL, title, text, *place):
        yield


@contextmanager
def typing_into(server: XServer, file: Path, *, title: str = "Typing") -> Iterator[None]:
    """A terminal with the focus that writes every byte that is typed into it to `file`."""
    shell = f"stty raw -echo; cat > '{file}'"
    with _program(server, title, "xterm", "-title", title, "-geometry", "60x10+50+600", "-e", "sh", "-c", shell):
        wait_until(file.exists)
        yield


def give_focus(server: XServer, title: str) -> None:
    """xdotool fails where a window closes or isn't mapped yet while it looks: it is asked again."""
    line = ("xdotool", "search", "--sync", "--onlyvisible", "--name", title, "windowfocus", "--sync")

    def given() -> bool:
        return subprocess.run(line, env=server.env, capture_output=True, timeout=_SECONDS, check=False).returncode == 0

    wait_until(given)


@contextmanager
def _program(server: XServer, title: str, *command: str) -> Iterator[None]:
    process = server.spawn(*command)
    try:
        give_focus(server, f"^{title}$")
        yield
    finally:
        end(process)


def wait_until(true: Callable[[], bool], seconds: float = _SECONDS) -> None:
    """Waits for something that another process does.

    Raises:
        AssertionError: it didn't happen in time.
    """
    last = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < last, "it didn't happen in time"
        time.sleep(0.01)
