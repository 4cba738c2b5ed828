"""Typing under a real wlroots compositor without a screen."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.sway import Sway
from assistant.bench.targets import Editor, foot, logged_in, wait_for_text, wait_until
from assistant.core.errors import FocusMoved, InsertRefused, NotRead, TargetLost
from assistant.desktop.typing.handlers.wlroots import Wlroots
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Target

pytestmark = pytest.mark.desktop

TEXT = "Grüße, 世界 👩‍👩‍👧‍👦!\n\tשלום"


@pytest.fixture(scope="module")
def sway() -> Iterator[Sway]:
    with Sway() as compositor, compositor.keyboard():
        yield compositor


@pytest.fixture(autouse=True)
def session(sway: Sway) -> Iterator[None]:
    """The test runs on sway, as if it had been logged in there."""
    with logged_in(sway.env):
        yield


@pytest.fixture(scope="module")
def shared_editor(sway: Sway) -> Iterator[Editor]:
    with Editor(sway.env) as editor:
        sway.wait_for_focus("Editor")
        yield editor


@pytest.fixture
def editor(sway: Sway, shared_editor: Editor) -> Editor:
    sway.give_focus("Editor")
    shared_editor.clear()
    return shared_editor


@pytest.fixture
def typist(sway: Sway) -> Iterator[Typist]:
    made = Typist(locked=lambda: False)
    yield made
    made.close()


def pinned(typist: Typist) -> Target:
    target = typist.target()
    assert target is not None
    return target


def clipboard(sway: Sway, mime: str = "text/plain") -> bytes:
    line = ("wl-paste", "-n", "-t", mime)
    return subprocess.run(line, env=sway.env, capture_output=True, check=False, timeout=20).stdout


def copy(sway: Sway, data: bytes, mime: str = "text/plain") -> None:
    subprocess.run(("wl-copy", "-t", mime), env=sway.env, input=data, check=True)


def test_a_text_arrives_and_the_users_clipboard_comes_back(sway: Sway, typist: Typist, editor: Editor) -> None:
    image = os.urandom(5_000_000)
    copy(sway, image, "image/png")
    target = pinned(typist)
    assert (target.title, target.program, target.pid) == ("Editor", "hearsight-editor", editor.process.pid)
    assert typist.insert(TEXT, target).receipt
    editor.wait_for(TEXT)
    wait_until(lambda: clipboard(sway, "image/png") == image, "the user's clipboard")


def test_undo(typist: Typist, editor: Editor) -> None:
    target = pinned(typist)
    typist.insert("kept ", target)
    editor.wait_for("kept ")
    last = typist.insert("taken back", target)
    editor.wait_for("kept taken back")
    typist.undo(last)
    editor.wait_for("kept ")


def test_a_terminal_gets_its_text_and_never_a_line_break(sway: Sway, typist: Typist, tmp_path: Path) -> None:
    with foot(sway.env, tmp_path) as terminal:
        sway.wait_for_focus(terminal.title)
        target = pinned(typist)
        assert target.kind == "terminal"
        with pytest.raises(InsertRefused):
            typist.insert("rm -rf x\n", target)
        typist.insert("ls 'ä' 👩‍👧", target)
        assert wait_for_text(terminal, "ls 'ä' 👩‍👧")


def test_another_focus_gets_nothing(sway: Sway, typist: Typist, editor: Editor) -> None:
    target = pinned(typist)
    with Editor(sway.env, "Intruder") as intruder:
        sway.wait_for_focus("Intruder")
        with pytest.raises(FocusMoved):
            typist.insert(TEXT, target)
        other = pinned(typist)
        assert typist.bring_back(target)
        typist.insert(TEXT, target)
        editor.wait_for(TEXT)
        assert intruder.text() == ""
    with pytest.raises(TargetLost):
        typist.insert(TEXT, other)


def test_a_text_that_is_not_read_stays_in_the_clipboard(sway: Sway, editor: Editor) -> None:
    impatient = Typist([Wlroots(read_seconds=0.5)], locked=lambda: False)
    try:
        target = pinned(impatient)
        editor.process.send_signal(signal.SIGSTOP)
        with pytest.raises(NotRead):
            impatient.insert(TEXT, target)
        assert clipboard(sway).decode() == TEXT
    finally:
        editor.process.send_signal(signal.SIGCONT)
        impatient.close()


def test_the_users_clipboard_outlives_hearsight(sway: Sway, editor: Editor) -> None:
    copy(sway, b"the user's own")
    typist = Typist(locked=lambda: False)
    typist.insert(TEXT, pinned(typist))
    typist.close()
    assert clipboard(sway) == b"the user's own"
    copy(sway, b"something else")
    assert clipboard(sway) == b"something else"
