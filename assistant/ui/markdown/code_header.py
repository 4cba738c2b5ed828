"""The strip above a code block: its language, and Copy."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from assistant.ui.buttons import IconButton

_DONE_MS = 1500


class CodeHeader(QWidget):
    """Lies over the space that the document leaves above the code's first line."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._code = ""
        self._language = QLabel(self)
        self._language.setObjectName("meta")
        self._copy = IconButton("copy", "Copy code", self)
        self._copy.clicked.connect(self._on_copy)
        self._back = QTimer(self)
        self._back.setSingleShot(True)
        self._back.setInterval(_DONE_MS)
        self._back.timeout.connect(self._ready)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 2, 4, 0)
        layout.addWidget(self._language)
        layout.addStretch(1)
        layout.addWidget(self._copy)

    def show_code(self, language: str, code: str) -> None:
        self._code = code
        if self._language.text() != (language or "text"):
            self._language.setText(language or "text")

    @Slot()
    def _on_copy(self) -> None:
        QGuiApplication.clipboard().setText(self._code)
        self._copy.show_icon("check", "ready")
        self._copy.rename("Copied")
        self._back.start()

    @Slot()
    def _ready(self) -> None:
        self._copy.show_icon("copy", "muted")
        self._copy.rename("Copy code")
