"""Writing a question: keys, attachments, the microphone, Stop."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from assistant.audio.files import write_wav
from assistant.screen.pictures import save_png
from assistant.ui.composer.composer import Composer
from assistant.ui.composer.microphone import MicrophoneButton
from assistant.workers.background import Background
from tests.helpers.windows import a_clip, a_screen


@pytest.fixture
def composer(qtbot: QtBot, background: Background) -> Composer:
    made = Composer(background)
    qtbot.addWidget(made)
    made.resize(600, 120)
    made.show()
    return made


def test_enter_sends_and_shift_enter_breaks(qtbot: QtBot, composer: Composer) -> None:
    qtbot.keyClicks(composer.editor, "one")
    qtbot.keyClick(composer.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    qtbot.keyClicks(composer.editor, "two")
    with qtbot.waitSignal(composer.asked) as asked:
        qtbot.keyClick(composer.editor, Qt.Key.Key_Return)
    assert asked.args == ["one\ntwo", (), None]
    assert composer.is_empty


def test_nothing_is_sent_when_there_is_nothing(qtbot: QtBot, composer: Composer) -> None:
    qtbot.keyClicks(composer.editor, "   ")
    with qtbot.assertNotEmitted(composer.asked):
        qtbot.keyClick(composer.editor, Qt.Key.Key_Return)
    assert not composer._send.isEnabled()


def test_grows_to_eight_lines(qtbot: QtBot, composer: Composer) -> None:
    one = composer.editor.height()
    composer.editor.setPlainText("\n".join("12345678"))
    eight = composer.editor.height()
    composer.editor.setPlainText("\n".join("1234567890"))
    assert one < eight == composer.editor.height()
    assert eight >= 8 * composer.editor.fontMetrics().lineSpacing()


def test_files_become_attachments(qtbot: QtBot, composer: Composer, tmp_path: Path) -> None:
    save_png(a_screen(), tmp_path / "a.png")
    write_wav(tmp_path / "b.wav", a_clip(1.0))
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a.png", "b.wav")])
    composer.editor.insertFromMimeData(data)
    qtbot.waitUntil(lambda: len(composer.attachments.pictures) == 1 and composer.attachments.clip is not None)
    composer.editor.setPlainText("What are these?")
    with qtbot.waitSignal(composer.asked) as asked:
        composer.submit()
    text, pictures, clip = asked.args
    assert text == "What are these?" and pictures[0].width == 640 and clip.seconds == pytest.approx(1.0, abs=0.01)
    assert not composer.attachments.isVisible()


@pytest.mark.parametrize("name", ["notes.docx", "missing.png", "broken.jpg"])
def test_what_cannot_be_used_is_said(qtbot: QtBot, composer: Composer, tmp_path: Path, name: str) -> None:
    if name != "missing.png":
        (tmp_path / name).write_bytes(b"not what it says")
    with qtbot.waitSignal(composer.failed) as failed:
        composer.attach_files([tmp_path / name])
    assert failed.args[0] and "Traceback" not in failed.args[0]
    assert composer.is_empty


def test_a_pasted_picture(qtbot: QtBot, composer: Composer) -> None:
    image = QImage(31, 17, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.red)
    data = QMimeData()
    data.setImageData(image)
    composer.editor.insertFromMimeData(data)
    qtbot.waitUntil(lambda: bool(composer.attachments.pictures))
    picture = composer.attachments.pictures[0]
    assert (picture.width, picture.height) == (31, 17)
    assert picture.pixels[5, 30].tolist() == [255, 0, 0]


def test_attachments_can_be_removed(qtbot: QtBot, composer: Composer) -> None:
    composer.add_picture(a_screen())
    composer.add_clip(a_clip())
    composer.attachments._remove_picture(composer.attachments.pictures[0])
    assert composer.attachments.pictures == () and composer.attachments.isVisible()
    composer.attachments._remove_clip()
    assert composer.is_empty and not composer.attachments.isVisible()


def test_a_captured_screen_comes_first(composer: Composer) -> None:
    image = a_screen(32, 32)
    composer.add_picture(type(image)(image.pixels, "given.png"))
    composer.add_picture(image)
    assert [picture.is_screen for picture in composer.attachments.pictures] == [True, False]


def test_a_picture_alone_wants_a_question(qtbot: QtBot, composer: Composer) -> None:
    composer.add_picture(a_screen())
    with qtbot.assertNotEmitted(composer.asked), qtbot.waitSignal(composer.failed):
        composer.submit()
    assert composer.attachments.pictures


def test_send_is_stop_while_answering(qtbot: QtBot, composer: Composer) -> None:
    composer.set_working(True)
    assert composer._send.accessibleName() == "Stop the answer" and composer._send.isEnabled()
    with qtbot.waitSignal(composer.stop_requested):
        composer._send.click()
    composer.editor.setPlainText("next")
    with qtbot.assertNotEmitted(composer.asked):
        qtbot.keyClick(composer.editor, Qt.Key.Key_Return)
    assert composer.editor.toPlainText() == "next"


def test_the_microphone_records_while_held(qtbot: QtBot, background: Background) -> None:
    button = MicrophoneButton()
    qtbot.addWidget(button)
    heard: list[bool] = []
    button.recording_changed.connect(heard.append)
    qtbot.mousePress(button, Qt.MouseButton.LeftButton)
    assert heard == [True]
    qtbot.wait(350)
    qtbot.mouseRelease(button, Qt.MouseButton.LeftButton)
    assert heard == [True, False]


def test_a_short_press_goes_on_until_the_next(qtbot: QtBot, background: Background) -> None:
    button = MicrophoneButton()
    qtbot.addWidget(button)
    heard: list[bool] = []
    button.recording_changed.connect(heard.append)
    button.click()
    assert heard == [True]
    button.click()
    assert heard == [True, False]


def test_says_listening_only_when_sound_comes(qtbot: QtBot, composer: Composer) -> None:
    composer.microphone.click()
    assert composer._heard.text() == "Opening the microphone…"
    composer.show_level(0.1)
    assert composer._heard.text() == "Listening…"
    composer.on_recorded(a_clip())
    assert composer.attachments.clip is not None


def test_sending_while_recording_asks_when_the_recording_is_there(qtbot: QtBot, composer: Composer) -> None:
    composer.microphone.click()
    composer.submit()
    assert not composer.microphone.recording
    clip = a_clip()
    with qtbot.waitSignal(composer.asked) as asked:
        composer.on_recorded(clip)
    assert asked.args == ["", (), clip]


def test_silence_is_not_attached(qtbot: QtBot, composer: Composer) -> None:
    with qtbot.waitSignal(composer.failed) as failed:
        composer.on_recorded(None)
    assert "Nothing was heard" in failed.args[0] and composer.is_empty
