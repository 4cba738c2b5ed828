"""Colours the code blocks of one document: the work runs in the pool, the result lands on the text's layouts."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, QTimer, Slot
from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument, QTextLayout

from assistant.ui.markdown.highlight import Span, highlight
from assistant.ui.markdown.writer import Code
from assistant.ui.theme import Tokens
from assistant.workers.background import Background

_PAUSE_MS = 400
"""Between two looks at code that is still growing."""


class CodeColoring(QObject):
    """Keeps code blocks coloured. The colours lie over the text: it is not edited and its layout stays."""

    def __init__(self, document: QTextDocument, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._document = document
        self._background = background
        self._look: Tokens | None = None
        self._wanted: list[Code] = []
        self._shown: dict[int, list[list[Span]]] = {}
        self._sources: dict[int, str] = {}
        self._busy = False
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._next)

    def reset(self, look: Tokens) -> None:
        """The document was emptied, or is about to be drawn in another theme."""
        self._look = look
        self._shown.clear()
        self._sources.clear()
        self._wanted = []

    def update(self, codes: list[Code], *, growing: bool) -> None:
        """These are the document's code blocks now; `growing`: the last one may get more text soon."""
        self._wanted = codes
        if growing:
            if not self._pause.isActive():
                self._pause.start()
        else:
            self._next()

    @Slot()
    def _next(self) -> None:
        """Sends the first block that is not coloured as it stands now to the pool."""
        if self._busy:
            return
        for code in self._wanted:
            if code.language and self._sources.get(code.first) != code.source:
                self._busy = True
                self._background.run(
                    partial(highlight, code.source, code.language), partial(self.colour, code), self._failed
                )
                return

    def colour(self, code: Code, lines: list[list[Span]]) -> None:
        """Lays the colours over a block, if it is still there as it was read (or longer)."""
        self._busy = False
        still = any(c.first == code.first and c.source.startswith(code.source) for c in self._wanted)
        if still:
            self._sources[code.first] = code.source
            self._paint(code, lines)
        self._next()

    @Slot(object)
    def _failed(self, _error: object) -> None:
        # The code stays readable in one colour; the pool has logged what went wrong.
        self._busy = False

    def _paint(self, code: Code, lines: list[list[Span]]) -> None:
        shown = self._shown.setdefault(code.first, [])
        cursor = QTextCursor(self._document)
        cursor.beginEditBlock()
        block = self._document.findBlock(code.first)
        for row, spans in enumerate(lines):
            if row >= len(shown) or shown[row] != spans:
                block.layout().setFormats([self._range(span) for span in spans])
            block = block.next()
        cursor.endEditBlock()
        self._shown[code.first] = lines

    def _range(self, span: Span) -> QTextLayout.FormatRange:
        made = QTextLayout.FormatRange()
        made.start, made.length = span.start, span.length
        text = QTextCharFormat()
        text.setForeground(QColor(getattr(self._look, span.role)))
        if span.role == "comment":
            text.setFontItalic(True)
        made.format = text
        return made
