"""Colours for code: source text to coloured stretches. Free of Qt, so that it can run on any thread."""

from __future__ import annotations

from typing import NamedTuple

LONGEST = 60_000
"""Characters; longer code stays in one colour."""


class Span(NamedTuple):
    """A coloured stretch of a line, counted in UTF-16 units as Qt does; `role` is a colour's name in the theme."""

    start: int
    length: int
    role: str


def highlight(source: str, language: str) -> list[list[Span]]:
    """The coloured stretches of each line; none where the language is not known."""
    lines: list[list[Span]] = [[] for _ in range(source.count("\n") + 1)]
    if not language or len(source) > LONGEST:
        return lines
    row = column = 0
    for kind, text in _tokens(source, language):
        role = _role(kind)
        for at, part in enumerate(text.split("\n")):
            if at:
                row, column = row + 1, 0
            width = len(part.encode("utf-16-le")) // 2
            if role and width:
                lines[row].append(Span(column, width, role))
            column += width
    return lines


def _tokens(source: str, language: str) -> list[tuple[str, str]]:
    # Loaded at the first code block, not with the window.
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return []
    return [(str(kind), text) for kind, text in lexer.get_tokens(source)]


def _role(kind: str) -> str:
    """The theme's colour for one of pygments' token types ("Token.Literal.String.Doc")."""
    for part, role in _ROLES:
        if part in kind:
            return role
    return ""


_ROLES = (
    ("Comment", "comment"),
    ("String", "string"),
    ("Number", "number"),
    ("Keyword", "keyword"),
    ("Operator.Word", "keyword"),
    ("Name.Function", "function"),
    ("Name.Class", "function"),
    ("Name.Builtin", "function"),
    ("Name.Tag", "keyword"),
    ("Name.Attribute", "function"),
    ("Name.Decorator", "number"),
)
