"""A folder that the user names: a button with its name; another takes it back."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from assistant.ui.buttons import TextButton
from assistant.ui.theme import SPACE


class FolderField(QWidget):
    """Says which folder was chosen; "" once it was taken back.

    Args:
        none: what the button says while no folder is named.
        title: of the dialog that asks for one.
    """

    chosen = Signal(str)

    def __init__(self, none: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._none, self._title, self._folder = none, title, ""
        self.button = TextButton(none, self)
        self.button.clicked.connect(self._ask)
        self.clear = TextButton("Clear", self, kind="quiet")
        self.clear.setAccessibleName("Clear the folder")
        self.clear.clicked.connect(lambda: self._take(""))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(SPACE[0])
        row.addWidget(self.button, 1)
        row.addWidget(self.clear)
        self.setFocusProxy(self.button)
        self.show_folder("")

    def setAccessibleName(self, name: str) -> None:
        super().setAccessibleName(name)
        self.button.setAccessibleName(name)

    def show_folder(self, folder: str) -> None:
        """Shows a folder's name, the whole path as its tip."""
        self._folder = folder
        self.button.setText(Path(folder).name or folder if folder else self._none)
        self.button.setToolTip(folder)
        self.clear.setVisible(bool(folder))

    @Slot()
    def _ask(self) -> None:
        dialog = QFileDialog(self, self._title, self._folder)
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.fileSelected.connect(self._take)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def _take(self, folder: str) -> None:
        self.show_folder(folder)
        self.chosen.emit(folder)
