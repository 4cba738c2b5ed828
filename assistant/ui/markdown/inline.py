"""Writes a line of markdown (emphasis, code, links) at a text cursor. Nothing of it is ever parsed as HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markdown_it.token import Token
from PySide6.QtGui import QFont, QTextCharFormat, QTextCursor

from assistant.ui.markdown.formats import Formats

_BARE_ADDRESS = re.compile(r"https?://[^\s<>\"'`]*[^\s<>\"'`.,;:!?)\]]")
_LINE_BREAK = "\u2028"


def is_web_address(address: str) -> bool:
    """Whether a link may be opened at all: web pages only, no files, no scripts, no mail."""
    return address.lower().startswith(("http://", "https://"))


class InlineWriter:
    """Writes inline tokens, keeping track of the formats that are open."""

    def __init__(self, cursor: QTextCursor, formats: Formats, base: QTextCharFormat) -> None:
        self._cursor = cursor
        self._formats = formats
        self._open = [base]

    def write(self, tokens: Sequence[Token]) -> None:
        for token in tokens:
            if token.nesting == 1:
                self._open.append(self._opened(token))
            elif token.nesting == -1:
                self._open.pop()
            else:
                self._leaf(token)

    def _opened(self, token: Token) -> QTextCharFormat:
        made = QTextCharFormat(self._open[-1])
        if token.type == "strong_open":
            made.setFontWeight(QFont.Weight.Bold)
        elif token.type == "em_open":
            made.setFontItalic(True)
        elif token.type == "s_open":
            made.setFontStrikeOut(True)
        elif token.type == "link_open" and is_web_address(str(token.attrGet("href"))):
            return self._formats.link(made, str(token.attrGet("href")))
        return made

    def _leaf(self, token: Token) -> None:
        now = self._open[-1]
        if token.type in ("softbreak", "hardbreak"):
            # A model's line breaks mean something ("Total: 5⏎Date: 6"), so they stay.
            self._cursor.insertText(_LINE_BREAK, now)
        elif token.type == "code_inline":
            self._cursor.insertText(token.content, self._formats.inline_code(now))
        elif token.type == "image":
            # Pictures are never fetched; what they are called is shown.
            self._cursor.insertText(f"[{token.content or 'image'}]", now)
        else:
            self._text(token.content, now)

    def _text(self, text: str, now: QTextCharFormat) -> None:
        """Plain text; web addresses in it become links."""
        at = 0
        for match in () if now.isAnchor() else _BARE_ADDRESS.finditer(text):
            self._cursor.insertText(text[at : match.start()], now)
            self._cursor.insertText(match.group(), self._formats.link(now, match.group()))
            at = match.end()
        self._cursor.insertText(text[at:], now)
