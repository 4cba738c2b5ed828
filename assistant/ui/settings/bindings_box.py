"""The lines that bind Hearsight's keys in the desktop's own settings, to copy, where the desktop has the say."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from assistant.desktop.hotkeys.bindings import TOGGLES, bindings, this_desktop
from assistant.ui.buttons import TextButton
from assistant.ui.choice import Choice
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.theme import SPACE

_WORDS = (
    "On this kind of session the desktop decides which keys a program gets. Where it asked you whether Hearsight may "
    "have its keys, its own settings for shortcuts can change them. Where it doesn't, copy these lines into its "
    "configuration:"
)
_NAMES = (
    ("sway", "sway"),
    ("hyprland", "Hyprland"),
    ("i3", "i3"),
    ("river", "river"),
    ("kde", "KDE Plasma"),
    ("gnome", "GNOME"),
    ("other", "Another desktop"),
)


class BindingsBox(QWidget):
    """Follows the shortcuts as they are changed."""

    def __init__(self, editor: SettingsEditor, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._editor = editor
        self.desktop = Choice(_NAMES, self)
        self.desktop.setAccessibleName("Desktop")
        self.desktop.choose(this_desktop())
        self.desktop.chosen.connect(self._show)
        self.copy = TextButton("Copy", self)
        self.copy.clicked.connect(self._copy)
        self._words, self.lines = QLabel(_WORDS, self), QLabel(self)
        self._where = QLabel(self)
        self._build()
        editor.changed.connect(self._show)
        self._show()

    def _build(self) -> None:
        for label in (self._words, self._where):
            label.setObjectName("muted")
            label.setWordWrap(True)
        self.lines.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.lines.setWordWrap(True)
        self.lines.setTextFormat(Qt.TextFormat.PlainText)
        self.lines.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        row = QHBoxLayout()
        row.addWidget(self.desktop)
        row.addStretch(1)
        row.addWidget(self.copy)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE[2], 0, SPACE[2])
        column.addWidget(self._words)
        column.addLayout(row)
        column.addWidget(self.lines)
        column.addWidget(self._where)

    @Slot()
    def _show(self) -> None:
        shortcuts = self._editor.settings.shortcuts
        found = bindings(str(self.desktop.currentData()), {"ask": shortcuts.ask, "dictate": shortcuts.dictate})
        self.lines.setText("\n".join(found.lines))
        self._where.setText(f"They belong in {found.where}.{f' {TOGGLES}' if found.toggles else ''}")
        self.copy.setVisible(not found.toggles)

    @Slot()
    def _copy(self) -> None:
        QApplication.clipboard().setText(self.lines.text() + "\n")
