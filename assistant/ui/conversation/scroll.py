"""The scrolling column of a conversation: follows what streams in, unless the reader scrolled up."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QScrollArea, QToolButton, QVBoxLayout, QWidget

from assistant.ui.icons import icon
from assistant.ui.theme import SPACE, TEXT_WIDTH

_NEAR = 24
"""Pixels from the end that still count as the end."""


class Column(QWidget):
    """Keeps its children in the middle, at most `TEXT_WIDTH` wide."""

    def __init__(self) -> None:
        super().__init__()
        self.column = QVBoxLayout(self)
        self.column.setSpacing(SPACE[1])
        self.column.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        side = max(SPACE[4], (self.width() - TEXT_WIDTH) // 2)
        self.column.setContentsMargins(side, SPACE[4], side, SPACE[3])


class FollowingScrollArea(QScrollArea):
    """Stays at the end while content grows there, and where it is when content grows above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._following = True
        self._from_end: int | None = None
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._latest = QToolButton(self)
        self._latest.setObjectName("latest")
        self._latest.setText("Jump to latest")
        self._latest.setAccessibleName("Jump to latest")
        self._latest.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._latest.setIconSize(QSize(14, 14))
        self._latest.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._latest.clicked.connect(self.jump_to_latest)
        self._latest.hide()
        bar = self.verticalScrollBar()
        bar.rangeChanged.connect(self._on_range)
        bar.valueChanged.connect(self._on_value)

    @property
    def following(self) -> bool:
        return self._following

    @Slot()
    def jump_to_latest(self) -> None:
        self._follow(True)
        self._from_end = None
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def hold_from_end(self, hold: bool) -> None:
        """While held, what is shown keeps its distance to the end: content is being added above."""
        bar = self.verticalScrollBar()
        self._from_end = bar.maximum() - bar.value() if hold else None

    def show_child(self, child: QWidget) -> None:
        """Scrolls until a message's beginning is in view, and stays there."""
        self._follow(False)
        self.verticalScrollBar().setValue(max(0, child.y() - SPACE[3]))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_button()

    @Slot(int, int)
    def _on_range(self, _low: int, high: int) -> None:
        if self._from_end is not None:
            self.verticalScrollBar().setValue(high - self._from_end)
        elif self._following:
            self.verticalScrollBar().setValue(high)

    @Slot(int)
    def _on_value(self, value: int) -> None:
        if self._from_end is None:
            self._follow(value >= self.verticalScrollBar().maximum() - _NEAR)

    def _follow(self, following: bool) -> None:
        if following != self._following:
            self._following = following
            self._latest.setVisible(not following)
            self._place_button()

    def _place_button(self) -> None:
        self._latest.setIcon(icon("down", "text"))
        size = self._latest.sizeHint()
        self._latest.setGeometry(
            (self.width() - size.width()) // 2, self.height() - size.height() - SPACE[1], size.width(), size.height()
        )
