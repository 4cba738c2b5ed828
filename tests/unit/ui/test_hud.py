"""The HUD through a spoken turn."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from assistant.ui.hud.hud import Hud
from assistant.ui.status_line import StatusLine, engine_words, number_words
from assistant.ui.waveform import height_of
from assistant.workers.signals import EngineStatus
from tests.helpers.scripted_controller import ScriptedController
from tests.helpers.windows import a_screen


@pytest.fixture
def hud(qtbot: QtBot, light: None, controller: ScriptedController) -> Iterator[Hud]:
    made = Hud(controller)
    qtbot.addWidget(made)
    yield made
    made.shut_down()


def listening(controller: ScriptedController) -> None:
    controller.about_to_capture.emit()
    controller.go("arming")
    controller.frame_frozen.emit(a_screen())
    controller.go("listening")


def test_nothing_is_on_the_screen_before_it_was_taken(hud: Hud, controller: ScriptedController) -> None:
    controller.about_to_capture.emit()
    controller.go("arming")
    assert not hud.isVisible()
    controller.frame_frozen.emit(a_screen())
    assert hud.isVisible() and hud.body.text == "Getting ready…"


def test_says_listening_from_the_first_buffer_on(qtbot: QtBot, hud: Hud, controller: ScriptedController) -> None:
    listening(controller)
    assert hud.body.text.startswith("Listening… 0:00 · Let go to send")
    assert max(hud.body.wave.heights) == 0
    controller.level.emit(0.1)
    assert hud.body.wave.heights[-1] == pytest.approx(height_of(0.1)) and hud.body.wave.isVisible()
    qtbot.waitUntil(lambda: hud.body.has_thumbnail)


def test_shows_the_transcript_and_its_end_when_it_is_long(hud: Hud, controller: ScriptedController) -> None:
    listening(controller)
    controller.partial.emit("Why does this stop")
    assert "Why does this stop" in hud.body.text
    controller.partial.emit("first " + "and so on " * 60 + "last")
    shown = hud.body.text
    assert shown.startswith("…") and "last" in shown and "first" not in shown
    controller.go("latched")
    assert "Hands-free" in hud.body.text


def test_the_screen_can_be_left_out(qtbot: QtBot, hud: Hud, controller: ScriptedController) -> None:
    listening(controller)
    qtbot.waitUntil(lambda: hud.body.has_thumbnail)
    hud.body._without.click()
    assert controller.calls == [("leave_out_screen",)]
    controller.frame_frozen.emit(None)
    assert not hud.body.has_thumbnail


def test_the_thumbnail_enlarges(qtbot: QtBot, hud: Hud, controller: ScriptedController) -> None:
    listening(controller)
    qtbot.waitUntil(lambda: hud.body.has_thumbnail)
    hud.body._thumbnail.click()
    qtbot.waitUntil(hud._preview.isVisible)
    qtbot.mouseClick(hud._preview, Qt.MouseButton.LeftButton)
    assert not hud._preview.isVisible()


def test_says_what_is_being_done_and_goes_with_the_first_words(hud: Hud, controller: ScriptedController) -> None:
    listening(controller)
    controller.go("thinking")
    controller.stage.emit("reading the screen")
    assert hud.body.text == "Reading the screen…"
    controller.go("answering")
    assert not hud.isVisible()


def test_shows_the_answer_where_the_window_stays_hidden(qtbot: QtBot, hud: Hud, controller: ScriptedController) -> None:
    controller.settings = controller.settings.changed("general", "show_window_on_answer", False)
    listening(controller)
    controller.go("thinking")
    controller.go("answering")
    controller.delta.emit(1, "It is ")
    controller.delta.emit(1, "a test.")
    assert hud.isVisible() and hud.body.text == "It is a test."
    controller.go("idle")
    assert hud.isVisible()
    with qtbot.waitSignal(hud.action_requested) as acted:
        hud.body._button.click()
    assert acted.args == ["show"] and not hud.isVisible()


def test_an_error_has_plain_words_and_one_action(qtbot: QtBot, hud: Hud, controller: ScriptedController) -> None:
    listening(controller)
    controller.notice.emit("The microphone went away.", "settings")
    controller.go("idle")
    assert hud.isVisible() and hud.body.text == "The microphone went away."
    with qtbot.waitSignal(hud.action_requested) as acted:
        hud.body._button.click()
    assert acted.args == ["settings"]


def test_typed_questions_are_none_of_its_business(hud: Hud, controller: ScriptedController) -> None:
    controller.go("thinking")
    controller.stage.emit("thinking")
    controller.notice.emit("Older turns were left out.", "")
    controller.go("answering")
    assert not hud.isVisible()


def test_is_off_the_screen_before_the_next_capture(hud: Hud, controller: ScriptedController) -> None:
    listening(controller)
    assert hud.isVisible()
    controller.about_to_capture.emit()
    assert not hud.isVisible()


def test_nothing_said(hud: Hud, controller: ScriptedController) -> None:
    listening(controller)
    controller.nothing_heard.emit(())
    controller.go("idle")
    assert hud.isVisible() and hud.body.text == "Nothing was said, so nothing was sent."


def test_less_motion(hud: Hud, controller: ScriptedController) -> None:
    hud.body.set_still(True)
    listening(controller)
    controller.level.emit(0.2)
    assert not hud.body.wave.isVisible() and max(hud.body.wave.heights) == 0
    assert hud.body.text.startswith("Listening…")


def test_never_takes_the_focus(hud: Hud) -> None:
    assert hud.testAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
    assert hud.windowFlags() & Qt.WindowType.WindowDoesNotAcceptFocus
    assert hud.windowFlags() & Qt.WindowType.WindowStaysOnTopHint


@pytest.mark.parametrize(("level", "height"), [(0.0, 0.0), (0.003, 0.0), (0.25, 1.0), (0.9, 1.0)])
def test_loudness_to_height(level: float, height: float) -> None:
    assert height_of(level) == height


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (EngineStatus(), "No engine · not loaded"),
        (EngineStatus("light", "Qwen", "CPU", "ready"), "Qwen · CPU · ready"),
        (EngineStatus("light", "Qwen", "CPU", "busy"), "Qwen · CPU · working"),
        (EngineStatus("light", "Qwen", "CPU", "loading", 0.4, "speech"), "Qwen · CPU · loading speech, 40%"),
        (
            EngineStatus("light", "Qwen", "CPU", "error", detail="the model is missing"),
            "Qwen · CPU · the model is missing",
        ),
    ],
)
def test_the_status_line_says_how_the_engine_is(status: EngineStatus, words: str) -> None:
    assert engine_words(status) == words


def test_the_status_line_has_the_last_answers_numbers(qtbot: QtBot, light: None) -> None:
    status = EngineStatus(
        "light", "Qwen", "CPU", "ready", context_used=1204, context_limit=4096, first_token_seconds=1.25,
        tokens_per_second=17.6,
    )  # fmt: skip
    assert number_words(status) == "context 1,204 of 4,096  ·  first word 1.2 s  ·  18 tokens/s"
    line = StatusLine()
    qtbot.addWidget(line)
    line.show_status(status)
    assert "Qwen · CPU · ready" in line.text
    with qtbot.waitSignal(line.clicked):
        line._engine.click()
