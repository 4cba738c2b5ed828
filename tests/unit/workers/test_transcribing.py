"""Files that become conversations: the window with its real controller, threads and history; the fake engine hears."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineCrashed
from assistant.core.events import Transcript
from assistant.core.media import Clip
from assistant.core.prompt import Options
from assistant.engine.base import Emit
from assistant.engine.fake import FakeEngine
from assistant.history.models import Message
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.settings.store import SettingsStore
from assistant.ui.conversation.suggestions import Suggestions
from assistant.ui.main_window import MainWindow
from assistant.workers.controller import Controller
from assistant.workers.inference import Inference
from assistant.workers.parts import Parts
from tests.helpers.windows import a_screen, history, light, settings_store
from tests.unit.audio import speech

__all__ = ["history", "light", "settings_store"]

WAIT = 20_000
"""Milliseconds until a wait fails; far above what anything here takes."""


class Hearing(FakeEngine):
    """The fake engine, whose ears can be made slow or fail."""

    def __init__(self) -> None:
        super().__init__(tokens_per_second=0)
        self.heard = 0
        self.seconds = 0.0
        self.crash_at = -1

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        if self.heard == self.crash_at:
            raise EngineCrashed("The engine ended in the middle of its work.", action="Try again.")
        self.heard += 1
        cancel.wait(self.seconds)
        return super().transcribe(clip, options, emit, cancel)


@pytest.fixture
def engine() -> Hearing:
    return Hearing()


@pytest.fixture
def shown(
    qtbot: QtBot, light: None, history: History, settings_store: SettingsStore, engine: Hearing, tmp_path: Path
) -> Iterator[MainWindow]:
    def no_microphone(*_: object) -> object:
        raise AssertionError("nobody records here")

    parts = Parts(
        Inference(engine),
        history,
        tmp_path / "recordings",
        no_microphone,  # type: ignore[arg-type]
        lambda _: a_screen(),
        None,
        lambda _: engine,
    )
    controller = Controller(parts, Settings())
    controller.start()
    window = MainWindow(controller, history, settings_store)
    qtbot.addWidget(window)
    window.show()
    yield window
    controller.stop()
    window.shut_down()


def talk(path: Path, times: int) -> Path:
    """A reader's sentence as often, with pauses of 3 s."""
    parts = [part for _ in range(times) for part in (speech.person(1), speech.silence(3))]
    soundfile.write(path, np.concatenate(parts), 16_000, format=path.suffix[1:].upper(), subtype="PCM_16")
    return path


@pytest.fixture
def long(tmp_path: Path) -> Path:
    return talk(tmp_path / "meeting.flac", 12)


def drop(window: MainWindow, *paths: Path) -> None:
    """Drops files in the middle of the window, as a file manager does."""
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    args = (Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, data)
    buttons = (Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier)
    window.parts.dragEnterEvent(QDragEnterEvent(QPoint(400, 300), *args, *buttons))
    event = QDropEvent(QPointF(400, 300), *args, *buttons)
    window.parts.dropEvent(event)
    assert event.dropAction() == Qt.DropAction.CopyAction, "a file manager would delete the file after a move"


def answers(history: History) -> list[Message]:
    found = [each for conversation in history.conversations() for each in history.messages(conversation.id)]
    return sorted((each for each in found if each.role == "assistant"), key=lambda each: each.id)


def ended(history: History, count: int = 1) -> Callable[[], bool]:
    return lambda: [each.state != "streaming" for each in answers(history)] == [True] * count


def notices(window: MainWindow) -> list[str]:
    return [bar.text for bar in window.parts.bars.bars]


def buttons_of(window: MainWindow) -> dict[str, QPushButton]:
    (row,) = [each for each in window.conversation.findChildren(Suggestions) if each.isVisibleTo(window)]
    return {button.text(): button for button in row.findChildren(QPushButton)}


def test_a_long_recording_becomes_a_conversation_that_is_asked_about(
    qtbot: QtBot, shown: MainWindow, history: History, long: Path
) -> None:
    seen: list[str] = []
    shown.session._controller.transcription.connect(lambda told: seen.append(shown.parts.transcription.text))
    drop(shown, long)
    qtbot.waitUntil(ended(history), timeout=WAIT)
    (transcript,) = answers(history)
    assert transcript.state == "done" and transcript.text.startswith("[0:00] I spoke for")
    assert transcript.text.count("I spoke for") == 12
    qtbot.waitUntil(shown.parts.transcription.isHidden, timeout=WAIT)
    assert any(text.startswith("Transcribing meeting.flac: 0:") and text.endswith("of 1:11") for text in seen)
    assert [view.message.text[:10] for view in shown.conversation.views] == ["Transcribe", "[0:00] I s"]
    offered = buttons_of(shown)
    assert list(offered) == ["Summarise", "In German", "Action items"]
    offered["Summarise"].click()
    qtbot.waitUntil(ended(history, 2), timeout=WAIT)
    assert "Summarise the transcript." in answers(history)[1].text and "2 earlier messages" in answers(history)[1].text
    assert len(history.conversations()) == 1


def test_a_short_recording_and_a_picture_are_attached(
    qtbot: QtBot, shown: MainWindow, history: History, tmp_path: Path
) -> None:
    from assistant.screen.pictures import save_png

    save_png(a_screen(40, 30), tmp_path / "a.png")
    drop(shown, talk(tmp_path / "short.wav", 1), tmp_path / "a.png")
    attached = shown.parts.composer.attachments
    qtbot.waitUntil(lambda: attached.clip is not None and len(attached.pictures) == 1, timeout=WAIT)
    assert history.conversations() == []


def test_several_recordings_and_folders_are_one_conversation_each(
    qtbot: QtBot, shown: MainWindow, history: History, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    talk(folder / "a.wav", 1)
    video = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5")
    film = ["ffmpeg", "-loglevel", "error", *video, "-i", folder / "a.wav", "-shortest", folder / "b.mp4"]
    subprocess.run(film, check=True)
    drop(shown, folder)
    qtbot.waitUntil(ended(history, 2), timeout=WAIT)
    qtbot.waitUntil(shown.parts.transcription.isHidden, timeout=WAIT)
    assert {each.title for each in history.conversations()} == {"a.wav", "b.mp4"}
    assert [each.state for each in answers(history)] == ["done", "done"]
    opened = history.conversation(shown.conversation.conversation)
    assert opened is not None and opened.title == "a.wav"


def test_cancel_keeps_what_is_written_and_forgets_what_waits(
    qtbot: QtBot, shown: MainWindow, history: History, engine: Hearing, long: Path, tmp_path: Path
) -> None:
    engine.seconds = 0.05
    engine_is_at = lambda count: lambda: engine.heard >= count  # noqa: E731
    drop(shown, long, talk(tmp_path / "other.wav", 1))
    qtbot.waitUntil(engine_is_at(4), timeout=WAIT)
    (cancel,) = shown.parts.transcription.findChildren(QPushButton)
    cancel.click()
    qtbot.waitUntil(shown.parts.transcription.isHidden, timeout=WAIT)
    (stopped,) = answers(history)
    assert stopped.state == "cancelled" and 1 <= stopped.text.count("I spoke") < 12
    assert "Summarise" in buttons_of(shown), "what there is can be asked about"


def test_a_question_comes_between_two_pieces(
    qtbot: QtBot, shown: MainWindow, history: History, engine: Hearing, long: Path
) -> None:
    engine.seconds = 0.1
    controller = shown.session._controller
    drop(shown, long)
    qtbot.waitUntil(lambda: engine.heard >= 2, timeout=WAIT)
    controller.new_conversation()
    with qtbot.waitSignal(controller.turn_closed, timeout=WAIT):
        controller.ask("What is a monad?")
    assert engine.heard < 12 and answers(history)[0].state == "streaming"
    qtbot.waitUntil(ended(history, 2), timeout=WAIT)
    assert answers(history)[0].text.count("I spoke") == 12


def test_asked_too_early_the_answer_says_what_it_does_not_know(
    qtbot: QtBot, shown: MainWindow, history: History, engine: Hearing, long: Path
) -> None:
    engine.seconds = 0.1
    drop(shown, long)
    qtbot.waitUntil(lambda: engine.heard >= 1, timeout=WAIT)
    shown.session._controller.ask("What did they say?")
    assert any("still being written" in text for text in notices(shown))
    qtbot.waitUntil(ended(history, 2), timeout=WAIT)


def test_an_engine_that_dies_leaves_what_it_heard_and_the_file_is_tried_again(
    qtbot: QtBot, shown: MainWindow, history: History, engine: Hearing, long: Path
) -> None:
    engine.crash_at = 5
    drop(shown, long)
    qtbot.waitUntil(ended(history), timeout=WAIT)
    (broken,) = answers(history)
    assert broken.state == "interrupted" and broken.text.count("I spoke") == 5
    qtbot.waitUntil(lambda: any("ended in the middle" in text for text in notices(shown)), timeout=WAIT)
    engine.crash_at = -1
    shown.session._controller.retry(broken.id)
    qtbot.waitUntil(ended(history, 2), timeout=WAIT)
    assert [each.state for each in answers(history)] == ["interrupted", "done"]
    assert answers(history)[0].text == broken.text


BAD = {
    "empty.wav": (b"", "is empty"),
    "noise.mp3": (os.urandom(4_000), "damaged, cut off, or no sound file"),
    "words.odt": (b"words " * 40, "neither a picture nor a recording"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_file_that_can_not_be_used_leaves_a_notice_and_nothing_else(
    qtbot: QtBot, shown: MainWindow, history: History, tmp_path: Path, name: str
) -> None:
    data, words = BAD[name]
    (tmp_path / name).write_bytes(data)
    drop(shown, tmp_path / name)
    qtbot.waitUntil(lambda: any(words in text for text in notices(shown)), timeout=WAIT)
    assert history.conversations() == [] and shown.parts.transcription.isHidden()


def test_a_film_without_sound_stops_no_other(qtbot: QtBot, shown: MainWindow, history: History, tmp_path: Path) -> None:
    video = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-t", "1")
    subprocess.run(["ffmpeg", "-loglevel", "error", *video, tmp_path / "mute.mp4"], check=True)
    drop(shown, tmp_path / "mute.mp4", talk(tmp_path / "after.wav", 1))
    qtbot.waitUntil(ended(history), timeout=WAIT)
    qtbot.waitUntil(lambda: any("mute.mp4 holds no sound" in text for text in notices(shown)), timeout=WAIT)
    assert answers(history)[0].text.startswith("[0:00] I spoke")


def test_of_a_cut_off_file_what_can_be_read_is_kept_and_said(
    qtbot: QtBot, shown: MainWindow, history: History, tmp_path: Path
) -> None:
    whole = talk(tmp_path / "whole.wav", 14)
    (tmp_path / "cut.wav").write_bytes(whole.read_bytes()[: 30 * 32_000])
    drop(shown, tmp_path / "cut.wav")
    qtbot.waitUntil(ended(history), timeout=WAIT)
    text = answers(history)[0].text
    assert "I spoke" in text and "*Note: cut.wav is cut off: of" in text


def test_quitting_in_the_middle_keeps_what_is_written(
    qtbot: QtBot, shown: MainWindow, history: History, engine: Hearing, long: Path
) -> None:
    engine.seconds = 0.1
    drop(shown, long)
    qtbot.waitUntil(lambda: engine.heard >= 3, timeout=WAIT)
    shown.session._controller.stop()
    (kept,) = answers(history)
    assert kept.state in ("cancelled", "streaming") and "I spoke" in kept.text


def test_what_becomes_of_a_file_is_said_while_it_is_dragged(shown: MainWindow, long: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(long))])
    event = QDragEnterEvent(
        QPoint(400, 300), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    shown.parts.dragEnterEvent(event)
    told = shown.parts._told
    assert event.isAccepted() and told.isVisible() and "60 s" in told.text()
    text = QMimeData()
    text.setText("words")
    told.hide()
    shown.parts.dragEnterEvent(
        QDragEnterEvent(
            QPoint(4, 3), Qt.DropAction.CopyAction, text, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )
    assert not told.isVisible()
