"""Corrects what was heard, in place, and asks again."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from assistant.ui.buttons import TextButton

_WIDTH = 520


class TranscriptEditor(QWidget):
    """The words to correct; Enter or the button asks again, Esc leaves all as it was."""

    accepted = Signal(str)
    cancelled = Signal()

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._text = _Text(text, self)
        self._text.accepted.connect(self._accept)
        self._text.cancelled.connect(self.cancelled)
        again, cancel = TextButton("Ask again", self, kind="primary"), TextButton("Cancel", self)
        again.clicked.connect(self._accept)
        cancel.clicked.connect(self.cancelled)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._text)
        layout.addLayout(buttons)
        self.setFixedWidth(_WIDTH)
        self.setFocusProxy(self._text)

    @Slot()
    def _accept(self) -> None:
        if words := self._text.toPlainText().strip():
            self.accepted.emit(words)


class _Text(QPlainTextEdit):
    accepted = Signal()
    cancelled = Signal()

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(text, parent)
        self.setObjectName("boxed")
        self.setAccessibleName("What you said")
        self.setTabChangesFocus(True)
        lines = min(8, max(2, text.count("\n") + 1 + len(text) // 70))
        self.setFixedHeight(lines * self.fontMetrics().lineSpacing() + 22)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not event.modifiers():
            self.accepted.emit()
        else:
            super().keyPressEvent(event)
