"""The history pane: search field, new conversation, the list with its menu."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QMenu, QVBoxLayout, QWidget

from assistant.ui.buttons import IconButton, TextButton
from assistant.ui.history_panel.list_view import ConversationList
from assistant.ui.history_panel.model import HistoryModel
from assistant.ui.icons import icon
from assistant.ui.theme import SPACE

if TYPE_CHECKING:
    from assistant.core.cancel import CancelToken
    from assistant.core.errors import HearsightError
    from assistant.history.models import Hit
    from assistant.history.store import History
    from assistant.workers.background import Background

_PAUSE_MS = 120
"""After the last key in the search field."""


class HistoryPanel(QWidget):
    """Says which conversation the user wants, and what should become of it."""

    opened = Signal(int)
    hit_opened = Signal(int, int)
    """Conversation and message."""
    new_requested = Signal()
    settings_requested = Signal()
    renamed = Signal(int, str)
    pinned = Signal(int, bool)
    removed = Signal(int, str)
    """Conversation and its title."""
    failed = Signal(str)

    def __init__(self, history: History, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("history")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._history, self._background = history, background
        self._open = 0
        self._search_token: CancelToken | None = None
        self.model = HistoryModel(history, self)
        self.model.renamed.connect(self.renamed)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._search)
        self._build()

    @Slot()
    def refresh(self) -> None:
        """Reads the list anew; a search that is shown is made again."""
        if self.search.text().strip():
            self._search()
        else:
            at = self.list.verticalScrollBar().value()
            self.model.show_conversations()
            self._select()
            self.list.verticalScrollBar().setValue(at)
            self._show_hint("" if self.model.rows else "Your conversations will be here.")

    @Slot(int)
    def show_open(self, conversation: int) -> None:
        self._open = conversation
        self._select()

    @Slot()
    def start_search(self) -> None:
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    @Slot()
    def rename_open(self) -> None:
        """F2: the title becomes a field."""
        index = self.list.currentIndex() if self.list.hasFocus() else self.model.index_of(self._open)
        if index.isValid() and index.flags() & Qt.ItemFlag.ItemIsEditable:
            self.list.scrollTo(index)
            self.list.edit(index)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_settings"):
            self._glass.setIcon(icon("search"))
            self._clear.setIcon(icon("close"))
            self._settings.setIcon(icon("settings"))

    def _build(self) -> None:
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search")
        self.search.setAccessibleName("Search all conversations")
        self._glass = self.search.addAction(icon("search"), QLineEdit.ActionPosition.LeadingPosition)
        self._clear = self.search.addAction(icon("close"), QLineEdit.ActionPosition.TrailingPosition)
        self._clear.setToolTip("Clear the search")
        self._clear.setVisible(False)
        self._clear.triggered.connect(self.search.clear)
        self.search.textChanged.connect(self._on_text)
        self.search.returnPressed.connect(self._open_first)
        new = IconButton("plus", "New conversation (Ctrl+N)", self)
        new.clicked.connect(self.new_requested)
        settings = TextButton("Settings", self, kind="plain")
        settings.setIcon(icon("settings"))
        settings.clicked.connect(self.settings_requested)
        self._settings = settings
        top = QHBoxLayout()
        top.setContentsMargins(SPACE[2], SPACE[2], SPACE[1], SPACE[1])
        top.addWidget(self.search)
        top.addWidget(new)
        self._hint = QLabel(self)
        self._hint.setObjectName("muted")
        self._hint.setWordWrap(True)
        self._hint.setContentsMargins(SPACE[3], SPACE[1], SPACE[3], 0)
        self._hint.hide()
        self.list = ConversationList(self.model, self)
        self.list.chosen.connect(self._choose)
        self.list.remove_wanted.connect(self._remove)
        self.list.menu_wanted.connect(self._menu)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, SPACE[0])
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._hint)
        layout.addWidget(self.list, 1)
        bottom = QHBoxLayout()
        bottom.setContentsMargins(SPACE[1], SPACE[0], SPACE[1], 0)
        bottom.addWidget(settings)
        bottom.addStretch(1)
        layout.addLayout(bottom)

    def _select(self) -> None:
        index = self.model.index_of(self._open) if not self.search.text().strip() else QModelIndex()
        if index.isValid():
            self.list.setCurrentIndex(index)
        else:
            self.list.clearSelection()
            self.list.setCurrentIndex(QModelIndex())

    def _show_hint(self, text: str) -> None:
        self._hint.setText(text)
        self._hint.setVisible(bool(text))

    @Slot(QModelIndex)
    def _choose(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if row is None or row.heading:
            return
        if row.message:
            self.hit_opened.emit(row.conversation, row.message)
        else:
            self.opened.emit(row.conversation)

    @Slot(int, QPoint)
    def _menu(self, at: int, position: QPoint) -> None:
        index = self.model.index(at)
        row = self.model.row(index)
        if row is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(icon("pin"), "Unpin" if row.pinned else "Pin").triggered.connect(
            partial(self.pinned.emit, row.conversation, not row.pinned)
        )
        menu.addAction(icon("rename"), "Rename\tF2").triggered.connect(partial(self.list.edit, index))
        menu.addSeparator()
        menu.addAction(icon("trash"), "Delete\tDel").triggered.connect(partial(self._remove, index))
        menu.popup(position)

    @Slot(QModelIndex)
    def _remove(self, index: QModelIndex) -> None:
        row = self.model.row(index)
        if row is not None and row.conversation:
            self.removed.emit(row.conversation, row.title)

    @Slot(str)
    def _on_text(self, text: str) -> None:
        self._clear.setVisible(bool(text))
        if text.strip():
            self._pause.start()
        else:
            self._pause.stop()
            self._forget_search()
            self.refresh()

    @Slot()
    def _search(self) -> None:
        self._forget_search()
        words = self.search.text().strip()
        if words:
            self._search_token = self._background.run(
                partial(self._history.search, words), self._show_hits, self._on_error
            )

    def _forget_search(self) -> None:
        if self._search_token is not None:
            self._search_token.set()
            self._search_token = None

    @Slot(list)
    def _show_hits(self, hits: list[Hit]) -> None:
        self.model.show_hits(hits)
        self._show_hint("" if hits else "Nothing found.")

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self.failed.emit(str(error))

    @Slot()
    def _open_first(self) -> None:
        if self.model.rows:
            self._choose(self.model.index(0))
