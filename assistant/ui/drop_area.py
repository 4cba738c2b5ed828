"""A widget that takes files dropped anywhere on it, and says meanwhile what will become of them."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QResizeEvent
from PySide6.QtWidgets import QLabel, QWidget

from assistant.ui.composer.file_loading import SHORT_SECONDS

RULE = (
    f"A picture, or sound up to {SHORT_SECONDS:.0f} s, is attached to your question.\n"
    f"Longer sound, films, folders and several recordings are written down as text."
)
_MARGIN = 16


class DropArea(QWidget):
    """What lies in it may take a drop for itself before."""

    files_dropped = Signal(list)
    """Paths."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._told = QLabel(f"Drop it here\n\n{RULE}", self)
        self._told.setObjectName("drop")
        self._told.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._told.setWordWrap(True)
        self._told.hide()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if _files(event.mimeData()):
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self._place()
            self._told.show()
            self._told.raise_()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._told.hide()
        super().dragLeaveEvent(event)

    def dropEvent(self, event: QDropEvent) -> None:
        self._told.hide()
        if files := _files(event.mimeData()):
            # A copy: with "move" a file manager would delete the file afterwards.
            event.setDropAction(Qt.DropAction.CopyAction)
            event.accept()
            self.files_dropped.emit(files)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place()

    def _place(self) -> None:
        self._told.setGeometry(self.rect().adjusted(_MARGIN, _MARGIN, -_MARGIN, -_MARGIN))


def _files(data: QMimeData) -> list[Path]:
    return [Path(url.toLocalFile()) for url in data.urls() if url.isLocalFile()]
