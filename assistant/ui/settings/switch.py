"""A switch: on or off, at once."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from assistant.ui.theme import color, tokens

_WIDTH, _HEIGHT, _RING = 36, 20, 3


class Switch(QCheckBox):
    """A check box that looks like a switch; keyboard and screen readers know it as the check box that it is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(_WIDTH + 2 * _RING, _HEIGHT + 2 * _RING)

    def hitButton(self, position: QPoint) -> bool:
        return self.rect().contains(position)

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, track = tokens(), QRectF(_RING, _RING, _WIDTH, _HEIGHT)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.hasFocus():
            painter.setPen(color(look.accent))
            ring = track.adjusted(-2, -2, 2, 2)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        painter.setPen(color(look.accent if self.isChecked() else look.muted))
        painter.setBrush(color(look.accent if self.isChecked() else look.hover))
        painter.drawRoundedRect(track, _HEIGHT / 2, _HEIGHT / 2)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color(look.on_accent if self.isChecked() else look.muted))
        knob = track.right() - _HEIGHT / 2 if self.isChecked() else track.left() + _HEIGHT / 2
        painter.drawEllipse(QPointF(knob, track.center().y()), _HEIGHT / 2 - 4, _HEIGHT / 2 - 4)
        painter.end()
