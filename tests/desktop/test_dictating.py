"""Dictation in this process: real microphone, real windows, real clipboard and history; the fake engine recognises."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from assistant.bench.pulse import SoundServer
from assistant.bench.targets import Editor, focus
from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineCrashed
from assistant.core.events import Transcript
from assistant.core.media import Clip
from assistant.core.prompt import Options
from assistant.desktop.typing.main import Typist, handlers
from assistant.engine.base import Emit
from assistant.engine.fake import FakeEngine
from assistant.history.dictations import Dictation
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.settings.paths import Paths
from assistant.workers.controller import Controller
from assistant.workers.dictation_tools import Unplaced
from tests.desktop.test_controller import SECONDS, SPEECH, Build, build, history
from tests.helpers.display import XServer
from tests.helpers.targets import clipboard

__all__ = ["build", "history"]

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]


class Dictated(QObject):
    """Keeps what the dictation says."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.notices: list[str] = []
        self.ended: list[object] = []
        self.unplaced: list[Unplaced] = []
        self.live: list[tuple[str, str]] = []
        self.waits: list[bool] = []
        dictating = controller.dictating
        controller.notice.connect(lambda text, _action: self.notices.append(text))
        dictating.ended.connect(self.ended.append)
        dictating.unplaced.connect(self.unplaced.append)
        dictating.typing.connect(self.waits.append)
        dictating.live.connect(lambda sure, unsure: self.live.append((sure, unsure)))


@pytest.fixture
def editor(display: XServer) -> Iterator[Editor]:
    with Editor(display.env) as program:
        focus(display, program)
        yield program


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of speech: every second costs all tests here one."""
    path = tmp_path_factory.mktemp("speech") / "words.wav"
    samples, rate = soundfile.read(SPEECH)
    soundfile.write(path, samples[: 2 * rate], rate)
    return path


def speak(controller: Controller, sound: SoundServer, qtbot: QtBot, words: Path) -> None:
    """Holds the dictation key and speaks; the key stays down."""
    controller.press("dictate")
    qtbot.waitUntil(lambda: controller.state == "listening", timeout=SECONDS)
    player = sound.play(words)
    qtbot.waitUntil(lambda: player.poll() is not None, timeout=SECONDS)


def only(history: History) -> Dictation:
    [dictation] = history.dictations.latest()
    return dictation


def is_kept(history: History, count: int = 1) -> bool:
    """Whether all dictations have their recordings, and no folder is left."""
    found = history.dictations.latest()
    return len(found) == count and all(d.audio for d in found) and not list(Paths.of_user().recordings.iterdir())


def test_what_is_said_is_in_the_window_that_had_the_focus(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, told = build()
    dictated = Dictated(controller)
    speak(controller, microphone, qtbot, words)
    qtbot.waitUntil(lambda: bool(dictated.live), timeout=SECONDS)
    controller.release("dictate")
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    typed = only(history)
    assert typed.state == "typed" and typed.text.startswith("I spoke for")
    editor.wait_for(typed.text)
    assert told.states == ["arming", "listening", "thinking", "idle"]
    assert {"tail", "rules", "insertion"} <= set(typed.timings)
    assert history.conversations() == []
    qtbot.waitUntil(lambda: is_kept(history), timeout=SECONDS)
    controller.dictating.paste_again()
    editor.wait_for(typed.text * 2)
    qtbot.waitUntil(lambda: controller.dictating._undoable is not None, timeout=SECONDS)
    controller.dictating.undo()
    editor.wait_for(typed.text)


def test_two_dictations_back_to_back_arrive_in_order(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build(Slow())
    dictated = Dictated(controller)
    for _ in range(2):
        speak(controller, microphone, qtbot, words)
        controller.release("dictate")
    qtbot.waitUntil(lambda: len(dictated.ended) == 2, timeout=SECONDS)
    second, first = history.dictations.latest()
    assert (first.state, second.state) == ("typed", "typed")
    editor.wait_for(first.text + second.text)
    qtbot.waitUntil(lambda: is_kept(history, 2), timeout=SECONDS)
    assert controller.state == "idle"


class Slow(FakeEngine):
    """Takes a second for each piece."""

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        cancel.wait(1.0)
        return super().transcribe(clip, options, emit, cancel)


def test_where_the_focus_moved_the_user_chooses(
    build: Build, microphone: SoundServer, history: History, editor: Editor, display: XServer, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build()
    dictated = Dictated(controller)
    with Editor(display.env, "Elsewhere") as other:
        speak(controller, microphone, qtbot, words)
        focus(display, other)
        controller.release("dictate")
        qtbot.waitUntil(lambda: len(dictated.unplaced) == 1, timeout=SECONDS)
        asked = dictated.unplaced[0]
        assert (asked.title, asked.can_go_back) == (editor.title, True)
        assert (editor.text(), other.text(), controller.state) == ("", "", "idle")
        assert only(history).state == "waiting"
        controller.dictating.place(asked.id, "back")
        editor.wait_for(only(history).text)
        assert other.text() == ""
    qtbot.waitUntil(lambda: only(history).state == "typed", timeout=SECONDS)


def test_waiting_for_the_window_is_a_choice(
    build: Build, microphone: SoundServer, history: History, editor: Editor, display: XServer, qtbot: QtBot, words: Path
) -> None:
    settings = Settings()
    settings.dictation.when_moved = "wait"
    controller, _ = build(settings=settings)
    dictated = Dictated(controller)
    with Editor(display.env, "Elsewhere") as other:
        speak(controller, microphone, qtbot, words)
        focus(display, other)
        controller.release("dictate")
        qtbot.waitUntil(lambda: True in dictated.waits, timeout=SECONDS)
        focus(display, editor)
        qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
        editor.wait_for(only(history).text)
        assert other.text() == ""


def test_a_window_that_was_closed_gets_nothing_and_the_text_is_kept(
    build: Build, microphone: SoundServer, history: History, editor: Editor, display: XServer, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build()
    dictated = Dictated(controller)
    with Editor(display.env, "Closing") as closing:
        focus(display, closing)
        speak(controller, microphone, qtbot, words)
    focus(display, editor)
    controller.release("dictate")
    qtbot.waitUntil(lambda: len(dictated.unplaced) == 1, timeout=SECONDS)
    assert not dictated.unplaced[0].can_go_back
    assert editor.text() == ""
    controller.dictating.place(dictated.unplaced[0].id, "copy")
    qtbot.waitUntil(lambda: clipboard(display).decode() == only(history).text, timeout=SECONDS)
    assert only(history).state == "kept"


def test_a_window_that_is_busy_for_five_seconds_gets_it_then(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build()
    dictated = Dictated(controller)
    speak(controller, microphone, qtbot, words)
    editor.process.send_signal(signal.SIGSTOP)
    controller.release("dictate")
    qtbot.wait(5000)
    editor.process.send_signal(signal.SIGCONT)
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    editor.wait_for(only(history).text)


def test_a_locked_screen_is_not_typed_into(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build()
    controller.parts.typist = Typist(handlers(), locked=lambda: True)
    dictated = Dictated(controller)
    speak(controller, microphone, qtbot, words)
    controller.release("dictate")
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    assert "locked" in dictated.notices[-1]
    assert (only(history).state, editor.text()) == ("kept", "")


def test_silence_and_taps_type_nothing_and_keep_nothing(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot
) -> None:
    controller, _ = build()
    dictated = Dictated(controller)
    controller.press("dictate")
    controller.cancel()
    controller.release("dictate")
    qtbot.wait(100)
    controller.press("dictate")
    qtbot.wait(500)
    controller.release("dictate")
    qtbot.waitUntil(lambda: len(dictated.ended) == 2, timeout=SECONDS)
    qtbot.waitUntil(lambda: not list(Paths.of_user().recordings.iterdir()), timeout=SECONDS)
    assert (history.dictations.latest(), editor.text(), controller.state) == ([], "", "idle")


class LostRelease:
    """A key that is up, though nobody said so."""

    def is_held(self, name: str) -> bool:
        return name != "dictate"

    def grab_escape(self, on_escape: object) -> bool:
        return True

    def release_escape(self) -> None:
        pass


def test_a_release_that_was_lost_is_seen_by_the_keys_real_state(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build()
    dictated = Dictated(controller)
    speak(controller, microphone, qtbot, words)
    controller.parts.hotkeys = LostRelease()  # type: ignore[assignment]
    controller._by_hotkey = True
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    editor.wait_for(only(history).text)
    assert controller.state == "idle"


def test_a_key_that_comes_up_before_the_first_buffer_ends_well(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot
) -> None:
    controller, told = build()
    dictated = Dictated(controller)
    controller._coordinator.tap_seconds = 0.0
    for _ in range(3):
        controller.press("dictate")
        controller.press("dictate")
        controller.release("dictate")
        qtbot.waitUntil(lambda: controller.state == "idle", timeout=SECONDS)
        qtbot.wait(50)
    qtbot.waitUntil(lambda: len(dictated.ended) == 3, timeout=SECONDS)
    assert (history.dictations.latest(), editor.text()) == ([], "")
    assert "listening" not in told.states[-2:]


def test_a_tap_goes_hands_free_until_the_silence_that_was_chosen(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    settings = Settings()
    settings.dictation.silence_seconds = 1.0
    controller, told = build(settings=settings)
    dictated = Dictated(controller)
    controller.tap("dictate")
    assert controller.state == "latched"
    qtbot.wait(300)
    microphone.play(words, wait=True)
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    editor.wait_for(only(history).text)
    assert told.states[-1] == "idle"


@pytest.mark.parametrize("how", ["cancel", "sleep", "microphone"])
def test_what_was_said_before_it_was_broken_off_is_kept_and_not_typed(
    how: str, build: Build, fragile_microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build()
    dictated = Dictated(controller)
    speak(controller, fragile_microphone, qtbot, words)
    if how == "cancel":
        controller.cancel()
    elif how == "sleep":
        controller.slept.emit()
    else:
        fragile_microphone.unload_source()
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    assert (only(history).state, editor.text(), controller.state) == ("kept", "", "idle")
    controller.release("dictate")
    if how == "microphone":
        fragile_microphone.load_source()
        speak(controller, fragile_microphone, qtbot, words)
        controller.release("dictate")
        qtbot.waitUntil(lambda: len(dictated.ended) == 2, timeout=SECONDS)
        editor.wait_for(history.dictations.latest()[0].text)


def test_a_restarted_sound_server_costs_only_the_dictation_under_way(
    build: Build, fragile_microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build()
    dictated = Dictated(controller)
    speak(controller, fragile_microphone, qtbot, words)
    fragile_microphone.restart()
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    controller.release("dictate")
    assert only(history).state == "kept"
    speak(controller, fragile_microphone, qtbot, words)
    controller.release("dictate")
    qtbot.waitUntil(lambda: len(dictated.ended) == 2, timeout=SECONDS)
    editor.wait_for(history.dictations.latest()[0].text)


def test_a_question_typed_meanwhile_leaves_the_dictation_to_its_window(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, told = build(Slow())
    dictated = Dictated(controller)
    speak(controller, microphone, qtbot, words)
    controller.release("dictate")
    controller.ask("What is this?", (), None)
    qtbot.waitUntil(lambda: told.closed == ["done"], timeout=SECONDS)
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    editor.wait_for(only(history).text)
    assert controller.state == "idle"


class Deaf(FakeEngine):
    """Dies at each piece."""

    def transcribe(self, *given: object) -> Transcript:
        raise EngineCrashed("The engine ended in the middle of its work.", action="Try again.")


def test_what_an_engine_could_not_understand_is_heard_again_by_another(
    build: Build, microphone: SoundServer, history: History, editor: Editor, qtbot: QtBot, words: Path
) -> None:
    controller, _ = build(Deaf())
    dictated = Dictated(controller)
    speak(controller, microphone, qtbot, words)
    controller.release("dictate")
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    failed = only(history)
    assert (failed.state, failed.text, "ended" in failed.error) == ("failed", "", True)
    assert dictated.notices
    qtbot.waitUntil(lambda: is_kept(history), timeout=SECONDS)
    controller.parts.inference.replace(FakeEngine())
    controller.dictating.retry(failed.id, "", "")
    qtbot.waitUntil(lambda: only(history).text.startswith("I spoke"), timeout=SECONDS)
    assert (only(history).state, only(history).error) == ("kept", "")
    controller.dictating.delete(failed.id)
    qtbot.waitUntil(lambda: history.dictations.latest() == [], timeout=SECONDS)
