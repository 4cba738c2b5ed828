"""The settings window: each control changes its value at once, and nothing that isn't there is offered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QCheckBox, QFileDialog, QWidget
from pytestqt.qtbot import QtBot

from assistant.core.errors import NoMicrophone
from assistant.models.phi4.install import note
from assistant.settings.models import Settings
from assistant.settings.store import SettingsStore
from assistant.ui.choice import Choice
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.engine_page import EnginePage
from assistant.ui.settings.folder_field import FolderField
from assistant.ui.settings.key_field import KeyField
from assistant.ui.settings.number_field import NumberField
from assistant.ui.settings.window import SettingsWindow
from assistant.workers.background import Background
from assistant.workers.downloads import Downloads
from assistant.workers.signals import EngineStatus
from tests.helpers.phi4_checkpoint import small_config, write_checkpoint
from tests.helpers.scripted_controller import ScriptedController


@pytest.fixture
def editor(settings_store: SettingsStore, background: Background) -> SettingsEditor:
    return SettingsEditor(Settings(), settings_store, background)


@pytest.fixture
def window(
    qtbot: QtBot, controller: ScriptedController, editor: SettingsEditor, background: Background
) -> Iterator[SettingsWindow]:
    shown = SettingsWindow(controller, editor, background)
    qtbot.addWidget(shown)
    yield shown
    shown.close()


def control(window: QWidget, name: str) -> Any:
    return next(
        each
        for kind in (QCheckBox, Choice, NumberField, KeyField)
        for each in window.findChildren(kind)
        if name in (each.accessibleName(), getattr(getattr(each, "_spin", None), "accessibleName", str)())
    )


def test_each_kind_of_control_changes_its_value(window: SettingsWindow, editor: SettingsEditor) -> None:
    control(window, "Keep running when closed").click()
    assert editor.settings.general.close_to_tray is False
    theme = control(window, "Theme")
    theme.setCurrentIndex(2)
    theme.activated.emit(2)
    assert editor.settings.general.theme == "dark"
    size = control(window, "Font size")
    size._more.click()
    assert editor.settings.general.font_size == 14 and size._spin.text() == "14 px"
    control(window, "Silence that sends")._less.click()
    assert editor.settings.voice.silence_seconds == 1.0


def test_every_setting_is_there_with_its_value(window: SettingsWindow) -> None:
    """What can be chosen in the file can be chosen in the window."""
    fields = sum(len(type(section).model_fields) for section in vars(Settings()).values())
    kinds = (QCheckBox, Choice, NumberField, KeyField, FolderField)
    rules = sum(len(window.pages["rules"].findChildren(kind)) for kind in kinds)  # they have a file of their own
    assert sum(len(window.findChildren(kind)) for kind in kinds) - rules == fields
    window.show()
    for number in window.findChildren(NumberField):
        editor = number._spin.lineEdit()
        assert editor.text() and editor.width() > editor.fontMetrics().horizontalAdvance(editor.text())


def test_changes_are_saved(
    qtbot: QtBot, window: SettingsWindow, editor: SettingsEditor, settings_store: SettingsStore
) -> None:
    editor.change("screen", "characters", 6000)
    qtbot.waitUntil(lambda: settings_store.load().screen.characters == 6000)


def test_what_waits_is_saved_at_the_end(editor: SettingsEditor, settings_store: SettingsStore) -> None:
    editor.change("privacy", "offline", True)
    editor.flush()
    assert settings_store.load().privacy.offline is True


def test_pages_open_by_name_and_by_click(window: SettingsWindow) -> None:
    for name, page in window.pages.items():
        window.show_page(name)
        assert page.isVisible()
    window._buttons.button(0).click()
    assert window.pages["general"].isVisible()


def test_the_key_is_taken_as_it_is_pressed(qtbot: QtBot, window: SettingsWindow, editor: SettingsEditor) -> None:
    window.show_page("shortcuts")
    field = control(window, "Ask")
    field.setFocus()
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyPress(field, Qt.Key.Key_F9, both)
    assert editor.settings.shortcuts.ask == "Ctrl+Shift+F9" == field.text()


def test_a_key_that_is_needed_for_typing_is_refused(
    qtbot: QtBot, window: SettingsWindow, editor: SettingsEditor
) -> None:
    field = control(window, "Ask")
    with qtbot.waitSignal(field.refused) as refused:
        qtbot.keyPress(field, Qt.Key.Key_A)
    assert "needed for typing" in refused.args[0]
    assert editor.settings.shortcuts.ask == "Ctrl+Alt+Space" == field.text()


def test_the_fake_engine_is_not_offered(window: SettingsWindow) -> None:
    choice = control(window, "Engine")
    assert [choice.itemData(at) for at in range(choice.count())] == ["auto", "phi4", "light"]


def test_the_big_model_has_its_own_choices(qtbot: QtBot, window: SettingsWindow, editor: SettingsEditor) -> None:
    window.show_page("engine")
    tiles = control(window, "Phi-4 pictures")
    tiles.setCurrentIndex(1)
    tiles.activated.emit(1)
    assert editor.settings.engine.max_tiles == 36
    precision = control(window, "Phi-4 precision")
    precision.setCurrentIndex(3)
    precision.activated.emit(3)
    assert editor.settings.engine.precision == "int4"
    control(window, "Phi-4 writes down first").click()
    assert editor.settings.engine.hear_first is True


def test_the_big_models_folder_can_be_named_and_taken_back(window: SettingsWindow, editor: SettingsEditor) -> None:
    window.show_page("engine")
    field = window.pages["engine"].findChild(FolderField)
    assert field.button.text() == "The fetched one"
    field.button.click()
    dialog = field.findChild(QFileDialog)
    dialog.fileSelected.emit("/models/phi4")
    dialog.close()
    assert editor.settings.engine.phi4_folder == "/models/phi4"
    assert field.button.text() == "phi4"
    field.clear.click()
    assert editor.settings.engine.phi4_folder == ""


def test_the_engine_can_be_unloaded_and_loaded(window: SettingsWindow, controller: ScriptedController) -> None:
    page = window.pages["engine"]
    assert isinstance(page, EnginePage)
    assert page._toggle.text() == "Free its memory"
    page._toggle.click()
    controller.engine_changed.emit(EngineStatus("light", "Qwen", "CPU", "off"))
    assert page._toggle.text() == "Load it now"
    page._toggle.click()
    assert [call[0] for call in controller.calls] == ["unload_engine", "load_engine"]


def test_missing_models_can_be_fetched(
    qtbot: QtBot, editor: SettingsEditor, controller: ScriptedController, background: Background, tmp_path: Any
) -> None:
    downloads = Downloads(tmp_path / "none")
    page = EnginePage(editor, controller, background, downloads)
    qtbot.addWidget(page)
    page.show()
    row = page.light
    qtbot.waitUntil(row.button.isVisible)
    assert "whisper-base and qwen2.5-coder-1.5b" in row.words.text()
    editor.change("privacy", "offline", True)
    row.button.click()
    assert row.button.text() == "Pause" and row.bar.isVisible()
    assert not page.big.button.isVisible(), "one download at a time"
    downloads.progress.emit("whisper-base", "fetching", 0.5)
    assert row.words.text() == "Fetching whisper-base: 50%" and row.bar.value() == 500
    qtbot.waitUntil(lambda: row.button.text() == "Download")
    assert "offline" in row.words.text() and not row.bar.isVisible()
    qtbot.waitUntil(page.big.button.isVisible)
    downloads.stop()


def test_the_big_model_is_one_click_away(
    qtbot: QtBot,
    editor: SettingsEditor,
    controller: ScriptedController,
    background: Background,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fetched = threading.Event()

    def pull(models: Path, **_: Any) -> Path:
        fetched.wait(10)
        note(models, write_checkpoint(tmp_path / "native", small_config()), str(tmp_path))
        return models

    monkeypatch.setattr("assistant.models.phi4.pull.pull", pull)
    (tmp_path / "models").mkdir()
    downloads = Downloads(tmp_path / "models")
    page = EnginePage(editor, controller, background, downloads)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(page.big.button.isVisible)
    assert "12.83 GB to fetch, 23.98 GB on the disk" in page.big.words.text()
    page.big.button.click()
    downloads.progress.emit("phi4", "converting", 0.25)
    assert page.big.words.text() == "Converting phi4: 25%"
    fetched.set()
    qtbot.waitUntil(lambda: not page.big.isVisible())
    assert [call[0] for call in controller.calls] == ["renew_engine"]
    downloads.stop()


def test_the_big_model_is_not_offered_beside_a_folder(
    qtbot: QtBot, editor: SettingsEditor, controller: ScriptedController, background: Background, tmp_path: Any
) -> None:
    downloads = Downloads(tmp_path / "none")
    editor.change("engine", "phi4_folder", str(tmp_path))
    page = EnginePage(editor, controller, background, downloads)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(page.light.button.isVisible)
    assert not page.big.button.isVisible()
    editor.change("engine", "phi4_folder", "")
    qtbot.waitUntil(page.big.button.isVisible)
    downloads.stop()


def test_a_microphone_that_fails_says_why(qtbot: QtBot, window: SettingsWindow) -> None:
    window.show_page("voice")
    page = window._microphone
    page._button.click()
    assert page._button.text() == "Stop"
    page._test.failed.emit(str(NoMicrophone("No microphone was found.", action="Plug one in.")))
    assert page._button.text() == "Test" and page._words.text() == "No microphone was found. Plug one in."


def test_the_level_is_shown_while_testing(window: SettingsWindow) -> None:
    page = window._microphone
    page._on_level(0.2)
    assert max(page._wave.heights) == 0
    page._testing = True
    page._on_level(0.2)
    assert page._wave.heights[-1] > 0.9 and page._words.text() == "Listening: speak now."
    page._testing = False


def test_an_unplugged_microphone_stays_chosen(window: SettingsWindow, editor: SettingsEditor) -> None:
    editor.change("voice", "device", "Headset")
    window._microphone._show_devices([])
    choice = control(window, "Microphone")
    assert choice.currentData() == "Headset"
