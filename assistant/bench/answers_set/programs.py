"""Small Qt programs with real widgets, one window a process: `python -m assistant.bench.answers_set.programs FILE`.

They stand in for programs that are heavy to install (office suite, browser, file manager): the widgets, fonts and
lines are real, the content comes from a JSON file. Editor and terminal are the system's own, see `stage`.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QDir, Qt, QTimer
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QComboBox,
    QDialogButtonBox,
    QFileSystemModel,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QListWidget,
    QMainWindow,
    QMessageBox,
    QPushButton,
    QRadioButton,
    QTableWidget,
    QTableWidgetItem,
    QTextBrowser,
    QTextEdit,
    QToolBar,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from assistant.bench.answers_set.chart import Chart

Spec = dict[str, Any]
_SETTLED_MS = 400


def main(file: str) -> int:
    spec: Spec = json.loads(Path(file).read_text(encoding="utf-8"))
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    app = QApplication([spec["title"]])
    app.setStyle("Fusion")
    app.setPalette(_palette(spec.get("theme", "light")))
    app.setFont(QFont(spec.get("font", "DejaVu Sans"), int(spec.get("size", 10))))
    window = PROGRAMS[spec["program"]](spec)
    window.setWindowTitle(spec["title"])
    x, y, width, height = spec["place"]
    window.setGeometry(x, y, width, height)
    window.show()
    ready = Path(spec["ready"])
    QTimer.singleShot(_SETTLED_MS, ready.touch)  # PySide keeps no reference to a bound method's object
    return app.exec()


def _palette(theme: str) -> QPalette:
    if theme == "light":
        return QPalette(QColor("#efefef"))
    palette = QPalette(QColor("#2b2b2b"))
    palette.setColor(QPalette.ColorRole.Base, QColor("#1e1e1e"))
    palette.setColor(QPalette.ColorRole.AlternateBase, QColor("#262626"))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.WindowText, QPalette.ColorRole.ButtonText):
        palette.setColor(role, QColor("#d8d8d8"))
    return palette


def _frame(spec: Spec, inside: QWidget) -> QMainWindow:
    window = QMainWindow()
    for name in spec.get("menu", ()):
        window.menuBar().addMenu(name)
    if "tools" in spec:
        bar = QToolBar()
        for name in spec["tools"]:
            bar.addAction(name)
        window.addToolBar(bar)
    if "status" in spec:
        window.statusBar().showMessage(spec["status"])
    window.setCentralWidget(inside)
    return window


def _sheet(spec: Spec) -> QWidget:
    """A spreadsheet: letters and numbers round the cells, numbers at the right."""
    rows: list[list[str]] = spec["rows"]
    columns = max(len(row) for row in rows)
    table = QTableWidget(len(rows) + int(spec.get("spare_rows", 3)), columns + int(spec.get("spare_columns", 1)))
    if "header" in spec:
        table.setHorizontalHeaderLabels(spec["header"])
        table.verticalHeader().setVisible(False)
    else:
        table.setHorizontalHeaderLabels([chr(ord("A") + i) for i in range(table.columnCount())])
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            item = QTableWidgetItem(text)
            if text[:1] in "-$€£0123456789" and text:
                item.setTextAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            table.setItem(at, column, item)
    if spec.get("fit", True):
        table.resizeColumnsToContents()
    return _frame(spec, table)


def _page(spec: Spec) -> QWidget:
    """A web page in a browser window with an address line."""
    inside = QWidget()
    layout = QVBoxLayout(inside)
    layout.setContentsMargins(0, 0, 0, 0)
    if "address" in spec:
        layout.addWidget(QLineEdit(spec["address"]))
    page = QTextBrowser()
    page.setHtml(spec["html"])
    layout.addWidget(page)
    return _frame(spec, inside)


def _note(spec: Spec) -> QWidget:
    text = QTextEdit()
    text.setPlainText(spec["text"])
    return _frame(spec, text)


def _form(spec: Spec) -> QWidget:
    """Labels and fields; a field is ["Label", kind, value], kind one of text, list, check, choice."""
    inside = QWidget()
    outer = QVBoxLayout(inside)
    if "heading" in spec:
        outer.addWidget(QLabel(f"<h2>{spec['heading']}</h2>"))
    layout = QFormLayout()
    for label, kind, value in spec["fields"]:
        layout.addRow(label, _FIELDS[kind](value))
    outer.addLayout(layout)
    outer.addStretch()
    buttons = QHBoxLayout()
    buttons.addStretch()
    for name in spec.get("buttons", ()):
        buttons.addWidget(QPushButton(name))
    outer.addLayout(buttons)
    return _frame(spec, inside)


def _list(value: str) -> QWidget:
    box = QComboBox()
    box.addItem(value)
    return box


def _check(value: list[Any]) -> QWidget:
    box = QCheckBox(str(value[0]))
    box.setChecked(bool(value[1]))
    return box


def _choice(value: list[Any]) -> QWidget:
    """Several choices of which the one at `value[1]` is taken."""
    inside = QWidget()
    layout = QHBoxLayout(inside)
    layout.setContentsMargins(0, 0, 0, 0)
    for at, name in enumerate(value[0]):
        button = QRadioButton(name)
        button.setChecked(at == value[1])
        layout.addWidget(button)
    return inside


_FIELDS: dict[str, Callable[[Any], QWidget]] = {
    "text": QLineEdit,
    "list": _list,
    "check": _check,
    "choice": _choice,
}


def _files(spec: Spec) -> QWidget:
    """A file manager on a real folder: places at the left, name, size, kind and date in the middle."""
    inside = QWidget()
    layout = QHBoxLayout(inside)
    places = QListWidget()
    places.addItems(spec["places"])
    places.setFixedWidth(170)
    model = QFileSystemModel(inside)
    model.setFilter(QDir.Filter.AllEntries | QDir.Filter.NoDotAndDotDot)
    view = QTreeView()
    view.setModel(model)
    view.setRootIndex(model.setRootPath(spec["folder"]))
    view.setItemsExpandable(False)
    view.setRootIsDecorated(False)
    view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    view.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    model.directoryLoaded.connect(lambda _: view.header().resizeSections(QHeaderView.ResizeMode.ResizeToContents))
    layout.addWidget(places)
    layout.addWidget(view)
    return _frame(spec, inside)


def _dialog(spec: Spec) -> QWidget:
    box = QMessageBox()
    box.setIcon(getattr(QMessageBox.Icon, spec.get("icon", "Warning")))
    box.setText(spec["text"])
    box.setInformativeText(spec.get("more", ""))
    for name in spec["buttons"]:
        box.addButton(name, QMessageBox.ButtonRole.ActionRole)
    for buttons in box.findChildren(QDialogButtonBox):
        buttons.setCenterButtons(False)
    return box


def _chart(spec: Spec) -> QWidget:
    return _frame(spec, Chart(spec))


PROGRAMS: dict[str, Callable[[Spec], QWidget]] = {
    "sheet": _sheet,
    "page": _page,
    "note": _note,
    "form": _form,
    "files": _files,
    "dialog": _dialog,
    "chart": _chart,
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
