"""The settings window: pages at the left, their settings at the right. Stands beside the main window."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QDialog,
    QHBoxLayout,
    QScrollArea,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from assistant.ui.icons import icon
from assistant.ui.settings.dictation_page import DictationPage
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.engine_page import EnginePage
from assistant.ui.settings.microphone_page import MicrophonePage
from assistant.ui.settings.pages import GeneralPage, PrivacyPage, ScreenPage, ShortcutsPage
from assistant.ui.settings.rules_page import RulesPage
from assistant.ui.theme import SPACE
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.workers.controller import Controller
    from assistant.workers.downloads import Downloads

_NAMES = {
    "general": ("General", "general"),
    "engine": ("Engine", "engine"),
    "voice": ("Microphone", "microphone"),
    "screen": ("Screen", "screen"),
    "dictation": ("Dictation", "keyboard"),
    "rules": ("Text rules", "rename"),
    "shortcuts": ("Shortcuts", "keyboard"),
    "privacy": ("Privacy", "privacy"),
}
"""Page to its title and icon."""


class SettingsWindow(QDialog):
    """Changes apply at once, so there is nothing to confirm."""

    dictations_wanted = Signal()

    def __init__(
        self,
        controller: Controller,
        editor: SettingsEditor,
        background: Background,
        downloads: Downloads | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Hearsight settings")
        self.resize(780, 560)
        self._microphone = MicrophonePage(editor, background)
        self.pages: dict[str, QWidget] = {
            "general": GeneralPage(editor),
            "engine": EnginePage(editor, controller, background, downloads),
            "voice": self._microphone,
            "screen": ScreenPage(editor),
            "dictation": DictationPage(editor, partial(self.show_page, "rules"), self.dictations_wanted.emit),
            "rules": RulesPage(editor, controller),
            "shortcuts": ShortcutsPage(editor),
            "privacy": PrivacyPage(editor),
        }
        self._stack = QStackedWidget(self)
        self._buttons = QButtonGroup(self)
        self._build()

    def show_page(self, name: str) -> None:
        """Opens the window at a page: its name in `pages`."""
        at = list(self.pages).index(name)
        self._stack.setCurrentIndex(at)
        self._buttons.button(at).setChecked(True)
        self.show()
        self.raise_()
        self.activateWindow()
        self._buttons.button(at).setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        self._microphone.close_test()
        super().closeEvent(event)

    def reject(self) -> None:
        """Esc closes the window as its × does."""
        self.close()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_buttons"):
            self._colour()

    def _build(self) -> None:
        names = QWidget(self)
        names.setObjectName("history")
        names.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        names.setFixedWidth(170)
        column = QVBoxLayout(names)
        column.setContentsMargins(SPACE[1], SPACE[2], SPACE[1], SPACE[2])
        column.setSpacing(2)
        for at, (name, page) in enumerate(self.pages.items()):
            column.addWidget(self._button(at, name))
            self._stack.addWidget(_scrolling(page))
        column.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(names)
        layout.addWidget(self._stack, 1)
        self._colour()

    def _button(self, at: int, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName("pageButton")
        button.setText(_NAMES[name][0])
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setIconSize(QSize(16, 16))
        button.setCheckable(True)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.clicked.connect(partial(self._stack.setCurrentIndex, at))
        self._buttons.addButton(button, at)
        return button

    def _colour(self) -> None:
        for at, name in enumerate(self.pages):
            self._buttons.button(at).setIcon(icon(_NAMES[name][1]))


def _scrolling(page: QWidget) -> QScrollArea:
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setWidget(page)
    return area
