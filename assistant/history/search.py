"""Finding words in messages and titles. Any input is safe; the newest come first."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from dataclasses import dataclass

from assistant.history.models import HIT_END, HIT_START, Hit

_MOST_WORDS = 16
_MOST_CHARACTERS = 400
"""Of a query; more is a pasted text, whose beginning finds it as well."""

_SNIPPET_TOKENS = 16
_CONTEXT = 40
"""Characters round a match that was not found by words."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Kana and Han: written without spaces, so a sentence is a single word to the index."""


@dataclass(frozen=True)
class Query:
    """What was asked for.

    Attributes:
        match: an expression for the full-text index; "" when no word can be looked up there.
        parts: what must also stand in the text as it is: words of scripts without spaces, and symbols.
    """

    match: str
    parts: tuple[str, ...]


def parse(words: str) -> Query:
    """Every word must be found, as the beginning of a word. Nothing is an operator."""
    cleaned = "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in words[:_MOST_CHARACTERS])
    given = cleaned.split()[:_MOST_WORDS]
    indexed = [word for word in given if _is_indexed(word)]
    match = " ".join('"' + word.replace('"', '""') + '"*' for word in indexed)
    return Query(match, tuple(word for word in given if not _is_indexed(word)))


def search(db: sqlite3.Connection, words: str, limit: int) -> list[Hit]:
    """Messages that hold all words, the newest first, then conversations of which only the title does."""
    query = parse(words)
    if not (query.match or query.parts):
        return []
    hits = _find(db, query, limit, _MESSAGES)
    found = {hit.conversation_id for hit in hits}
    titles = _find(db, query, limit, _TITLES) if len(hits) < limit else []
    return (hits + [hit for hit in titles if hit.conversation_id not in found])[:limit]


@dataclass(frozen=True)
class _Place:
    """A column to search: its index, and how its rows lead to a conversation and a message."""

    index: str
    column: str
    rows: str
    row: str
    fields: str


_MESSAGES = _Place(
    "message_index",
    "m.text",
    "messages m JOIN conversations c ON c.id = m.conversation_id AND m.state <> 'streaming'",
    "m.id",
    "c.id, m.id, c.title, m.created",
)
_TITLES = _Place(
    "title_index",
    "c.title",
    "conversations c",
    "c.id",
    "c.id, coalesce((SELECT min(id) FROM messages WHERE conversation_id = c.id), 0), c.title, c.updated",
)


def _find(db: sqlite3.Connection, query: Query, limit: int, place: _Place) -> list[Hit]:
    # By row id downwards the index gives the newest first and can stop at the limit: a word that stands in half of
    # all messages costs as little as a rare one, where a rank would have to weigh every match.
    contains = "".join(f" AND {place.column} LIKE ? ESCAPE '\\'" for _ in query.parts)
    shown = f"SELECT {place.fields}"
    patterns = [f"%{_escaped(part)}%" for part in query.parts]
    if query.match:
        snippet = f"snippet({place.index}, 0, char(2), char(3), '…', {_SNIPPET_TOKENS})"
        sql = (
            f"{shown}, {snippet} FROM {place.index} CROSS JOIN {place.rows} WHERE {place.row} = {place.index}.rowid "
            f"AND {place.index} MATCH ? AND c.trashed IS NULL{contains} ORDER BY {place.index}.rowid DESC LIMIT ?"
        )
        return [
            Hit(c, m, title, text, when) for c, m, title, when, text in db.execute(sql, (query.match, *patterns, limit))
        ]
    sql = (
        f"{shown}, {place.column} FROM {place.rows} WHERE c.trashed IS NULL{contains} ORDER BY {place.row} DESC LIMIT ?"
    )
    rows = db.execute(sql, (*patterns, limit))
    return [Hit(c, m, title, _around(text, query.parts), when) for c, m, title, when, text in rows]


def _is_indexed(word: str) -> bool:
    """Whether the index's tokenizer finds something to look up in the word, and cuts texts where the word begins."""
    has_token = any(unicodedata.category(char)[0] in "LN" for char in word)
    return has_token and not _UNSPACED.search(word)


def _escaped(part: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", part)


def _around(text: str, parts: tuple[str, ...]) -> str:
    """The text round the first match, with every match in it marked."""
    anything = re.compile("|".join(map(re.escape, sorted(parts, key=len, reverse=True))), re.IGNORECASE)
    first = anything.search(text)
    begin = max(0, first.start() - _CONTEXT) if first else 0
    end = (first.end() if first else 0) + _CONTEXT
    marked = anything.sub(lambda match: f"{HIT_START}{match.group()}{HIT_END}", text[begin:end])
    return ("…" if begin else "") + marked + ("…" if end < len(text) else "")
