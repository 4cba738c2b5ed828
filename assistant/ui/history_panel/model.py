"""The list's model: conversations, a page at a time as the reader scrolls, or what a search found."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from assistant.ui.history_panel.rows import Role, Row, grouped, of_hit

if TYPE_CHECKING:
    from assistant.history.models import Hit
    from assistant.history.store import History

PAGE = 50
_FIRST_PAGE = 200
"""Holds all pinned conversations, which only the first page has."""

Index = QModelIndex | QPersistentModelIndex


class HistoryModel(QAbstractListModel):
    """Rows for the list; reads pages of the history as the view asks for more."""

    renamed = Signal(int, str)
    """The user gave a conversation a new title."""

    def __init__(self, history: History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._history = history
        self._rows: list[Row] = []
        self._complete = True
        self._searching = False

    @property
    def rows(self) -> list[Row]:
        return self._rows

    def show_conversations(self) -> None:
        """Reads the list anew, as far as it was shown."""
        shown = max(PAGE, sum(1 for row in self._rows if row.conversation)) if not self._searching else PAGE
        found = self._history.conversations(limit=max(shown, _FIRST_PAGE if self._has_pins() else PAGE))
        self.beginResetModel()
        self._searching = False
        self._rows = grouped(found)
        self._complete = len(found) < PAGE
        self.endResetModel()

    def show_hits(self, hits: list[Hit]) -> None:
        self.beginResetModel()
        self._searching, self._complete = True, True
        self._rows = [of_hit(hit) for hit in hits]
        self.endResetModel()

    def index_of(self, conversation: int) -> QModelIndex:
        """Where a conversation stands; an invalid index where it isn't shown."""
        for at, row in enumerate(self._rows):
            if row.conversation == conversation:
                return self.index(at)
        return QModelIndex()

    def row(self, index: Index) -> Row | None:
        """The row of an index; None for an invalid one."""
        return self._rows[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's signature
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self._rows[index.row()]
        if role == Role.ROW:
            return row
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole):
            return row.heading or row.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return row.heading or f"{row.title}{', pinned' if row.pinned else ''}"
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        row = self._rows[index.row()]
        title = str(value).strip()
        if role != Qt.ItemDataRole.EditRole or not title or title == row.title:
            return False
        self.renamed.emit(row.conversation, title)
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        if not index.isValid() or self._rows[index.row()].heading:
            return Qt.ItemFlag.NoItemFlags
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return flags if self._searching else flags | Qt.ItemFlag.ItemIsEditable

    def canFetchMore(self, parent: Index) -> bool:
        return not parent.isValid() and not self._complete

    def fetchMore(self, parent: Index) -> None:
        """The next page, appended."""
        if parent.isValid() or not self._rows:
            return
        last = self._rows[-1]
        found = self._history.conversations(limit=PAGE, before=inf if last.pinned else last.when)
        self._complete = len(found) < PAGE
        after = next((row.heading for row in reversed(self._rows) if row.heading), "")
        fresh = grouped(found, after)
        if fresh:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(fresh) - 1)
            self._rows += fresh
            self.endInsertRows()

    def _has_pins(self) -> bool:
        return any(row.pinned for row in self._rows)
