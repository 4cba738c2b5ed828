"""The lines for the desktop's own settings, in the window: shown where the desktop has the say, and up to date."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.settings.models import Settings
from assistant.settings.store import SettingsStore
from assistant.ui.settings.bindings_box import BindingsBox
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.pages import ShortcutsPage
from assistant.workers.background import Background


@pytest.fixture
def editor(settings_store: SettingsStore, background: Background) -> SettingsEditor:
    return SettingsEditor(Settings(), settings_store, background)


@pytest.mark.parametrize("wayland", [True, False])
def test_it_is_shown_where_the_desktop_decides(
    wayland: bool, qtbot: QtBot, editor: SettingsEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0" if wayland else "")
    page = ShortcutsPage(editor)
    qtbot.addWidget(page)
    assert bool(page.findChildren(BindingsBox)) == wayland


def test_the_lines_follow_the_keys_and_the_desktop_and_can_be_copied(
    qtbot: QtBot, editor: SettingsEditor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWAYSOCK", "/run/sway.sock")
    box = BindingsBox(editor)
    qtbot.addWidget(box)
    editor.change("shortcuts", "dictate", "Super+F9")
    assert "bindsym --release Mod4+F9 exec hearsight trigger dictate --release" in box.lines.text()
    box.copy.click()
    assert QApplication.clipboard().text() == box.lines.text() + "\n"
    box.desktop.choose("gnome")
    box.desktop.chosen.emit("gnome")
    assert "key Super+F9, command hearsight trigger dictate" in box.lines.text()
    assert "toggles" in box._where.text()
    assert box.copy.isHidden()
