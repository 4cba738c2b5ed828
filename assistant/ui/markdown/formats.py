"""Character and block formats of a rendered answer, from the theme's tokens."""

from __future__ import annotations

from PySide6.QtGui import QColor, QFont, QTextBlockFormat, QTextCharFormat, QTextListFormat

from assistant.ui.theme import Tokens, code_font

INDENT = 26
"""Pixels that each list level moves right; holds a marker of two digits."""
QUOTE_INDENT = 16
CODE_INSET = 12
CODE_HEADER = 30
"""Pixels above a code block's first line: the language and the Copy button lie there."""
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
_LINE_HEIGHT, _CODE_LINE_HEIGHT = 145, 130
_HEADING_GROWTH = {"h1": 5, "h2": 3, "h3": 1}


class Formats:
    """One answer's formats, for one theme and one font size in pixels."""

    def __init__(self, look: Tokens, size: int) -> None:
        self.look = look
        self.size = size

    def text(self) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setForeground(QColor(self.look.text))
        return made

    def heading(self, tag: str) -> QTextCharFormat:
        made = self.text()
        font = QFont()
        font.setPixelSize(self.size + _HEADING_GROWTH.get(tag, 0))
        font.setWeight(QFont.Weight.DemiBold)
        made.setFont(font, QTextCharFormat.FontPropertiesInheritanceBehavior.FontPropertiesSpecifiedOnly)
        return made

    def code(self) -> QTextCharFormat:
        made = self.text()
        made.setFont(code_font(self.size - 1))
        return made

    def inline_code(self, base: QTextCharFormat) -> QTextCharFormat:
        made = QTextCharFormat(base)
        made.setFontFamilies(code_font(self.size).families())
        made.setFontFixedPitch(True)
        made.setBackground(QColor(self.look.hover))
        return made

    def link(self, base: QTextCharFormat, address: str) -> QTextCharFormat:
        """Marked as a link; its address shows under the pointer."""
        made = QTextCharFormat(base)
        made.setAnchor(True)
        made.setAnchorHref(address)
        made.setToolTip(address)
        made.setForeground(QColor(self.look.accent))
        made.setFontUnderline(True)
        return made

    def block(self, *, indent: int = 0, quote: int = 0, top: float = 0, bottom: float = 8) -> QTextBlockFormat:
        made = QTextBlockFormat()
        made.setLineHeight(_LINE_HEIGHT, _PROPORTIONAL)
        made.setLeftMargin(quote * QUOTE_INDENT)
        made.setIndent(indent)
        made.setTopMargin(top)
        made.setBottomMargin(bottom)
        return made

    def cell(self) -> QTextBlockFormat:
        """A table cell's: its padding is room enough, so lines stand close."""
        made = QTextBlockFormat()
        made.setLineHeight(115, _PROPORTIONAL)
        return made

    def code_line(self, *, indent: int, quote: int, first: bool, last: bool) -> QTextBlockFormat:
        made = QTextBlockFormat()
        made.setLineHeight(_CODE_LINE_HEIGHT, _PROPORTIONAL)
        made.setLeftMargin(indent * INDENT + quote * QUOTE_INDENT + CODE_INSET)
        made.setRightMargin(CODE_INSET)
        made.setTopMargin(CODE_HEADER + 6 if first else 0)
        made.setBottomMargin(CODE_INSET + 8 if last else 0)
        return made

    def list_item(self, *, level: int, number: int) -> QTextListFormat:
        made = QTextListFormat()
        made.setIndent(level)
        if number:
            made.setStyle(QTextListFormat.Style.ListDecimal)
            made.setStart(number)
        else:
            styles = (QTextListFormat.Style.ListDisc, QTextListFormat.Style.ListCircle)
            made.setStyle(styles[min(level - 1, 1)])
        return made
