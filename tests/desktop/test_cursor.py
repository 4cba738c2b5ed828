"""The field that has the focus, as real GTK and Qt programs tell it: what stands before the cursor, and passwords."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.bench.targets import wait_until
from assistant.bench.xvfb import XServer, end
from assistant.core.errors import InsertRefused
from assistant.desktop.cursor.main import CursorReader
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Target
from assistant.dictation import rules
from assistant.dictation.models import Context, TextRules

pytestmark = pytest.mark.desktop

_PATIENT = 3.0
"""Seconds for a look where the machine is busy; the limit itself is tested by programs that don't answer."""
_FORM = """
import sys
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget
app = QApplication(["form"])
form = QWidget()
form.setWindowTitle("Form")
text, secret = QPlainTextEdit(), QLineEdit()
text.setTabChangesFocus(True)
secret.setEchoMode(QLineEdit.EchoMode.Password)
rows = QVBoxLayout(form)
rows.addWidget(text)
rows.addWidget(secret)
form.show()
app.exec()
"""


@pytest.fixture(scope="module")
def bus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """A session bus that starts what belongs to accessibility."""
    runtime = tmp_path_factory.mktemp("run")
    runtime.chmod(0o700)
    env = {"XDG_RUNTIME_DIR": str(runtime), "XDG_CACHE_HOME": str(runtime)}
    line = ("dbus-daemon", "--session", "--nofork", "--print-address")
    quiet = subprocess.DEVNULL
    daemon = subprocess.Popen(line, env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=quiet)
    assert daemon.stdout is not None
    address = daemon.stdout.readline().decode().strip()
    yield {**env, "DBUS_SESSION_BUS_ADDRESS": address}
    end(daemon)
    daemon.stdout.close()


@pytest.fixture
def session(display: XServer, bus: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """This process and what it starts in one session, with accessibility at work."""
    for name in ("NO_AT_BRIDGE", "AT_SPI_BUS_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in bus.items():
        monkeypatch.setenv(name, value)
    return {**display.env, **bus, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"}


@pytest.fixture
def typist(session: dict[str, str]) -> Iterator[Typist]:
    made = Typist(locked=lambda: False, cursor=CursorReader(seconds=_PATIENT))
    yield made
    made.close()


@pytest.fixture
def mousepad(display: XServer, session: dict[str, str], tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    file = tmp_path / "note.txt"
    file.write_text("One two. Three four", encoding="utf-8")
    own = {"XDG_CONFIG_HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "GSETTINGS_BACKEND": "memory"}
    quiet = subprocess.DEVNULL
    line = ("mousepad", "--disable-server", str(file))
    program = subprocess.Popen(line, env={**session, **own}, stdout=quiet, stderr=quiet)
    _focus(display, "note.txt")
    yield program
    end(program)


@pytest.fixture
def form(display: XServer, session: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    program = subprocess.Popen((sys.executable, "-c", _FORM), env=session, stderr=subprocess.DEVNULL)
    _focus(display, "Form")
    yield program
    end(program)


def _focus(server: XServer, title: str) -> None:
    server.run("xdotool", "search", "--sync", "--onlyvisible", "--name", title, "windowactivate", "--sync")


def _press(server: XServer, *keys: str) -> None:
    server.run("xdotool", "key", "--delay", "20", *keys)


def _pinned(typist: Typist) -> Target:
    target = typist.target()
    assert target is not None
    return target


def _told(typist: Typist, before: str | None) -> Target:
    """The target once the program tells this; a program needs a moment for keys, and to get onto the bus."""
    wait_until(lambda: _pinned(typist).before == before, "what stands before the cursor")
    return _pinned(typist)


def _typed(words: str, target: Target) -> str:
    return rules.apply(words, TextRules(), Context(before=target.before, kind=target.kind))


def test_a_gtk_editor_tells_where_the_sentence_stands(
    mousepad: subprocess.Popen[bytes], display: XServer, typist: Typist
) -> None:
    _press(display, "ctrl+Home")
    assert _typed("the end.", _told(typist, "")) == "The end. "
    _press(display, "ctrl+Right", "ctrl+Right")
    assert _typed("The end", _told(typist, "One two")) == " the end "
    _press(display, "ctrl+End")
    assert _typed("and so on", _told(typist, "One two. Three four")) == " and so on "
    _press(display, "ctrl+a")
    assert _typed("and so on", _told(typist, "")) == "And so on "


def test_a_qt_form_tells_its_text_and_its_password_field(
    form: subprocess.Popen[bytes], display: XServer, typist: Typist
) -> None:
    _told(typist, "")
    display.run("xdotool", "type", "Dear Bob, " + "x" * 210)
    assert _told(typist, "x" * 200).is_password is False
    _press(display, "Tab")
    wait_until(lambda: _pinned(typist).is_password, "the password field")
    target = _pinned(typist)
    assert target.before is None
    with pytest.raises(InsertRefused, match="password"):
        typist.insert("hunter2", target)


def test_a_focus_that_went_to_the_password_field_of_the_same_window_is_seen(
    form: subprocess.Popen[bytes], display: XServer, typist: Typist
) -> None:
    target = _told(typist, "")
    _press(display, "Tab")
    wait_until(lambda: _pinned(typist).is_password, "the password field")
    with pytest.raises(InsertRefused, match="password"):
        typist.insert("my notes", target)


def test_another_program_s_field_is_not_taken_for_the_target_s(
    mousepad: subprocess.Popen[bytes], typist: Typist
) -> None:
    _told(typist, "")
    reader = CursorReader(seconds=_PATIENT)
    assert reader.read(mousepad.pid).before == ""
    assert reader.read(os.getpid()).before is None
    assert reader.read(0).before == ""


def test_a_program_that_hangs_costs_no_more_than_the_limit(
    mousepad: subprocess.Popen[bytes], display: XServer, typist: Typist
) -> None:
    _told(typist, "")
    mousepad.send_signal(19)
    try:
        began = time.monotonic()
        assert CursorReader().read(mousepad.pid).before is None
        assert time.monotonic() - began < _PATIENT
    finally:
        mousepad.send_signal(18)


def test_without_a_bus_nothing_is_known(session: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    assert CursorReader().read(0) == CursorReader().read(os.getpid())
    assert CursorReader().read(0).before is None


def test_the_text_is_in_no_description_of_a_target() -> None:
    target = replace(Target("1", "", "editor"), before="dear diary")
    assert "diary" not in repr(target)
    assert "diary" not in repr(CursorReader().read(0))
