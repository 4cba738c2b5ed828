"""A drop-down list of values with words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from assistant.ui.icons import pixmap
from assistant.ui.theme import tokens


class Choice(QComboBox):
    """Says which value was chosen. The wheel scrolls the page, not the choice."""

    chosen = Signal(str)

    def __init__(self, options: Sequence[tuple[str, str]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.offer(options)
        self.activated.connect(self._on_activated)

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Replaces the options, keeping what is chosen if it is still among them."""
        before = self.currentData()
        self.clear()
        for value, words in options:
            self.addItem(words, value)
        self.choose(before)

    def choose(self, value: str | None) -> None:
        """Shows a value; does nothing where it isn't offered."""
        if (at := self.findData(value)) >= 0:
            self.setCurrentIndex(at)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.drawPixmap(QPoint(self.width() - 22, (self.height() - 14) // 2), pixmap("chevron", tokens().muted, 14))
        painter.end()

    @Slot(int)
    def _on_activated(self, at: int) -> None:
        self.chosen.emit(str(self.itemData(at)))
