"""Writes blocks at the end of a document, and rewrites only the last one as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from markdown_it.token import Token
from PySide6.QtGui import QTextBlockFormat, QTextCharFormat, QTextCursor, QTextDocument

from assistant.ui.markdown.blocks import Block, closing, items_of
from assistant.ui.markdown.formats import INDENT, Formats
from assistant.ui.markdown.inline import InlineWriter
from assistant.ui.markdown.tables import write_table


@dataclass(frozen=True)
class Code:
    """A code block: document positions of its first and last line's beginning, and what it holds."""

    first: int
    last: int
    language: str
    source: str


@dataclass(frozen=True)
class Quote:
    """A quotation: document positions in its first and last block, and how deep it is nested."""

    first: int
    last: int
    depth: int


@dataclass(frozen=True)
class _Place:
    """Where a block stands: its list level and its quotation depth."""

    level: int = 0
    depth: int = 0


class DocumentWriter:
    """The way from blocks to a document. `codes`, `quotes` and `rules` (document positions) say where those
    are, for the one who paints behind them."""

    def __init__(self, document: QTextDocument, formats: Formats) -> None:
        self.codes: list[Code] = []
        self.quotes: list[Quote] = []
        self.rules: list[int] = []
        self._document = document
        self._formats = formats
        self._cursor = QTextCursor(document)
        self._empty = True
        self._open: Block | None = None
        self._open_at = 0
        self._before = QTextBlockFormat()
        document.setIndentWidth(INDENT)
        document.setDocumentMargin(0)

    def update(self, finished: Sequence[Block], last: Block | None) -> None:
        """Brings the document up to date with one step of a `BlockStream`."""
        blocks = [*finished, last] if last is not None else list(finished)
        if not blocks:
            return
        self._cursor.beginEditBlock()
        self._replace_open(blocks[0])
        for block in blocks[1:]:
            self._append(block)
        self._cursor.endEditBlock()

    def _replace_open(self, block: Block) -> None:
        """The first block of a step is the last one's newer state."""
        if self._open is None:
            self._append(block)
        elif _same(self._open, block):
            self._open = block
        elif (added := _code_added(self._open, block)) is not None:
            self._extend_code(added, block)
        else:
            self._remove_open()
            self._append(block)

    def _append(self, block: Block) -> None:
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        self._open, self._open_at = block, 0 if self._empty else self._cursor.position()
        self._before = self._cursor.blockFormat()
        if block.kind == "item":
            self._item(block.tokens, block.number, _Place(level=1))
        else:
            self._blocks(block.tokens, _Place())

    def _remove_open(self) -> None:
        self._cursor.setPosition(self._open_at)
        self._cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        self._cursor.removeSelectedText()
        # An empty block (a rule, the one after a table) would take over the format of what was removed behind it.
        self._cursor.setBlockFormat(self._before)
        self._empty = self._open_at == 0
        self.codes = [code for code in self.codes if code.first < self._open_at]
        self.quotes = [quote for quote in self.quotes if quote.first < self._open_at]
        self.rules = [rule for rule in self.rules if rule < self._open_at]

    def _blocks(self, tokens: Sequence[Token], place: _Place) -> None:
        at = 0
        while at < len(tokens):
            end = closing(tokens, at)
            self._block(tokens[at], tokens[at + 1 : end], place)
            at = end + 1

    def _block(self, opening: Token, inner: Sequence[Token], place: _Place) -> None:
        kind = opening.type.removesuffix("_open")
        if kind == "heading":
            self._begin(self._formats.block(top=10, bottom=6, indent=place.level, quote=place.depth))
            self._inline(inner, self._formats.heading(opening.tag))
        elif kind in ("fence", "code_block"):
            self._code(opening, place)
        elif kind in ("bullet_list", "ordered_list"):
            number = int(opening.attrGet("start") or 1) if kind == "ordered_list" else 0
            for item in items_of(inner, number):
                self._item(item.tokens, item.number, replace(place, level=place.level + 1))
        elif kind == "blockquote":
            self._quote(inner, replace(place, depth=place.depth + 1))
        elif kind == "table":
            self._begin(self._formats.block(bottom=0))
            write_table(self._cursor, inner, self._formats)
            self._cursor.movePosition(QTextCursor.MoveOperation.End)
        elif kind == "hr":
            self._begin(self._formats.block(top=4, bottom=12))
            self.rules.append(self._cursor.position())
        else:
            self._begin(self._formats.block(indent=place.level, quote=place.depth))
            self._inline(inner, self._formats.text())

    def _item(self, tokens: Sequence[Token], number: int, place: _Place) -> None:
        """One list item: its marker stands at its first paragraph, what follows is indented as deep."""
        inner = tokens[1:-1]
        self._begin(self._formats.block(quote=place.depth, bottom=4))
        self._cursor.createList(self._formats.list_item(level=place.level, number=number))
        if inner and inner[0].type == "paragraph_open":
            end = closing(inner, 0)
            self._inline(inner[1:end], self._formats.text())
            inner = inner[end + 1 :]
        self._blocks(inner, place)

    def _quote(self, inner: Sequence[Token], place: _Place) -> None:
        first = self._cursor.position() + (0 if self._empty else 1)
        self._blocks(inner, place)
        self.quotes.append(Quote(first, self._cursor.position(), place.depth))

    def _code(self, token: Token, place: _Place) -> None:
        lines = _source(token).split("\n")
        formats = [self._code_format(place, at, len(lines)) for at in (0, 1)]
        self._begin(formats[0])
        first = self._cursor.position()
        text = self._formats.code()
        self._cursor.insertText(lines[0], text)
        if len(lines) > 1:
            self._cursor.insertBlock(formats[1], text)
            self._cursor.insertText("\n".join(lines[1:]), text)
            self._cursor.setBlockFormat(self._code_format(place, len(lines) - 1, len(lines)))
        self.codes.append(Code(first, self._cursor.block().position(), _language(token), "\n".join(lines)))

    def _extend_code(self, added: str, block: Block) -> None:
        """More lines of an open code block: what stands there stays untouched."""
        code, count = self.codes[-1], self.codes[-1].source.count("\n") + 1
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        head, *rest = added.split("\n")
        self._cursor.insertText(head, self._formats.code())
        if rest:
            total = count + len(rest)
            self._cursor.setBlockFormat(self._code_format(_Place(), count - 1, total))
            self._cursor.insertBlock(self._code_format(_Place(), count, total + 1), self._formats.code())
            self._cursor.insertText("\n".join(rest), self._formats.code())
            self._cursor.setBlockFormat(self._code_format(_Place(), total - 1, total))
        self.codes[-1] = replace(code, last=self._cursor.block().position(), source=code.source + added)
        self._open = block

    def _code_format(self, place: _Place, line: int, lines: int) -> QTextBlockFormat:
        return self._formats.code_line(indent=place.level, quote=place.depth, first=line == 0, last=line == lines - 1)

    def _begin(self, block_format: QTextBlockFormat) -> None:
        """A fresh text block at the end; the document's own first one serves the first."""
        self._cursor.movePosition(QTextCursor.MoveOperation.End)
        if self._empty:
            self._cursor.setBlockFormat(block_format)
            self._cursor.setBlockCharFormat(QTextCharFormat())
        else:
            self._cursor.insertBlock(block_format, QTextCharFormat())
        self._empty = False

    def _inline(self, tokens: Sequence[Token], base: QTextCharFormat) -> None:
        writer = InlineWriter(self._cursor, self._formats, base)
        for token in tokens:
            writer.write(token.children or ())


def _same(old: Block, new: Block) -> bool:
    return old.kind == new.kind and old.tokens == new.tokens and old.number == new.number


def _code_added(old: Block, new: Block) -> str | None:
    """What a growing fence got since; None where it is something else or has changed before its end."""
    if old.kind != "fence" or new.kind != "fence" or old.tokens[0].info != new.tokens[0].info:
        return None
    before, after = _source(old.tokens[0]), _source(new.tokens[0])
    return after[len(before) :] if after.startswith(before) else None


def _source(token: Token) -> str:
    return token.content.removesuffix("\n")


def _language(token: Token) -> str:
    words = token.info.split()
    return words[0] if words else ""
