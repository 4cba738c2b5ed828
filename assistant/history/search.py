"""Finding words in messages and titles. Any input is safe; the newest come first."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from dataclasses import dataclass

from assistant.history import signs
from assistant.history.models import HIT_END, HIT_START, Hit

_MOST_WORDS = 16
_MOST_CHARACTERS = 400
"""Of a query; more is a pasted text, whose beginning finds it as well."""

_SNIPPET_TOKENS = 16
_CONTEXT = 40
"""Characters round a match that was not found by words."""


@dataclass(frozen=True)
class Query:
    """What was asked for.

    Attributes:
        words: an expression for the indexes of words; "" when there is no word in the query.
        signs: an expression for the index of signs; "" when there are none.
        parts: what must also stand in the text exactly as it is: whatever the indexes cut into pieces.
    """

    words: str
    signs: str
    parts: tuple[str, ...]


def parse(text: str) -> Query:
    """Every word must be found, as the beginning of a word. Nothing in it is an operator."""
    cleaned = "".join(" " if unicodedata.category(char) in ("Cc", "Cs") else char for char in text[:_MOST_CHARACTERS])
    given = cleaned.split()[:_MOST_WORDS]
    looked_up = [word for word in given if _is_word(word)]
    parts = [word for word in given if not _is_word(word)]
    words = " ".join('"' + word.replace('"', '""') + '"*' for word in looked_up)
    return Query(words, " ".join(filter(None, map(signs.phrases, parts))), tuple(parts))


def search(db: sqlite3.Connection, text: str, limit: int) -> list[Hit]:
    """Messages that hold all words, the newest first, then conversations of which only the title does."""
    query = parse(text)
    if not (query.words or query.parts):
        return []
    hits = _in_messages(db, query, limit)
    found = {hit.conversation_id for hit in hits}
    titles = _in_titles(db, query, limit) if len(hits) < limit else []
    return (hits + [hit for hit in titles if hit.conversation_id not in found])[:limit]


def _in_messages(db: sqlite3.Connection, query: Query, limit: int) -> list[Hit]:
    indexes = [("message_index", query.words), ("sign_index", query.signs)]
    return _find(
        db,
        query,
        limit,
        indexes=[(index, expression) for index, expression in indexes if expression],
        table="messages m JOIN conversations c ON c.id = m.conversation_id",
        row="m.id",
        text="m.text",
        fields="c.id, m.id, c.title, m.created",
        condition="m.state <> 'streaming'",
    )


def _in_titles(db: sqlite3.Connection, query: Query, limit: int) -> list[Hit]:
    # No index of signs here: titles are few and short enough to be read one after the other.
    return _find(
        db,
        query,
        limit,
        indexes=[("title_index", query.words)] if query.words else [],
        table="conversations c",
        row="c.id",
        text="c.title",
        fields="c.id, (SELECT min(id) FROM messages WHERE conversation_id = c.id), c.title, c.updated",
        condition="EXISTS (SELECT 1 FROM messages WHERE conversation_id = c.id)",
    )


def _find(
    db: sqlite3.Connection,
    query: Query,
    limit: int,
    *,
    indexes: list[tuple[str, str]],
    table: str,
    row: str,
    text: str,
    fields: str,
    condition: str,
) -> list[Hit]:
    """Rows of `table` whose `text` matches, by `row` downwards.

    That order is the newest first, and the first index gives it without sorting and stops at the limit: a word that
    stands in half of all messages costs as little as a rare one, where a rank would have to weigh every match.
    """
    conditions = [f"c.trashed IS NULL AND {condition}", *(f"{text} LIKE ? ESCAPE '\\'" for _ in query.parts)]
    values = [f"%{_escaped(part)}%" for part in query.parts]
    source, order, shown = table, row, text
    for number, (index, expression) in enumerate(indexes):
        if number == 0:
            source, order = f"{index} CROSS JOIN {table}", f"{index}.rowid"
            conditions.append(f"{row} = {index}.rowid AND {index} MATCH ?")
        else:
            conditions.append(f"{row} IN (SELECT rowid FROM {index} WHERE {index} MATCH ?)")
        values.append(expression)
    if query.words:
        shown = f"snippet({indexes[0][0]}, 0, char(2), char(3), '…', {_SNIPPET_TOKENS})"
    sql = f"SELECT {fields}, {shown} FROM {source} WHERE {' AND '.join(conditions)} ORDER BY {order} DESC LIMIT ?"
    return [_hit(found, query) for found in db.execute(sql, (*values, limit))]


def _hit(row: tuple[int, int, str, float, str], query: Query) -> Hit:
    conversation, message, title, created, text = row
    return Hit(conversation, message, title, text if query.words else _around(text, query.parts), created)


def _is_word(word: str) -> bool:
    """Whether the index of words has something to look up for it, and would find it where it stands."""
    return any(unicodedata.category(char)[0] in "LN" for char in word) and not signs.has_signs(word)


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
