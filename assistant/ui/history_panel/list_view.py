"""The list of the history pane: one click or Enter opens, Del removes, the dots or the right button open the menu."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from assistant.ui.history_panel.delegate import HistoryDelegate
from assistant.ui.history_panel.model import HistoryModel


class ConversationList(QListView):
    """Says what the user wants of a row."""

    chosen = Signal(QModelIndex)
    remove_wanted = Signal(QModelIndex)
    menu_wanted = Signal(int, QPoint)
    """The row, and where on the screen."""

    def __init__(self, model: HistoryModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._model = model
        self.setModel(model)
        self.setAccessibleName("Conversations")
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.EditKeyPressed)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        delegate = HistoryDelegate(self)
        delegate.menu_requested.connect(self.menu_wanted)
        self.setItemDelegate(delegate)
        self.clicked.connect(self.chosen)
        self.customContextMenuRequested.connect(self._on_context_menu)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        index = self.currentIndex()
        if index.isValid() and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.chosen.emit(index)
        elif index.isValid() and event.key() == Qt.Key.Key_Delete:
            self.remove_wanted.emit(index)
        else:
            super().keyPressEvent(event)

    @Slot(QPoint)
    def _on_context_menu(self, position: QPoint) -> None:
        index = self.indexAt(position)
        row = self._model.row(index)
        if row is not None and row.conversation and not row.message:
            self.menu_wanted.emit(index.row(), self.viewport().mapToGlobal(position))
