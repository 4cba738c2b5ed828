"""The window's parts and how they lie: history at the left, conversation and composer at the right, status below."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from assistant.ui.bars import BarStack
from assistant.ui.composer.composer import SCREENSHOT_KEY, Composer
from assistant.ui.conversation.empty import EmptyState
from assistant.ui.drop_area import DropArea
from assistant.ui.history_panel.panel import HistoryPanel
from assistant.ui.status_line import StatusLine
from assistant.ui.theme import SPACE, TEXT_WIDTH
from assistant.ui.transcription_bar import TranscriptionBar
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.history.store import History
    from assistant.ui.conversation.chips import Play

_HISTORY_SMALLEST, _CONVERSATION_SMALLEST = 180, 440


class WindowParts(DropArea):
    """Everything inside the window; the `Session` makes it work."""

    def __init__(self, window: QMainWindow, history: History, background: Background, play: Play | None) -> None:
        super().__init__(window)
        self.setObjectName("page")
        self.history = HistoryPanel(history, background, self)
        self.history.setMinimumWidth(_HISTORY_SMALLEST)
        self.empty = EmptyState(SCREENSHOT_KEY, self)
        self.bars = BarStack(self)
        self.transcription = TranscriptionBar(self)
        self.composer = Composer(background, play, self)
        self.files_dropped.connect(self.composer.attach_files)
        self.status = StatusLine(self)
        self.stack = QStackedWidget(self)
        self.stack.addWidget(self.empty)
        self.splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.history)
        self.splitter.addWidget(self._right())
        self.splitter.setStretchFactor(1, 1)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self.splitter, 1)
        rows.addWidget(self.status)

    def _right(self) -> QWidget:
        right = QWidget(self)
        right.setMinimumWidth(_CONVERSATION_SMALLEST)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.stack, 1)
        column.addLayout(_centred(self.bars, self.transcription, self.composer))
        return right


def _centred(*widgets: QWidget) -> QHBoxLayout:
    """The widgets in a column a little wider than the conversation's text."""
    column = QVBoxLayout()
    column.setSpacing(SPACE[1])
    column.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        column.addWidget(widget)
    holder = QWidget()
    holder.setMaximumWidth(TEXT_WIDTH + 20)
    holder.setLayout(column)
    row = QHBoxLayout()
    row.setContentsMargins(SPACE[3], 0, SPACE[3], SPACE[2])
    row.addStretch(1)
    row.addWidget(holder, 1000)
    row.addStretch(1)
    return row
