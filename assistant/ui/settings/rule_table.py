"""A table of text rules of one kind: a row a rule, a column a value, changed in place."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from assistant.ui.buttons import TextButton
from assistant.ui.theme import SPACE

_ROW_HEIGHT, _HEADER = 30, 30
_SWITCH = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
_MOST_ROWS = 8
"""That are seen at once."""


class RuleTable(QWidget):
    """Texts in columns, and columns that are on or off.

    Args:
        name: of the rules, for people; `sentence` says what they do.
        columns: heads of the text columns.
        switches: heads of the columns that are on or off.
    """

    changed = Signal()

    def __init__(
        self,
        name: str,
        sentence: str,
        columns: Sequence[str],
        switches: Sequence[str] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._texts = len(columns)
        heading, below = QLabel(name, self), QLabel(sentence, self)
        heading.setObjectName("heading")
        below.setObjectName("muted")
        below.setWordWrap(True)
        self.table = QTableWidget(0, len(columns) + len(switches), self)
        self.table.setAccessibleName(name)
        self.table.setHorizontalHeaderLabels([*columns, *switches])
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(_ROW_HEIGHT)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        header = self.table.horizontalHeader()
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        for at in range(len(columns), len(columns) + len(switches)):
            header.setSectionResizeMode(at, QHeaderView.ResizeMode.ResizeToContents)
        self.table.itemChanged.connect(self._on_changed)
        add, remove = TextButton("Add", self), TextButton("Remove", self)
        add.setAccessibleName(f"Add to {name}")
        remove.setAccessibleName(f"Remove from {name}")
        add.clicked.connect(self.add)
        remove.clicked.connect(self.remove)
        buttons = QHBoxLayout()
        buttons.setSpacing(SPACE[1])
        buttons.addWidget(add)
        buttons.addWidget(remove)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE[2], 0, SPACE[1])
        layout.setSpacing(SPACE[1])
        for part in (heading, below, self.table):
            layout.addWidget(part)
        layout.addLayout(buttons)
        self._fit()

    def show_rows(self, rows: Sequence[Sequence[str | bool]]) -> None:
        self.table.blockSignals(True)
        self.table.setRowCount(0)
        for row in rows:
            self._append(row)
        self.table.blockSignals(False)
        self._fit()

    def rows(self) -> list[tuple[str | bool, ...]]:
        """Every row that holds a text."""
        found = [tuple(self._value(row, at) for at in range(self.table.columnCount())) for row in self._range()]
        return [row for row in found if any(isinstance(value, str) and value.strip() for value in row)]

    @Slot()
    def add(self) -> None:
        """A new row, to be filled at once."""
        self.table.blockSignals(True)
        switches = self.table.columnCount() - self._texts
        self._append([*[""] * self._texts, *[True] * switches])
        self.table.blockSignals(False)
        self._fit()
        last = self.table.rowCount() - 1
        self.table.setCurrentCell(last, 0)
        if (item := self.table.item(last, 0)) is not None:
            self.table.editItem(item)

    @Slot()
    def remove(self) -> None:
        """The chosen row."""
        if self.table.currentRow() >= 0:
            self.table.removeRow(self.table.currentRow())
            self._fit()
            self.changed.emit()

    def _append(self, values: Sequence[str | bool]) -> None:
        row = self.table.rowCount()
        self.table.insertRow(row)
        for at, value in enumerate(values):
            item = QTableWidgetItem()
            if isinstance(value, bool):
                item.setFlags(
                    Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsUserCheckable
                )
                item.setCheckState(Qt.CheckState.Checked if value else Qt.CheckState.Unchecked)
            else:
                item.setText(value)
            self.table.setItem(row, at, item)

    def _value(self, row: int, at: int) -> str | bool:
        item = self.table.item(row, at)
        if at >= self._texts:
            return item is not None and item.checkState() == Qt.CheckState.Checked
        return item.text() if item is not None else ""

    def _range(self) -> range:
        return range(self.table.rowCount())

    def _fit(self) -> None:
        shown = min(_MOST_ROWS, max(1, self.table.rowCount()))
        self.table.setFixedHeight(_HEADER + shown * _ROW_HEIGHT + 4)

    @Slot(QTableWidgetItem)
    def _on_changed(self, _item: QTableWidgetItem) -> None:
        self.changed.emit()
