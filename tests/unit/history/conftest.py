"""A history in a folder of its own, and ways to look into its file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.history import schema
from assistant.history.store import History


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def history(folder: Path) -> Iterator[History]:
    opened = open_in(folder)
    yield opened
    opened.close()


def open_in(folder: Path) -> History:
    history = History(folder / "history.db", folder / "media")
    history.open()
    return history


def query(folder: Path, sql: str, *values: object) -> list[tuple[object, ...]]:
    """Rows of the file, read past the store."""
    connection = sqlite3.connect(folder / "history.db", isolation_level=None)
    try:
        schema.register(connection)
        return connection.execute(sql, values).fetchall()
    finally:
        connection.close()


def indexes_are_right(folder: Path) -> None:
    """FTS5's own check compares each index with the texts that it stands for, and raises where they differ."""
    for index in ("message_index", "title_index"):
        query(folder, f"INSERT INTO {index}({index}, rank) VALUES('integrity-check', 1)")
    query(folder, "INSERT INTO sign_index(sign_index) VALUES('integrity-check')")
    indexed = "SELECT id FROM messages WHERE state <> 'streaming' AND signs(CAST(text AS BLOB)) <> ''"
    assert query(folder, "SELECT id FROM sign_index_docsize ORDER BY id") == query(folder, f"{indexed} ORDER BY id")
