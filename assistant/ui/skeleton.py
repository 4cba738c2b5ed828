"""What the window shows in its first moment: its own outline, drawn with nothing but a painter.

The parts take ten times longer to import and build than this takes to paint; they follow at once.
"""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from assistant.ui.theme import DARK, LIGHT, RADIUS, SPACE, TEXT_WIDTH

HISTORY_WIDTH = 264
_STATUS_HEIGHT = 25
_SEARCH_HEIGHT = 30
_COMPOSER_HEIGHT = 82


class Skeleton(QWidget):
    """The panes, the search field, the composer and the status line, as empty shapes in the theme's colours."""

    def __init__(self, *, dark: bool) -> None:
        super().__init__()
        self._look = DARK if dark else LIGHT

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, width, height = self._look, self.width(), self.height() - _STATUS_HEIGHT
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), QColor(look.background))
        painter.fillRect(HISTORY_WIDTH, 0, width - HISTORY_WIDTH, height, QColor(look.surface))
        painter.fillRect(HISTORY_WIDTH, 0, 1, height, QColor(look.line))
        painter.fillRect(0, height, width, 1, QColor(look.line))
        painter.setPen(QColor(look.line))
        painter.setBrush(QColor(look.surface))
        painter.drawRoundedRect(
            QRectF(SPACE[2] + 0.5, SPACE[2] + 0.5, HISTORY_WIDTH - 52, _SEARCH_HEIGHT), RADIUS[0], RADIUS[0]
        )
        room = width - HISTORY_WIDTH - 2 * SPACE[3]
        box = min(room, TEXT_WIDTH + 20)
        left = HISTORY_WIDTH + SPACE[3] + (room - box) / 2
        painter.drawRoundedRect(
            QRectF(left + 0.5, height - SPACE[2] - _COMPOSER_HEIGHT + 0.5, box - 1, _COMPOSER_HEIGHT - 1),
            RADIUS[1],
            RADIUS[1],
        )
        painter.end()
