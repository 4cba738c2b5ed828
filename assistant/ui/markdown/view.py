"""The widget that shows markdown while it grows. As tall as its text: who scrolls is the one around it."""

from __future__ import annotations

import math
from time import perf_counter

from PySide6.QtCore import QEvent, QRectF, QSizeF, Qt, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QWidget

from assistant.ui.markdown.blocks import BlockStream
from assistant.ui.markdown.code_header import CodeHeader
from assistant.ui.markdown.coloring import CodeColoring
from assistant.ui.markdown.formats import CODE_HEADER, CODE_INSET, QUOTE_INDENT, Formats
from assistant.ui.markdown.inline import is_web_address
from assistant.ui.markdown.writer import Code, DocumentWriter
from assistant.ui.theme import RADIUS, color, tokens
from assistant.workers.background import Background

FRAME_MS = 33
"""At most 30 renderings a second."""
SLICE_SECONDS = 0.007
"""One rendering stops here and goes on in the next turn of the event loop: a frame lasts 16 ms."""
_LOAD_SHARE = 6
"""A rendering that took long is followed by a pause of this many times its length."""


class MarkdownView(QTextBrowser):
    """Markdown as rich text: selectable across paragraphs, links only after a click, code with a header."""

    link_clicked = Signal(str)

    def __init__(self, background: Background, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setOpenLinks(False)
        self.setUndoRedoEnabled(False)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Answer")
        self.viewport().setAutoFillBackground(False)
        self._source = ""
        self._growing = False
        self._headers: list[CodeHeader] = []
        self._coloring = CodeColoring(self.document(), background, self)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._render)
        self._begin()
        self.document().documentLayout().documentSizeChanged.connect(self._fit)
        self.anchorClicked.connect(self._on_anchor)

    @property
    def text_so_far(self) -> str:
        """The markdown as it came."""
        return self._source

    def show_markdown(self, text: str) -> None:
        """Shows a finished text; a long one fills in over the next turns of the event loop."""
        if text != self._source or self._growing:
            self._growing = False
            self._source = text
            self._begin()
            self._stream.feed(text)
            self._render()

    def append(self, text: str) -> None:
        """Adds a piece of a text that is still coming."""
        self._growing = True
        self._source += text
        self._stream.feed(text)
        if not self._timer.isActive():
            self._timer.start(FRAME_MS)

    def finish(self) -> None:
        """No more text will come."""
        self._growing = False
        if not self._timer.isActive():
            self._timer.start(0)

    def loadResource(self, kind: int, name: QUrl | str) -> None:
        """Nothing is ever loaded from what an answer names."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._place_headers()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        watched = (QEvent.Type.PaletteChange, QEvent.Type.FontChange, QEvent.Type.StyleChange)
        if event.type() in watched and hasattr(self, "_formats"):
            self._restyle()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        self._paint_codes(painter, QRectF(event.rect()))
        self._paint_quotes(painter)
        painter.end()
        super().paintEvent(event)

    def _begin(self) -> None:
        """An empty document in today's colours."""
        self.document().clear()
        self._formats = Formats(tokens(), self.font().pixelSize())
        self._stream = BlockStream()
        self._writer = DocumentWriter(self.document(), self._formats)
        self._coloring.reset(self._formats.look)
        self._show_headers()

    def _restyle(self) -> None:
        if (self._formats.look, self._formats.size) != (tokens(), self.font().pixelSize()):
            self._begin()
            self._stream.feed(self._source)
            self._render()

    @Slot()
    def _render(self) -> None:
        began = perf_counter()
        while self._stream.has_more:
            self._writer.update(*self._stream.step())
            if perf_counter() - began > SLICE_SECONDS:
                break
        self._show_headers()
        self._coloring.update(self._writer.codes, growing=self._growing)
        if self._stream.has_more:
            spent = round((perf_counter() - began) * 1000)
            self._timer.start(max(FRAME_MS, spent * _LOAD_SHARE) if self._growing else 0)

    @Slot(QSizeF)
    def _fit(self, size: QSizeF) -> None:
        height = math.ceil(size.height())
        if height != self.height():
            self.setFixedHeight(height)
        self._place_headers()

    @Slot(QUrl)
    def _on_anchor(self, address: QUrl) -> None:
        if is_web_address(address.toString()):
            self.link_clicked.emit(address.toString())

    def _show_headers(self) -> None:
        """One header a code block; they are made and dropped as blocks come and go."""
        codes = self._writer.codes
        while len(self._headers) > len(codes):
            self._headers.pop().deleteLater()
        while len(self._headers) < len(codes):
            self._headers.append(CodeHeader(self.viewport()))
        for header, code in zip(self._headers, codes, strict=True):
            header.show_code(code.language, code.source)
        self._place_headers()

    def _place_headers(self) -> None:
        for header, code in zip(getattr(self, "_headers", ()), self._writer.codes, strict=False):
            rect = self._code_rect(code)
            header.setGeometry(round(rect.x()), round(rect.y()), round(rect.width()), CODE_HEADER)
            header.show()

    def _code_rect(self, code: Code) -> QRectF:
        """Where a code block's background lies, in the viewport."""
        layout, document = self.document().documentLayout(), self.document()
        first, last = document.findBlock(code.first), document.findBlock(code.last)
        top = layout.blockBoundingRect(first).top() - CODE_HEADER - 2
        bottom = layout.blockBoundingRect(last).bottom() + CODE_INSET - 2
        left = first.blockFormat().leftMargin() - CODE_INSET
        return QRectF(left, top, self.viewport().width() - left, bottom - top)

    def _paint_codes(self, painter: QPainter, area: QRectF) -> None:
        painter.setBrush(color(self._formats.look.code))
        painter.setPen(color(self._formats.look.line))
        for code in self._writer.codes:
            rect = self._code_rect(code).adjusted(0.5, 0.5, -0.5, -0.5)
            if rect.intersects(area):
                painter.drawRoundedRect(rect, RADIUS[0], RADIUS[0])
        painter.setPen(Qt.PenStyle.NoPen)

    def _paint_quotes(self, painter: QPainter) -> None:
        layout, document = self.document().documentLayout(), self.document()
        painter.setBrush(color(self._formats.look.line))
        for quote in self._writer.quotes:
            top = layout.blockBoundingRect(document.findBlock(quote.first)).top()
            bottom = layout.blockBoundingRect(document.findBlock(quote.last)).bottom()
            painter.drawRoundedRect(QRectF((quote.depth - 1) * QUOTE_INDENT, top, 3, bottom - top), 1.5, 1.5)
        for position in self._writer.rules:
            rect = layout.blockBoundingRect(document.findBlock(position))
            painter.drawRect(QRectF(0, rect.center().y(), self.viewport().width(), 1))
