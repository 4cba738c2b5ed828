"""Migrations by name: from old files, from any earlier state, whole or not at all."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.history import schema
from assistant.history.models import STATES
from tests.unit.history.conftest import indexes_are_right, open_in, query

OLD = Path(__file__).parent / "old"
NAMES = [migration.__name__ for migration in schema.MIGRATIONS]


def connect(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    schema.register(connection)
    return connection


def test_an_old_file_keeps_its_content_and_becomes_searchable(folder: Path) -> None:
    connection = connect(folder / "history.db")
    connection.executescript((OLD / "m002_media.sql").read_text(encoding="utf-8"))
    connection.close()
    history = open_in(folder)
    assert history.notice == ""
    assert [(c.title, c.pinned, c.updated) for c in history.conversations()] == [
        ("What is on my screen?", True, 1735689660.0),
        ("Einkaufsliste für Café", False, 1735689700.0),
    ]
    question, answer = history.messages(1)
    assert (question.text, question.screen_text) == ("What is on my screen?", "Total 42")
    assert question.attachments[0].meta == {"width": 2}
    assert (answer.usage, answer.timings, answer.model) == ({"prompt_tokens": 7}, {"total": 1.5}, "Qwen2.5-Coder 1.5B")
    assert [len(history.search(words)) for words in ("invoice", "牛", "cafe", "thrown")] == [1, 1, 1, 0]
    history.restore(3)
    assert [c.title for c in history.conversations()][1] == "thrown away"
    history.close()
    indexes_are_right(folder)


def test_the_released_migrations_still_make_the_same_tables(tmp_path: Path) -> None:
    old, new = connect(tmp_path / "old.db"), connect(tmp_path / "new.db")
    old.executescript((OLD / "m002_media.sql").read_text(encoding="utf-8"))
    schema.migrate(new, schema.MIGRATIONS[:2])
    tables = "SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY name"
    spaced = [[(name, " ".join(sql.split())) for name, sql in each.execute(tables)] for each in (old, new)]
    old.close()
    new.close()
    assert spaced[0] == spaced[1] != []


@pytest.mark.parametrize("done", range(len(NAMES) + 1))
def test_every_earlier_state_arrives_at_the_same_tables(folder: Path, done: int) -> None:
    connection = connect(folder / "history.db")
    schema.migrate(connection, schema.MIGRATIONS[:done])
    assert schema.migrate(connection) == NAMES[done:]
    assert schema.migrate(connection) == []
    assert sorted(schema.applied(connection)) == NAMES
    found = connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    connection.close()
    fresh = connect(folder / "fresh.db")
    schema.migrate(fresh)
    assert found == fresh.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
    fresh.close()


storable = st.text(st.characters(exclude_characters="\0\x02\x03", exclude_categories=["Cs"]), max_size=40)
messages = st.lists(st.tuples(st.sampled_from(["user", "assistant"]), storable, st.sampled_from(STATES)), max_size=6)


@settings(max_examples=60, deadline=None)
@given(done=st.integers(1, len(NAMES)), title=storable, rows=messages)
def test_any_content_of_any_earlier_state_survives(
    tmp_path_factory: pytest.TempPathFactory, done: int, title: str, rows: list[tuple[str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("old")
    connection = connect(folder / "history.db")
    schema.migrate(connection, schema.MIGRATIONS[:done])
    connection.execute("INSERT INTO conversations VALUES(7, ?, 1, 1, 5.5, 6.5, NULL)", (title,))
    for role, text, state in rows:
        connection.execute(
            "INSERT INTO messages(conversation_id, role, text, state, created, usage) VALUES(7, ?, ?, ?, 5.5, ?)",
            (role, text, state, '{"n": 1}'),
        )
    connection.close()
    history = open_in(folder)
    (conversation,) = history.conversations()
    assert (conversation.id, conversation.title, conversation.created, conversation.updated) == (7, title, 5.5, 6.5)
    found = history.messages(7)
    assert [(m.role, m.text) for m in found] == [(role, text) for role, text, _ in rows]
    assert [m.state for m in found] == [("interrupted" if state == "streaming" else state) for _, _, state in rows]
    assert all(m.usage == {"n": 1} for m in found)
    history.close()
    indexes_are_right(folder)


def test_a_migration_that_fails_leaves_nothing_behind(folder: Path) -> None:
    connection = connect(folder / "history.db")
    schema.migrate(connection)
    before = connection.execute("SELECT * FROM sqlite_master").fetchall()

    def m900_breaks(db: sqlite3.Connection) -> None:
        db.execute("CREATE TABLE extra(x)")
        db.execute("INSERT INTO nowhere VALUES(1)")

    with pytest.raises(sqlite3.OperationalError):
        schema.migrate(connection, (*schema.MIGRATIONS, m900_breaks))
    assert connection.execute("SELECT * FROM sqlite_master").fetchall() == before
    assert sorted(schema.applied(connection)) == NAMES
    connection.close()


def test_names_are_in_order_and_kept_in_the_file(folder: Path) -> None:
    open_in(folder).close()
    assert sorted(NAMES) == NAMES
    assert [name for (name,) in query(folder, "SELECT name FROM migrations ORDER BY name")] == NAMES
