"""Messages: adding, streaming, changing, and what of them goes into a prompt."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from assistant.core.errors import StorageError
from assistant.history.models import STATES
from assistant.history.store import History
from tests.unit.history.conftest import indexes_are_right, query


@pytest.fixture
def conversation(history: History) -> int:
    return history.new_conversation()


def test_a_message_keeps_everything(history: History, conversation: int) -> None:
    message = history.add_message(
        conversation, "assistant", "Text", state="done", engine="light", model="Qwen", screen_text="Total 42"
    )
    history.update(message, usage={"prompt_tokens": 3}, timings={"total": 1.5}, error="none")
    found = history.message(message)
    assert (found.conversation_id, found.role, found.text, found.state) == (conversation, "assistant", "Text", "done")
    assert (found.engine, found.model, found.screen_text) == ("light", "Qwen", "Total 42")
    assert (found.usage, found.timings, found.error) == ({"prompt_tokens": 3}, {"total": 1.5}, "none")
    assert history.messages(conversation) == [found]


def test_deltas_add_up(history: History, conversation: int) -> None:
    message = history.add_message(conversation, "assistant", state="streaming")
    for delta in ("Ein ", "schöner ", "Tag 🎉", "\n"):
        history.append(message, delta)
    assert history.message(message).text == "Ein schöner Tag 🎉\n"


def test_each_delta_is_one_commit_that_others_see(history: History, conversation: int, folder: Path) -> None:
    message = history.add_message(conversation, "assistant", state="streaming")
    history.append(message, "half")
    assert query(folder, "SELECT text FROM messages") == [("half",)]


def test_an_update_changes_only_what_is_given(history: History, conversation: int) -> None:
    message = history.add_message(conversation, "user", "Text", state="draft", screen_text="screen")
    history.update(message, state="sent")
    history.update(message)
    found = history.message(message)
    assert (found.text, found.state, found.screen_text) == ("Text", "sent", "screen")
    history.update(message, text="")
    assert history.message(message).text == ""


def test_a_deleted_message_stays_deleted(history: History, conversation: int) -> None:
    message = history.add_message(conversation, "assistant", state="streaming")
    history.delete(conversation)
    history.append(message, "late")
    history.update(message, state="done", text="late")
    assert history.message(message) is None


def test_removing_one_message_leaves_the_others(history: History, conversation: int, folder: Path) -> None:
    first = history.add_message(conversation, "user", "walrus", state="sent")
    second = history.add_message(conversation, "user", "seal", state="sent")
    history.remove_message(first)
    history.remove_message(first)
    assert [m.id for m in history.messages(conversation)] == [second]
    assert history.search("walrus") == []
    assert history.conversation(conversation).title == "seal"
    indexes_are_right(folder)


@pytest.mark.parametrize("state", STATES)
def test_the_index_follows_every_change_of_state(history: History, conversation: int, folder: Path, state: str) -> None:
    for start in STATES:
        message = history.add_message(conversation, "assistant", "seal 海豹", state=start)
        history.append(message, " walrus 海象")
        history.update(message, state=state)
        history.update(message, text="only walrus 海象 now")
        indexes_are_right(folder)
    expected = 0 if state == "streaming" else len(STATES)
    assert len(history.search("walrus")) == len(history.search("象")) == expected
    assert history.search("seal") == history.search("豹") == []


def test_an_unknown_state_is_a_bug_and_changes_nothing(history: History, conversation: int) -> None:
    with pytest.raises(ValueError, match="finished"):
        history.add_message(conversation, "user", "x", state="finished")
    message = history.add_message(conversation, "user", "x", state="sent")
    with pytest.raises(ValueError, match="finished"):
        history.update(message, state="finished", text="y")
    assert history.message(message).text == "x"


@pytest.mark.parametrize("text", ["a\0b", "a\x02b\x03c", "a\ud800b"])
def test_what_cannot_be_stored_is_replaced_and_the_rest_kept(history: History, conversation: int, text: str) -> None:
    message = history.add_message(conversation, "user", text, state="sent")
    history.append(message, text)
    stored = history.message(message).text
    assert len(stored) == 2 * len(text)
    assert (stored[0], stored[1], stored[2]) == ("a", "\N{REPLACEMENT CHARACTER}", "b")


def test_turns_are_questions_with_the_answers_that_were_seen(history: History, conversation: int) -> None:
    for question, asked, answer, state in [
        ("q1", "sent", "a1", "done"),
        ("q2", "sent", "", "failed"),
        ("q3", "sent", "half", "cancelled"),
        ("q4", "draft", "", "cancelled"),
        ("q5", "sent", "cut", "interrupted"),
        ("q6", "sent", "now", "streaming"),
    ]:
        history.add_message(conversation, "user", question, state=asked, screen_text="screen of " + question)
        last = history.add_message(conversation, "assistant", answer, state=state)
    turns = history.turns(conversation)
    assert [(t.role, t.text) for t in turns] == [
        ("user", "q1"),
        ("assistant", "a1"),
        ("user", "q3"),
        ("assistant", "half"),
        ("user", "q5"),
        ("assistant", "cut"),
    ]
    assert turns[0].screen_text == "screen of q1"
    assert history.turns(conversation, before_message=last - 7) == turns[:2]


def test_threads_write_at_the_same_time_and_nothing_is_lost(history: History, conversation: int) -> None:
    messages = [history.add_message(conversation, "assistant", state="streaming") for _ in range(4)]
    failed: list[BaseException] = []

    def stream(message: int) -> None:
        try:
            for _ in range(100):
                history.append(message, "x")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=stream, args=(message,)) for message in messages]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert [len(history.message(message).text) for message in messages] == [100] * 4


def test_connections_of_ended_threads_are_closed(history: History, conversation: int) -> None:
    for _ in range(20):
        thread = threading.Thread(target=history.messages, args=(conversation,))
        thread.start()
        thread.join()
    assert len(history._db._connections) <= 3


def test_a_foreign_key_to_nowhere_is_refused(history: History) -> None:
    with pytest.raises(StorageError, match="deleted"):
        history.add_message(999, "user", "x", state="sent")
