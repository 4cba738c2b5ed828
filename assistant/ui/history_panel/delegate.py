"""Paints the history's rows: headings, titles, and snippets with the matches marked."""

from __future__ import annotations

import re

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetrics, QMouseEvent, QPainter, QPainterPath
from PySide6.QtWidgets import QLineEdit, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from assistant.history.models import HIT_END, HIT_START
from assistant.ui.history_panel.rows import Role, Row
from assistant.ui.icons import pixmap
from assistant.ui.theme import META_SIZE, RADIUS, Tokens, tokens

_SIDE, _INSET = 16, 8
_ROW, _HEADING, _HIT = 32, 30, 66
_ICON = 16
_MARKS = re.compile(f"([{HIT_START}{HIT_END}])")

Index = QModelIndex | QPersistentModelIndex


class HistoryDelegate(QStyledItemDelegate):
    """Rows as they look; the dots at a row's right end open its menu."""

    menu_requested = Signal(int, QPoint)
    """The row, and where on the screen."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        row: Row = index.data(Role.ROW)
        extra = option.fontMetrics.height() - 16
        height = _HEADING if row.heading else _HIT + 3 * extra if row.message else _ROW + extra
        return QSize(120, height)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        row: Row = index.data(Role.ROW)
        look = tokens()
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if row.heading:
            self._paint_heading(painter, option, row, look)
        else:
            self._paint_back(painter, option, look)
            if row.message:
                self._paint_hit(painter, option, row, look)
            else:
                self._paint_title(painter, option, row, look)
        painter.restore()

    def createEditor(self, parent: QWidget, _option: QStyleOptionViewItem, _index: Index) -> QWidget:
        editor = QLineEdit(parent)
        editor.setAccessibleName("Title of the conversation")
        return editor

    def updateEditorGeometry(self, editor: QWidget, option: QStyleOptionViewItem, _index: Index) -> None:
        editor.setGeometry(option.rect.adjusted(_INSET, 0, -_INSET, 0))

    def editorEvent(self, event: QEvent, model: object, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonPress:
            row: Row = index.data(Role.ROW)
            if not row.heading and not row.message and _dots(option.rect).contains(event.position().toPoint()):
                self.menu_requested.emit(index.row(), event.globalPosition().toPoint())
                return True
        return super().editorEvent(event, model, option, index)  # type: ignore[arg-type]

    def _paint_heading(self, painter: QPainter, option: QStyleOptionViewItem, row: Row, look: Tokens) -> None:
        font = QFont(option.font)
        font.setPixelSize(META_SIZE)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(look.muted))
        rect = option.rect.adjusted(_SIDE, 8, -_SIDE, 0)
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, row.heading)

    def _paint_back(self, painter: QPainter, option: QStyleOptionViewItem, look: Tokens) -> None:
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        hovered = bool(option.state & QStyle.StateFlag.State_MouseOver)
        path = QPainterPath()
        path.addRoundedRect(option.rect.adjusted(_INSET, 1, -_INSET, -1), RADIUS[0], RADIUS[0])
        if selected or hovered:
            painter.fillPath(path, QColor(look.selected if selected else look.hover))
        if option.state & QStyle.StateFlag.State_HasFocus and option.state & QStyle.StateFlag.State_KeyboardFocusChange:
            painter.setPen(QColor(look.accent))
            painter.drawPath(path)

    def _paint_title(self, painter: QPainter, option: QStyleOptionViewItem, row: Row, look: Tokens) -> None:
        shown = bool(option.state & (QStyle.StateFlag.State_MouseOver | QStyle.StateFlag.State_Selected))
        rect = option.rect.adjusted(_SIDE, 0, -_SIDE, 0)
        if shown:
            dots = _dots(option.rect)
            painter.drawPixmap(dots.center() - QPoint(_ICON // 2, _ICON // 2), pixmap("more", look.muted, _ICON))
            rect.setRight(dots.left() - 2)
        if row.pinned:
            top = rect.center().y() - 6
            painter.drawPixmap(rect.left(), top, pixmap("pin", look.muted, 13))
            rect.setLeft(rect.left() + 19)
        painter.setPen(QColor(look.text))
        painter.setFont(option.font)
        title = option.fontMetrics.elidedText(row.title, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter, title)

    def _paint_hit(self, painter: QPainter, option: QStyleOptionViewItem, row: Row, look: Tokens) -> None:
        rect = option.rect.adjusted(_SIDE, 6, -_SIDE, -4)
        font = QFont(option.font)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(QColor(look.text))
        title = QFontMetrics(font).elidedText(row.title, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignTop, title)
        rect.setTop(rect.top() + option.fontMetrics.height() + 2)
        _paint_snippet(painter, rect, option.font, row.snippet, look)


def _paint_snippet(painter: QPainter, rect: QRect, font: QFont, snippet: str, look: Tokens) -> None:
    """Up to two lines; words of the search stand out by weight and colour."""
    plain, strong = QFont(font), QFont(font)
    strong.setWeight(QFont.Weight.Bold)
    x, line, marked = rect.left(), 0, False
    height = QFontMetrics(font).height()
    for part in _MARKS.split(" ".join(snippet.split())):
        if part in (HIT_START, HIT_END):
            marked = part == HIT_START
            continue
        painter.setFont(strong if marked else plain)
        painter.setPen(QColor(look.accent if marked else look.muted))
        metrics = QFontMetrics(painter.font())
        for word in re.findall(r"\S+\s*|\s+", part):
            width = metrics.horizontalAdvance(word)
            if x + metrics.horizontalAdvance(word.rstrip()) > rect.right() and x > rect.left():
                x, line = rect.left(), line + 1
                if line > 1:
                    return
            painter.drawText(QPoint(x, rect.top() + line * height + metrics.ascent()), word)
            x += width


def _dots(rect: QRect) -> QRect:
    return QRect(rect.right() - 40, rect.top(), 26, rect.height())
