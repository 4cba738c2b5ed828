"""Pictures of dictation in both themes, for people to look at (`artefacts/ui/`), and what each has to show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.dictation.models import Replacement, Snippet, TextRules, Word
from assistant.flows.drafts import Draft
from assistant.history.store import History
from assistant.ui.buttons import TextButton
from assistant.ui.dictations.window import DictationsWindow
from assistant.ui.hud.hud import Hud
from assistant.ui.main_window import MainWindow
from assistant.workers.dictation_tools import Unplaced
from assistant.workers.dictation_turn import Ended
from tests.desktop.test_ui_states import Keep, keep, look
from tests.helpers.scripted_controller import ScriptedController
from tests.helpers.windows import controller, history, light, settings_store, window

__all__ = ["controller", "history", "keep", "light", "look", "settings_store", "window"]


def test_hud_while_dictating(qtbot: QtBot, keep: Keep, controller: ScriptedController) -> None:
    hud = Hud(controller)
    qtbot.addWidget(hud)
    controller.job = "dictate"
    controller.go("arming")
    controller.go("listening")
    for number in range(40):
        controller.level.emit(0.01 + 0.2 * abs((number % 12) - 6) / 6)
    controller.dictated.emit("Dear Anna, the <b>new</b> plan", " is on your desk & mine")
    keep(hud, "hud-dictating")
    assert "the <b>new</b> plan is on your desk & mine" in hud.body.text
    assert "Let go to type it" in hud.body.text
    controller.go("thinking")
    assert "Transcribing" in hud.body.text
    controller.dictation_unplaced.emit(
        Unplaced(7, "Another window has the focus, so nothing was typed.", "Letter to Anna – Mousepad", True)
    )
    controller.go("idle")
    keep(hud, "hud-where")
    assert hud.body.choices.labels == ["Go back to “Letter to Anna –…”", "Insert here", "Copy", "Keep"]
    hud.body.choices.click(0)
    assert controller.calls[-1] == ("dictating.place", 7, "back")
    assert not hud.isVisible()
    hud.shut_down()


def test_a_question_that_nobody_answers_keeps_the_text(
    qtbot: QtBot, light: None, controller: ScriptedController
) -> None:
    hud = Hud(controller)
    qtbot.addWidget(hud)
    controller.dictation_unplaced.emit(Unplaced(7, "The window is closed.", "", False))
    assert hud.body.choices.labels == ["Insert here", "Copy", "Keep"]
    controller.go("arming")
    assert controller.calls == [("dictating.place", 7, "keep")]
    controller.dictation_ended.emit(Ended(0))
    hud.shut_down()


@pytest.mark.parametrize("empty", [False, True])
def test_dictation_history(
    qtbot: QtBot, keep: Keep, history: History, controller: ScriptedController, window: MainWindow, empty: bool
) -> None:
    if not empty:
        store = history.dictations
        store.add("Call the bank about the invoice. ", state="kept", error="The screen is locked.", seconds=3.0)
        one = store.add(
            "Dear Anna,\nthe meeting is at nine. ", state="typed", program="Mousepad", seconds=4.2,
            model="Qwen2.5-Coder 1.5B + Whisper base", language="en",
        )  # fmt: skip
        store.attach_audio(one, [np.sin(np.arange(64_000) / 20).astype(np.float32) * 0.3])
    shown = DictationsWindow(controller, history.dictations, window.background, lambda _clip, _cancel: None, window)
    shown.show()
    qtbot.waitUntil(lambda: shown.list.count() == (0 if empty else 2))
    qtbot.wait(200)
    keep(shown, f"dictations{'-empty' if empty else ''}")
    if empty:
        assert "Ctrl+Alt+D" in shown._empty.text()
        return
    assert shown.detail.text.toPlainText().startswith("Dear Anna,")
    shown.detail._copy.click()
    shown.detail._again.click()
    assert controller.calls == [
        ("dictating.copy", "Dear Anna,\nthe meeting is at nine. "),
        ("dictating.retry", one, "", ""),
    ]
    shown.detail._delete.click()
    assert shown.list.count() == 1
    shown.close()
    assert controller.calls[-1] == ("dictating.delete", one)


def test_rules_are_tried_as_they_are_changed(
    qtbot: QtBot, keep: Keep, window: MainWindow, controller: ScriptedController
) -> None:
    controller.dictating.rules = TextRules(
        words=(Word(text="Kowalski", sounds_like=("covalsky",)),),
        replacements=(Replacement(heard="hear sight", typed="Hearsight"),),
        snippets=(Snippet(say="my address", text="1 Main Street\nSpringfield"),),
    )
    window.show_settings("rules")
    dialog = window.session._settings_window
    assert dialog is not None
    page = dialog.pages["rules"]
    page.preview.said.setText("covalsky uses hear sight comma new line my address")
    qtbot.waitUntil(lambda: "Kowalski uses Hearsight," in page.preview.typed.text())
    assert "1 Main Street" in page.preview.typed.text()
    dialog.resize(780, 900)
    keep(dialog, "rules-filled")
    page.replacements.show_rows([("", "nothing is heard")])
    page.replacements.changed.emit()
    assert "Replacements, row 1" in page._refusal.text()
    page.replacements.show_rows([("hear sight", "HEARSIGHT")])
    page.replacements.changed.emit()
    qtbot.waitUntil(lambda: bool(controller.calls) and controller.calls[-1][0] == "dictating.save_rules")
    saved = controller.calls[-1][1]
    assert saved.replacements[0].typed == "HEARSIGHT"
    assert saved.profiles == controller.dictating.rules.profiles
    assert QApplication.activeModalWidget() is None


def test_what_a_crash_left_behind_is_offered(
    keep: Keep, window: MainWindow, history: History, controller: ScriptedController, tmp_path: Path
) -> None:
    sound = Draft(tmp_path, 1_763_900_000.0, 0, 12.0, "dictate")
    text = history.dictations.get(history.dictations.add("Dear Anna", state="waiting"))
    assert text is not None
    controller.dictations_recovered.emit([sound], [text])
    first, second = window.parts.bars.bars
    assert first.text.startswith("12 s of dictation") and "was not typed" in second.text
    window.resize(900, 560)
    keep(window, "dictations-recovered")
    for bar, label in ((first, "Recognise and copy"), (second, "Copy")):
        next(button for button in bar.findChildren(TextButton) if button.text() == label).click()
    assert controller.calls[-2:] == [
        ("dictating.recognise_recovered", sound),
        ("dictating.settle_recovered", text, True),
    ]
