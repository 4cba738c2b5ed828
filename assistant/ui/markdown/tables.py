"""Writes a markdown table as a table of the document."""

from __future__ import annotations

from collections.abc import Sequence

from markdown_it.token import Token
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QFont, QTextCursor, QTextFrameFormat, QTextTable, QTextTableFormat

from assistant.ui.markdown.formats import Formats
from assistant.ui.markdown.inline import InlineWriter

_ALIGNMENTS = {
    "text-align:right": Qt.AlignmentFlag.AlignRight,
    "text-align:center": Qt.AlignmentFlag.AlignHCenter,
}


def write_table(cursor: QTextCursor, tokens: Sequence[Token], formats: Formats) -> None:
    """Writes the table whose inner tokens these are at the cursor; the first row is its header."""
    rows = _rows(tokens)
    table = cursor.insertTable(len(rows), max(len(row) for row in rows), _table_format(formats))
    for row, cells in enumerate(rows):
        for column, (style, content) in enumerate(cells):
            _write_cell(table, row, column, style, content, formats)


def _rows(tokens: Sequence[Token]) -> list[list[tuple[str, Token]]]:
    """Each cell's alignment and inline token, by row."""
    rows: list[list[tuple[str, Token]]] = []
    for at, token in enumerate(tokens):
        if token.type == "tr_open":
            rows.append([])
        elif token.type in ("th_open", "td_open"):
            rows[-1].append((str(token.attrGet("style") or ""), tokens[at + 1]))
    return rows


def _write_cell(table: QTextTable, row: int, column: int, style: str, content: Token, formats: Formats) -> None:
    cell = table.cellAt(row, column)
    base = formats.text()
    if row == 0:
        base.setFontWeight(QFont.Weight.DemiBold)
        shaded = cell.format()
        shaded.setBackground(QColor(formats.look.hover))
        cell.setFormat(shaded)
    cursor = cell.firstCursorPosition()
    block = formats.cell()
    block.setAlignment(_ALIGNMENTS.get(style, Qt.AlignmentFlag.AlignLeft))
    cursor.setBlockFormat(block)
    InlineWriter(cursor, formats, base).write(content.children or ())


def _table_format(formats: Formats) -> QTextTableFormat:
    made = QTextTableFormat()
    made.setBorder(1)
    made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    made.setBorderBrush(QColor(formats.look.line))
    made.setBorderCollapse(True)
    made.setCellPadding(6)
    made.setCellSpacing(0)
    made.setTopMargin(4)
    made.setBottomMargin(12)
    made.setHeaderRowCount(1)
    return made
