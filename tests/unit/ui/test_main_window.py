"""The window as a whole: what the user does reaches the controller, what it says is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QApplication, QLabel, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from assistant.flows.drafts import Draft
from assistant.history.store import History
from assistant.settings.store import SettingsStore
from assistant.ui.bars import Bar
from assistant.ui.buttons import TextButton
from assistant.ui.conversation.picture_window import PictureWindow
from assistant.ui.main_window import MainWindow
from assistant.ui.skeleton import Skeleton
from assistant.ui.tray import Tray
from tests.helpers.scripted_controller import ScriptedController
from tests.helpers.windows import a_screen, ask


def press(bar: Bar, label: str) -> None:
    next(button for button in bar.findChildren(TextButton) if button.text() == label).click()


def calls(controller: ScriptedController, name: str) -> list[tuple[Any, ...]]:
    return [call[1:] for call in controller.calls if call[0] == name]


def test_an_outline_first(qtbot: QtBot, light: None) -> None:
    window = MainWindow()
    qtbot.addWidget(window)
    window.show()
    assert isinstance(window.centralWidget(), Skeleton)
    window.shut_down()


def test_starts_with_the_ways_to_ask(qtbot: QtBot, window: MainWindow, controller: ScriptedController) -> None:
    empty = window.parts.empty
    assert empty.isVisible()
    assert {"Ctrl+Alt+Space", "Enter", "Ctrl+Shift+S"} <= {label.text() for label in empty.findChildren(QLabel)}
    qtbot.mousePress(empty._speak.button, Qt.MouseButton.LeftButton)
    assert calls(controller, "press") == [()]
    qtbot.mouseRelease(empty._speak.button, Qt.MouseButton.LeftButton)
    assert calls(controller, "release") == [()]


def test_a_typed_question_reaches_the_controller(
    qtbot: QtBot, window: MainWindow, controller: ScriptedController
) -> None:
    qtbot.keyClicks(window.parts.composer.editor, "Why?")
    qtbot.keyClick(window.parts.composer.editor, Qt.Key.Key_Return)
    assert calls(controller, "ask") == [("Why?", (), None)]
    controller.go("thinking")
    window.parts.composer._send.click()
    assert calls(controller, "cancel") == [()]


def test_opening_a_conversation_shows_it(window: MainWindow, history: History, controller: ScriptedController) -> None:
    conversation = ask(history, "What is it?", "A test.")
    controller.history_changed.emit()
    window.parts.history.opened.emit(conversation)
    assert window.conversation.isVisible() and len(window.conversation.views) == 2
    controller.new_conversation()
    assert window.parts.empty.isVisible()


def test_deleting_can_be_undone(
    qtbot: QtBot, window: MainWindow, history: History, controller: ScriptedController
) -> None:
    conversation = ask(history, "Precious?")
    controller.open_conversation(conversation)
    window.parts.history.removed.emit(conversation, "Precious?")
    assert history.conversations() == [] and window.parts.empty.isVisible()
    (bar,) = window.parts.bars.bars
    assert bar.text == "“Precious?” was deleted." and bar._timer.interval() == 10_000
    press(bar, "Undo")
    assert [each.id for each in history.conversations()] == [conversation]
    assert window.parts.bars.bars == []


def test_pinning(qtbot: QtBot, window: MainWindow, history: History) -> None:
    conversation = ask(history, "Keep?")
    window.parts.history.pinned.emit(conversation, True)
    qtbot.waitUntil(lambda: [row.heading for row in window.parts.history.model.rows[:1]] == ["Pinned"])


def test_an_answer_can_be_deleted(
    qtbot: QtBot, window: MainWindow, history: History, controller: ScriptedController
) -> None:
    controller.open_conversation(ask(history, "Why?", "Because."))
    answer = window.conversation.views[-1].message.id
    window.conversation.delete_requested.emit(answer)
    qtbot.waitUntil(lambda: len(window.conversation.views) == 1)
    assert history.message(answer) is None


@pytest.mark.parametrize(
    ("action", "label"), [("retry", "Try again"), ("settings", "Settings"), ("models", "Engine settings"), ("", None)]
)
def test_notices_have_one_action_that_works(
    qtbot: QtBot, window: MainWindow, history: History, controller: ScriptedController, action: str, label: str | None
) -> None:
    controller.open_conversation(ask(history, "Why?", "Bec", state="failed"))
    controller.notice.emit("Something happened.", action)
    (bar,) = window.parts.bars.bars
    buttons = [button.text() for button in bar.findChildren(TextButton)]
    assert buttons == ([label] if label else [])
    if label:
        press(bar, label)
    if action == "retry":
        assert calls(controller, "retry") == [(window.conversation.views[-1].message.id,)]
    elif label:
        shown = window.session._settings_window
        assert shown is not None and shown.isVisible()


def test_the_same_notice_stands_there_once(window: MainWindow, controller: ScriptedController) -> None:
    for text in ("one", "two", "two", "three", "four"):
        controller.notice.emit(text, "")
    assert [bar.text for bar in window.parts.bars.bars] == ["two", "three", "four"]


def test_recordings_of_a_crash_are_offered(window: MainWindow, controller: ScriptedController) -> None:
    drafts = [Draft(Path("a"), 0.0, 1, 12.2), Draft(Path("b"), 3600.0, 0, 3.0)]
    controller.recovered.emit(drafts)
    first, second = window.parts.bars.bars
    assert first.text.startswith("12 s of speech")
    press(first, "Ask it now")
    press(second, "Discard")
    assert calls(controller, "ask_recovered") == [(drafts[0],)]
    assert calls(controller, "discard_recovered") == [(drafts[1],)]


def test_nothing_said_keeps_the_screen_in_the_composer(window: MainWindow, controller: ScriptedController) -> None:
    screen = a_screen()
    controller.nothing_heard.emit((screen,))
    assert window.parts.composer.attachments.pictures == (screen,)
    assert "nothing was sent" in window.parts.bars.bars[0].text


def test_a_screenshot_is_taken_without_the_window(
    qtbot: QtBot, window: MainWindow, controller: ScriptedController
) -> None:
    window.parts.composer.screenshot_requested.emit("all")
    assert not window.isVisible()
    qtbot.waitUntil(lambda: calls(controller, "take_screenshot") == [("all",)])
    controller.composer_picture.emit(a_screen())
    assert window.isVisible() and len(window.parts.composer.attachments.pictures) == 1


def test_the_window_comes_back_when_there_is_no_screenshot(
    qtbot: QtBot, window: MainWindow, controller: ScriptedController
) -> None:
    window.parts.empty.screenshot_requested.emit()
    controller.notice.emit("No way to take the screen here.", "")
    assert window.isVisible() and not calls(controller, "take_screenshot")


def test_links_open_in_the_browser_and_nothing_else_does(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toString()))
    window.conversation.link_clicked.emit("https://example.org/")
    window.conversation.link_clicked.emit("file:///etc/passwd")
    assert opened == ["https://example.org/"]


def test_what_the_model_saw(qtbot: QtBot, window: MainWindow, history: History, controller: ScriptedController) -> None:
    conversation = ask(history, "What is this?")
    asked = history.messages(conversation)[0].id
    history.attach_picture(asked, a_screen(800, 600), "screen")
    history.update(asked, screen_text="Invoice 17")
    controller.open_conversation(conversation)
    message = history.message(asked)
    assert message is not None
    window.conversation.picture_opened.emit(message.attachments[0], message)
    shown = window.findChild(PictureWindow)
    assert shown.windowTitle() == "Screen 1: what the model saw"
    qtbot.waitUntil(lambda: not shown._picture.pixmap().isNull())
    assert shown._size.text() == "800 × 600"
    assert "Invoice 17" in [edit.toPlainText() for edit in shown.findChildren(QPlainTextEdit)]
    shown.findChildren(QPushButton)[0].click()
    assert shown._picture.pixmap().width() == 800
    shown.close()


def test_shortcuts(qtbot: QtBot, window: MainWindow, history: History, controller: ScriptedController) -> None:
    controller.open_conversation(ask(history, "Old?"))
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    assert window.parts.history.search.hasFocus()
    qtbot.keyClick(window.parts.history.search, Qt.Key.Key_Escape)
    assert window.parts.composer.editor.hasFocus()
    qtbot.keyClick(window.parts.composer.editor, Qt.Key.Key_Escape)
    assert calls(controller, "cancel") == [()]
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert controller.conversation == 0


def test_closing_hides_or_quits(qtbot: QtBot, window: MainWindow) -> None:
    window.hides_on_close = True
    with qtbot.assertNotEmitted(window.quit_requested, wait=50):
        window.close()
    assert not window.isVisible()
    window.show_and_raise()
    window.hides_on_close = False
    with qtbot.waitSignal(window.quit_requested):
        window.close()


def test_without_a_tray_closing_quits(window: MainWindow, controller: ScriptedController) -> None:
    tray = Tray(controller, window)
    assert not tray.is_shown and not window.hides_on_close
    assert [action.text() for action in tray.menu.actions()] == [
        "Ask hands-free", "Dictate hands-free", "Paste last dictation again", "Undo last dictation",
        "Dictation history", "Show Hearsight", "New conversation", "Quit",
    ]  # fmt: skip
    for action in tray.menu.actions()[:4]:
        action.trigger()
    assert calls(controller, "tap") == [("ask",), ("dictate",)]
    assert calls(controller, "dictating.paste_again") == calls(controller, "dictating.undo") == [()]


def test_remembers_its_place(
    qtbot: QtBot, light: None, controller: ScriptedController, history: History, tmp_path: Path
) -> None:
    def opened() -> MainWindow:
        window = MainWindow(controller, history, SettingsStore(tmp_path / "s.json"), state_file=tmp_path / "w.json")
        qtbot.addWidget(window)
        window.show()
        return window

    first = opened()
    first.resize(780, 540)
    first.parts.splitter.setSizes([250, 530])
    qtbot.wait(10)
    kept = first.parts.splitter.sizes()
    first.close()
    first.shut_down()
    second = opened()
    assert (second.width(), second.height()) == (780, 540)
    assert second.parts.splitter.sizes() == kept
    second.shut_down()


@pytest.mark.parametrize("damaged", ["", "{", "[]", '{"geometry": 5}', '{"geometry": "zz", "splitter": "zz"}'])
def test_a_damaged_place_is_no_problem(qtbot: QtBot, light: None, tmp_path: Path, damaged: str) -> None:
    (tmp_path / "w.json").write_text(damaged)
    window = MainWindow(state_file=tmp_path / "w.json")
    qtbot.addWidget(window)
    assert (window.width(), window.height()) == (1100, 720)


def test_works_at_its_smallest(
    qtbot: QtBot, window: MainWindow, history: History, controller: ScriptedController
) -> None:
    controller.open_conversation(ask(history, "word " * 300, "answer " * 300))
    window.resize(1, 1)
    qtbot.waitUntil(lambda: (window.width(), window.height()) == (760, 520))
    qtbot.waitUntil(lambda: window.conversation.views[0].width() <= window.conversation.width())
    editor = window.parts.composer.editor
    assert editor.isVisible() and editor.width() > 300


def test_every_control_has_a_name_and_a_place_in_the_tab_order(window: MainWindow) -> None:
    controls = [each for each in window.findChildren(QWidget) if each.focusPolicy() & Qt.FocusPolicy.TabFocus]
    visible = [each for each in controls if each.isVisible() and type(each).__module__.startswith("assistant")]
    assert len(visible) >= 10
    for each in visible:
        assert each.accessibleName() or getattr(each, "text", str)(), each
    assert window.parts.history.search.accessibleName()


def test_a_theme_is_applied_at_once(qapp: QApplication, window: MainWindow, controller: ScriptedController) -> None:
    window.settings.change("general", "theme", "dark")
    try:
        assert qapp.palette().window().color().name() == "#191918"
        assert calls(controller, "apply_settings")[-1][0].general.theme == "dark"
    finally:
        window.settings.change("general", "theme", "light")
    assert qapp.palette().window().color().name() == "#fafaf8"
