"""Text goes into real windows: whole, into the right one, and never with a key that is still held."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.targets import Editor, focus, wait_for_text, wait_until, xterm
from assistant.bench.xvfb import XServer
from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import FocusMoved, InsertRefused, TargetLost
from assistant.desktop.hotkeys.handlers.x11 import X11Hotkeys
from assistant.desktop.typing.handlers import x11_session
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Inserted, Target
from tests.helpers.display import give_focus, keys_down, keys_up
from tests.helpers.targets import clipboard, copy

pytestmark = pytest.mark.desktop

TEXT = "Grüße, 世界 👩‍👩‍👧‍👦!"


@pytest.fixture
def typist(display: XServer) -> Iterator[Typist]:
    made = Typist(locked=lambda: False)
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared_editor(x_server: XServer) -> Iterator[Editor]:
    with Editor(x_server.env) as editor:
        focus(x_server, editor)
        yield editor


@pytest.fixture
def editor(display: XServer, shared_editor: Editor) -> Editor:
    focus(display, shared_editor)
    shared_editor.clear()
    return shared_editor


def pinned(typist: Typist) -> Target:
    target = typist.target()
    assert target is not None
    return target


class Insertion(threading.Thread):
    """An insertion that goes on while the test does something else."""

    def __init__(self, typist: Typist, text: str, target: Target, **options: object) -> None:
        super().__init__(daemon=True)
        self._work = lambda: typist.insert(text, target, **options)  # type: ignore[arg-type]
        self.inserted: Inserted | None = None
        self.error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self.inserted = self._work()
        except BaseException as error:
            self.error = error

    def result(self) -> Inserted:
        self.join(30)
        if self.error is not None:
            raise self.error
        assert self.inserted is not None
        return self.inserted


def test_a_text_arrives_with_a_receipt(typist: Typist, editor: Editor) -> None:
    target = pinned(typist)
    assert (target.title, target.program, target.kind) == ("Editor", "hearsight-editor", "plain")
    assert target.pid == editor.process.pid
    inserted = typist.insert(TEXT, target)
    editor.wait_for(TEXT)
    assert (inserted.receipt, inserted.characters, inserted.notices) == (True, len(TEXT), ())
    assert inserted.seconds["total"] >= inserted.seconds["read"] > 0


def test_two_insertions_back_to_back_keep_their_order(typist: Typist, editor: Editor, display: XServer) -> None:
    copy(display, "the user's own")
    target = pinned(typist)
    for part in ("one ", "two ", "three "):
        typist.insert(part, target)
    editor.wait_for("one two three ")
    wait_until(lambda: clipboard(display) == b"the user's own", "the user's clipboard")


def test_undo_takes_the_last_text_back_and_only_that(typist: Typist, editor: Editor) -> None:
    target = pinned(typist)
    typist.insert("kept ", target)
    last = typist.insert("taken back", target)
    editor.wait_for("kept taken back")
    typist.undo(last)
    editor.wait_for("kept ")


def test_a_closed_target_is_lost(typist: Typist, display: XServer, editor: Editor) -> None:
    with Editor(display.env, "Short-lived") as other:
        focus(display, other)
        target = pinned(typist)
    focus(display, editor)
    for choice in ("ask", "wait"):
        with pytest.raises(TargetLost):
            typist.insert(TEXT, target, when_moved=choice)  # type: ignore[arg-type]
    assert editor.text() == ""


def test_no_window_no_text(typist: Typist) -> None:
    with pytest.raises(TargetLost):
        typist.insert(TEXT, None)


def test_another_focus_is_told_and_gets_nothing(typist: Typist, display: XServer, editor: Editor) -> None:
    target = pinned(typist)
    with Editor(display.env, "Intruder") as intruder:
        focus(display, intruder)
        with pytest.raises(FocusMoved):
            typist.insert(TEXT, target)
        waits = threading.Event()
        insertion = Insertion(typist, TEXT, target, when_moved="wait", on_wait=waits.set)
        assert waits.wait(5)
        time.sleep(0.3)
        assert (editor.text(), intruder.text()) == ("", "")
        focus(display, editor)
        assert insertion.result().receipt
        editor.wait_for(TEXT)
        assert intruder.text() == ""


def test_the_target_can_be_brought_back(typist: Typist, display: XServer, editor: Editor) -> None:
    target = pinned(typist)
    with Editor(display.env, "Intruder") as intruder:
        focus(display, intruder)
        assert typist.bring_back(target)
        typist.insert(TEXT, target)
        editor.wait_for(TEXT)
        assert intruder.text() == ""


def test_a_wait_can_be_cancelled(typist: Typist, display: XServer, editor: Editor) -> None:
    target, token = pinned(typist), CancelToken()
    with Editor(display.env, "Intruder") as intruder:
        focus(display, intruder)
        insertion = Insertion(typist, TEXT, target, when_moved="wait", on_wait=token.set, cancel=token)
        with pytest.raises(Cancelled):
            insertion.result()
        focus(display, editor)
        time.sleep(0.2)
        assert (editor.text(), intruder.text()) == ("", "")


@pytest.mark.parametrize("held", ["ctrl", "shift", "alt", "super"])
def test_a_held_modifier_is_waited_for(held: str, typist: Typist, display: XServer, editor: Editor) -> None:
    target = pinned(typist)
    keys_down(display, held)
    try:
        insertion = Insertion(typist, TEXT, target)
        time.sleep(0.3)
        assert insertion.is_alive()
        assert editor.text() == ""
    finally:
        keys_up(display, held)
    assert insertion.result().receipt
    editor.wait_for(TEXT)


def test_a_stuck_modifier_is_let_go(
    typist: Typist, display: XServer, editor: Editor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(x11_session, "_HANDS_SECONDS", 0.3)
    target = pinned(typist)
    keys_down(display, "shift", "ctrl")
    try:
        assert typist.insert(TEXT, target).receipt
        editor.wait_for(TEXT)
    finally:
        keys_up(display, "shift", "ctrl")


def test_a_key_that_somebody_grabs_is_waited_for(typist: Typist, display: XServer, editor: Editor) -> None:
    """The dictation key itself, held for the next dictation: what is typed meanwhile would go to whoever grabs it."""
    hotkeys = X11Hotkeys()
    target = pinned(typist)
    hotkeys.start({"dictate": "F9"}, lambda _: None)
    try:
        keys_down(display, "F9")
        wait_until(lambda: hotkeys.is_held("dictate"), "the key")
        insertion = Insertion(typist, TEXT, target)
        time.sleep(0.3)
        assert insertion.is_alive()
        keys_up(display, "F9")
        assert insertion.result().receipt
    finally:
        keys_up(display, "F9")
        hotkeys.stop()
    editor.wait_for(TEXT)


def test_another_layout_pastes_all_the_same(typist: Typist, display: XServer, editor: Editor) -> None:
    display.run("setxkbmap", "ru")
    try:
        typist.insert(TEXT, pinned(typist))
        editor.wait_for(TEXT)
    finally:
        display.run("setxkbmap", "us")


def test_a_target_that_is_busy_for_5_seconds_gets_all_of_it(typist: Typist, display: XServer, editor: Editor) -> None:
    copy(display, "the user's own")
    target = pinned(typist)
    editor.process.send_signal(signal.SIGSTOP)
    try:
        insertion = Insertion(typist, TEXT, target)
        time.sleep(5)
        assert insertion.is_alive()
        assert clipboard(display).decode() == TEXT
    finally:
        editor.process.send_signal(signal.SIGCONT)
    assert insertion.result().receipt
    editor.wait_for(TEXT)
    wait_until(lambda: clipboard(display) == b"the user's own", "the user's clipboard")


def test_a_locked_screen_gets_nothing(display: XServer, editor: Editor) -> None:
    typist = Typist(locked=lambda: True)
    try:
        with pytest.raises(InsertRefused, match="locked"):
            typist.insert(TEXT, pinned(typist))
        assert editor.text() == ""
    finally:
        typist.close()


@pytest.mark.parametrize("text", ["rm -rf x\n", "\x1b[31mred", "a\x00b", "bell\x07", "c1\x9b2J", "half \ud83d"])
def test_a_terminal_never_gets_a_line_break_or_a_control_character(
    text: str, typist: Typist, display: XServer, tmp_path: Path
) -> None:
    with xterm(display, tmp_path) as terminal:
        focus(display, terminal)
        target = pinned(typist)
        assert target.kind == "terminal"
        with pytest.raises(InsertRefused):
            typist.insert(text, target)
        typist.insert("ls -l 'ä' $HOME", target)
        assert wait_for_text(terminal, "ls -l 'ä' $HOME")


def test_a_terminal_gets_its_text_by_the_primary_selection_which_comes_back(
    typist: Typist, display: XServer, tmp_path: Path
) -> None:
    copy(display, "copied")
    copy(display, "marked", "primary")
    with xterm(display, tmp_path) as terminal:
        focus(display, terminal)
        inserted = typist.insert(TEXT, pinned(typist))
        assert inserted.receipt
        assert wait_for_text(terminal, TEXT)
        wait_until(lambda: clipboard(display, selection="primary") == b"marked", "the primary selection")
        assert clipboard(display) == b"copied"
        with pytest.raises(InsertRefused):
            typist.undo(inserted)


def test_a_password_prompt_in_a_terminal_is_refused(typist: Typist, display: XServer) -> None:
    prompt = display.spawn("xterm", "-title", "Prompt", "-e", "sh", "-c", "stty -echo; cat")
    try:
        give_focus(display, "^Prompt$")
        wait_until(lambda: pinned(typist).is_password, "the prompt")
        with pytest.raises(InsertRefused, match="password"):
            typist.insert("secret", pinned(typist))
    finally:
        prompt.terminate()
        prompt.wait()
