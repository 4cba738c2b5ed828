"""Splits growing markdown into blocks. All but the last are finished: text that comes later can't change them.

That holds for CommonMark by its design (new lines only reach into the last open block), with one exception that is
left out on purpose: a link reference defined below its use.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

STEP = 2_000
"""Characters that one step takes in at most: parsing them stays well below one frame (16 ms)."""


@dataclass(frozen=True)
class Block:
    """A top-level block, or one item of a top-level list.

    Attributes:
        kind: markdown-it's name: "paragraph", "heading", "fence", "code_block", "table", "blockquote", "hr";
            or "item".
        tokens: the block's own, opening and closing ones included.
        number: of an ordered list's item; 0 in a bullet list.
        line: where it begins, counted in the text that was parsed.
    """

    kind: str
    tokens: tuple[Token, ...]
    line: int
    number: int = 0


class BlockStream:
    """Takes text in, gives blocks out.

    Only the tail that begins with the last block is parsed, again and again as it grows; a block leaves the tail
    once another one follows it.
    """

    def __init__(self) -> None:
        # Raw HTML stays text: an answer is data.
        self._markdown = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
        self._tail = ""
        self._waiting = ""
        self._number = 0

    def feed(self, text: str) -> None:
        self._waiting += text.replace("\r", "")

    @property
    def has_more(self) -> bool:
        """Whether text waits for another step."""
        return bool(self._waiting)

    def step(self) -> tuple[list[Block], Block | None]:
        """Takes in some of the waiting text.

        Returns:
            The blocks that are finished now, and the last one, which may still change (None: nothing yet). The last
            one replaces the last one of the step before, or is among the finished ones.
        """
        take = self._take()
        self._tail += self._waiting[:take]
        self._waiting = self._waiting[take:]
        blocks = list(self._blocks())
        if not blocks:
            return [], None
        last = blocks[-1]
        if len(blocks) > 1:
            self._tail = _from_line(self._tail, last.line)
            self._number = last.number
        return blocks[:-1], last

    def _take(self) -> int:
        """How much to take in: up to a line's end where there is one."""
        if len(self._waiting) <= STEP:
            return len(self._waiting)
        end = self._waiting.rfind("\n", 0, STEP)
        return end + 1 if end >= 0 else STEP

    def _blocks(self) -> Iterator[Block]:
        tokens = self._markdown.parse(self._tail)
        # The tail may begin in mid-list: its first item keeps the number that it has in the whole list.
        number = self._number
        at = 0
        while at < len(tokens):
            end = closing(tokens, at)
            kind = _kind(tokens[at])
            if kind.endswith("_list"):
                first = number or int(tokens[at].attrGet("start") or 1)
                yield from items_of(tokens[at + 1 : end], first if kind == "ordered_list" else 0)
            else:
                yield Block(kind, tuple(tokens[at : end + 1]), _line(tokens[at]))
            number = 0
            at = end + 1


def items_of(tokens: Sequence[Token], number: int) -> Iterator[Block]:
    """A list's items, from its inner tokens; `number` is the first one's, 0 in a bullet list."""
    at = 0
    while at < len(tokens):
        end = closing(tokens, at)
        yield Block("item", tuple(tokens[at : end + 1]), _line(tokens[at]), number)
        number += 1 if number else 0
        at = end + 1


def closing(tokens: Sequence[Token], at: int) -> int:
    """The index of the token that closes the one at `at`."""
    depth = 0
    for index in range(at, len(tokens)):
        depth += tokens[index].nesting
        if depth == 0:
            return index
    return len(tokens) - 1


def _kind(token: Token) -> str:
    return token.type.removesuffix("_open")


def _line(token: Token) -> int:
    return token.map[0] if token.map else 0


def _from_line(text: str, line: int) -> str:
    at = 0
    for _ in range(line):
        at = text.index("\n", at) + 1
    return text[at:]
