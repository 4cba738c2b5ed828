"""Listing, naming, pinning, trashing and deleting conversations."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from assistant.core.errors import StorageError
from assistant.core.media import Clip
from assistant.history.store import History
from tests.unit.history.conftest import indexes_are_right, open_in, query
from tests.unit.history.things import noise, picture


def ask(history: History, question: str, answer: str = "An answer.") -> int:
    conversation = history.new_conversation()
    history.add_message(conversation, "user", question, state="sent")
    history.add_message(conversation, "assistant", answer, state="done")
    return conversation


def test_pinned_ones_come_first_then_the_newest(history: History) -> None:
    oldest, middle, newest = (ask(history, word) for word in ("first", "second", "third"))
    history.pin(oldest, True)
    assert [c.id for c in history.conversations()] == [oldest, newest, middle]
    history.pin(oldest, False)
    assert [c.id for c in history.conversations()] == [newest, middle, oldest]


def test_pages_go_on_where_the_last_one_ended(history: History) -> None:
    made = [ask(history, f"question {n}") for n in range(7)]
    history.pin(made[0], True)
    first = history.conversations(limit=4)
    rest = history.conversations(limit=4, before=first[-1].updated)
    assert [c.id for c in first + rest] == [made[0], *reversed(made[1:])]


def test_the_first_question_titles_the_conversation(history: History) -> None:
    conversation = history.new_conversation()
    history.add_message(conversation, "user", "", state="draft")
    assert history.conversation(conversation).title == ""
    question = history.messages(conversation)[0].id
    history.update(question, text="Where is the invoice? I need it.", state="sent")
    assert history.conversation(conversation).title == "Where is the invoice?"
    history.add_message(conversation, "user", "Another question", state="sent")
    assert history.conversation(conversation).title == "Where is the invoice?"
    history.update(question, text="Where is the in-voice?")
    assert history.conversation(conversation).title == "Where is the in-voice?"


def test_a_name_of_the_users_stays_until_it_is_cleared(history: History) -> None:
    conversation = ask(history, "What is this?")
    history.rename(conversation, "  My\nname ")
    history.update(history.messages(conversation)[0].id, text="Something else")
    assert history.conversation(conversation).title == "My name"
    history.rename(conversation, "")
    assert history.conversation(conversation).title == "Something else"
    assert history.conversation(history.new_conversation("Given")).title == "Given"


def test_trash_hides_and_restore_brings_back(history: History) -> None:
    conversation = ask(history, "Find the walrus")
    history.trash(conversation)
    assert (history.conversations(), history.search("walrus"), history.latest()) == ([], [], None)
    history.restore(conversation)
    assert [c.id for c in history.conversations()] == [conversation]
    assert len(history.search("walrus")) == 1


def test_purging_takes_only_what_was_trashed_long_enough(history: History) -> None:
    kept, gone = ask(history, "kept"), ask(history, "gone")
    history.trash(gone)
    history.purge_trash(older_than_seconds=60)
    history.restore(gone)
    assert history.conversation(gone) is not None
    history.trash(gone)
    history.purge_trash()
    assert history.conversation(gone) is None
    assert history.conversation(kept) is not None


def test_deleting_leaves_no_trace_in_any_file(history: History, folder: Path) -> None:
    others = [ask(history, f"About walruses {n}", "They whistle.") for n in range(20)]
    secret = ask(history, "Xylophonist Quetzalcoatl?", "Zyzzyva 秘密 indeed.")
    first, second = history.messages(secret)
    history.attach_picture(first.id, picture(), "screen")
    history.attach_clip(second.id, Clip(noise(100)))
    history.rename(secret, "Kwyjibo")
    history.delete(secret)
    assert history.conversation(secret) is None
    assert history.messages(secret) == []
    assert [len(history.search(word)) for word in ("xylophonist", "zyzzyva", "kwyjibo", "秘密")] == [0, 0, 0, 0]
    assert len(history.search("walruses")) == len(others)
    assert query(folder, "SELECT * FROM media") == query(folder, "SELECT * FROM attachments") == []
    assert [path for path in (folder / "media").rglob("*") if path.is_file()] == []
    indexes_are_right(folder)
    files = b"".join(path.read_bytes().lower() for path in folder.glob("history.db*"))
    # The beginnings of words would stand in the prefix indexes as well.
    assert [word for word in (b"xylop", b"quetz", b"zyzz", b"kwyj", b"u79d8", "秘密".encode()) if word in files] == []


def test_the_latest_is_where_the_last_turn_happened(history: History) -> None:
    assert history.latest() is None
    first = ask(history, "one")
    ask(history, "two")
    before = time.time()
    history.add_message(first, "user", "more", state="sent")
    identity, when = history.latest()
    assert identity == first
    assert before <= when <= time.time()


def test_a_turn_lasts_until_its_answer_ends(history: History) -> None:
    first, second = ask(history, "one"), ask(history, "two")
    answer = history.add_message(first, "assistant", state="streaming")
    history.add_message(second, "user", "meanwhile", state="sent")
    history.append(answer, "text")
    assert history.latest()[0] == second
    history.update(answer, state="done")
    assert history.latest()[0] == first


def test_everything_is_there_after_a_restart(folder: Path) -> None:
    history = open_in(folder)
    conversation = ask(history, "Where is the invoice?", "There.")
    before = (history.conversations(), history.messages(conversation))
    history.close()
    history = open_in(folder)
    assert (history.conversations(), history.messages(conversation)) == before
    assert history.notice == ""
    history.close()


def test_a_question_to_a_deleted_conversation_says_so(history: History) -> None:
    conversation = ask(history, "gone")
    history.delete(conversation)
    with pytest.raises(StorageError, match="deleted"):
        history.add_message(conversation, "user", "hello", state="sent")
