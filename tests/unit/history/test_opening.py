"""What a start may find: nothing, a newer file, a foreign one, a damaged one."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest

from assistant.core.errors import StorageError
from assistant.history.store import History
from tests.unit.history.conftest import indexes_are_right, open_in, query
from tests.unit.history.things import picture


def with_content(folder: Path) -> int:
    history = open_in(folder)
    conversation = history.new_conversation()
    message = history.add_message(conversation, "user", "walrus " * 400, state="sent")
    history.attach_picture(message, picture(), "screen")
    history.close()
    return conversation


def test_a_first_start_makes_the_folder(tmp_path: Path) -> None:
    history = open_in(tmp_path / "new" / "profile")
    assert (history.notice, history.conversations()) == ("", [])
    history.close()


def test_opening_and_closing_twice_is_harmless(folder: Path) -> None:
    history = open_in(folder)
    history.open()
    assert query(folder, "SELECT count(*) FROM sessions") == [(1,)]
    history.close()
    history.close()
    history.open()
    assert history.conversations() == []
    history.close()
    assert query(folder, "SELECT count(*) FROM sessions") == [(0,)]


def test_a_newer_database_is_refused_and_left_untouched(folder: Path) -> None:
    with_content(folder)
    query(folder, "INSERT INTO migrations VALUES('m999_from_the_future', 1.0)")
    before = (folder / "history.db").read_bytes()
    with pytest.raises(StorageError, match="newer version of Hearsight") as caught:
        open_in(folder)
    assert "Update" in caught.value.action
    assert (folder / "history.db").read_bytes() == before
    assert sorted(path.name for path in folder.iterdir()) == ["history.db", "history.db.lock", "media"]


def test_a_name_of_a_migration_that_damage_changed_is_no_newer_version(folder: Path) -> None:
    with_content(folder)
    query(folder, "UPDATE migrations SET name = 'm003_seasch' WHERE name = 'm003_search'")
    history = open_in(folder)
    assert "damaged" in history.notice
    history.close()


@pytest.mark.parametrize("kind", ["garbage", "text", "truncated", "header", "tail", "other"])
def test_a_broken_database_is_kept_aside_and_a_fresh_one_started(folder: Path, kind: str) -> None:
    with_content(folder)
    file = folder / "history.db"
    data = file.read_bytes()
    if kind == "other":
        file.unlink()
        connection = sqlite3.connect(file)
        connection.execute("CREATE TABLE bookmarks(url)")
        connection.close()
        broken = file.read_bytes()
    else:
        broken = {
            "garbage": bytes(range(256)) * 64,
            "text": b"not a database\n",
            "truncated": data[: len(data) // 2],
            "header": b"\0" * 100 + data[100:],
            "tail": data[:4096] + b"\xa5" * (len(data) - 4096),
        }[kind]
        file.write_bytes(broken)
    history = open_in(folder)
    (aside,) = folder.glob("history.db.broken-*")
    assert aside.read_bytes() == broken
    assert "damaged" in history.notice
    assert aside.name in history.notice
    assert history.conversations() == []
    conversation = history.new_conversation("goes on")
    history.close()
    history = open_in(folder)
    assert (history.notice, history.conversation(conversation).title) == ("", "goes on")
    history.close()
    assert len(list((folder / "media").glob("??/*"))) == 1  # the set-aside database's picture


def test_several_broken_files_lie_side_by_side(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "strftime", lambda *_: "20250101-120000")
    for content in (b"first broken file", b"second broken file", b"third broken file"):
        open_in(folder).close()
        (folder / "history.db").write_bytes(content)
    open_in(folder).close()
    asides = {path.name: path.read_bytes() for path in folder.glob("history.db.broken-*")}
    name = "history.db.broken-20250101-120000"
    assert asides == {
        name: b"first broken file",
        name + "-2": b"second broken file",
        name + "-3": b"third broken file",
    }


def test_damage_met_in_use_is_said_and_mended_at_the_next_start(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # As with a file that is too large to be checked at each start.
    monkeypatch.setattr("assistant.history.opening._CHECKED_ALWAYS", 0)
    conversation = with_content(folder)
    (root,) = query(folder, "SELECT rootpage FROM sqlite_master WHERE name = 'messages_of'")[0]
    (table,) = query(folder, "SELECT rootpage FROM sqlite_master WHERE name = 'messages'")[0]
    with (folder / "history.db").open("r+b") as file:
        for page in (root, table):
            file.seek((int(str(page)) - 1) * 4096)
            file.write(b"\xa5" * 4096)
    history = open_in(folder)
    assert len(history.conversations()) == 1
    with pytest.raises(StorageError, match="damaged") as caught:
        history.messages(conversation)
    assert "again" in caught.value.action
    history.close()
    history = open_in(folder)
    assert "kept as history.db.broken-" in history.notice
    history.close()


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE message_index_data SET block = x'00112233' WHERE id > 10",
        "UPDATE message_index_data SET block = x'00112233' WHERE id = 10",
        "DELETE FROM message_index_data WHERE id > 10",
    ],
)
def test_a_damaged_search_index_is_made_anew_and_nothing_is_lost(folder: Path, damage: str) -> None:
    conversation = with_content(folder)
    query(folder, damage)
    history = open_in(folder)
    message = history.add_message(conversation, "user", "seal", state="sent")
    assert history.notice == ""
    assert len(history.search("walrus")) == 1
    assert [hit.message_id for hit in history.search("seal")] == [message]
    history.close()
    indexes_are_right(folder)


def test_a_false_alarm_keeps_everything(folder: Path) -> None:
    conversation = with_content(folder)
    suspect = folder / "history.db.suspect"
    suspect.touch()
    history = open_in(folder)
    assert (history.notice, history.conversation(conversation) is not None) == ("", True)
    history.close()
    assert not suspect.exists()


def test_rights_of_others_are_taken_away(folder: Path) -> None:
    with_content(folder)
    (folder / "history.db").chmod(0o644)
    open_in(folder).close()
    assert (folder / "history.db").stat().st_mode & 0o777 == 0o600


def test_a_database_that_is_a_folder_says_so(tmp_path: Path) -> None:
    (tmp_path / "history.db").mkdir()
    with pytest.raises(StorageError, match="can't be written"):
        History(tmp_path / "history.db", tmp_path / "media").open()
