"""What is taken over from a damaged database, and that the damaged file itself is only read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.history.conftest import indexes_are_right, open_in, query
from tests.unit.history.things import picture

COUNT = 60


def fill(folder: Path) -> None:
    history = open_in(folder)
    for number in range(COUNT):
        conversation = history.new_conversation()
        question = history.add_message(conversation, "user", f"question {number} 海", state="sent")
        if number % 10 == 0:
            history.attach_picture(question, picture(seed=number), "screen")
        answer = history.add_message(conversation, "assistant", f"answer {number} " + "word " * 150, state="done")
        history.update(answer, usage={"prompt_tokens": number})
    history.rename(1, "A name")
    history.pin(1, True)
    history.close()


def overwrite_page(folder: Path, table: str, which: int) -> None:
    """Destroys the table's `which`-th leaf page."""
    pages = query(folder, "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf' ORDER BY pageno", table)
    with (folder / "history.db").open("r+b") as file:
        file.seek((int(str(pages[which][0])) - 1) * 4096)
        file.write(b"\xa5" * 4096)


def test_all_but_the_damaged_page_is_taken_over(folder: Path) -> None:
    fill(folder)
    overwrite_page(folder, "messages", 5)
    broken = (folder / "history.db").read_bytes()
    history = open_in(folder)
    kept = history.conversations(COUNT)
    assert f"({len(kept)} conversations)" in history.notice
    assert len(kept) == COUNT
    assert (kept[0].id, kept[0].title, kept[0].pinned) == (1, "A name", True)
    messages = [message for conversation in kept for message in history.messages(conversation.id)]
    assert 2 * COUNT - 12 < len(messages) < 2 * COUNT
    for message in messages:
        number = message.conversation_id - 1
        assert message.text.startswith(f"question {number} 海" if message.role == "user" else f"answer {number} word")
        assert message.usage == ({} if message.role == "user" else {"prompt_tokens": number})
        for attachment in message.attachments:
            assert history.load_picture(attachment).sha256 == picture(seed=number).sha256
    assert sum(len(message.attachments) for message in messages) >= COUNT // 10 - 1
    assert len(history.search("海", limit=COUNT)) == sum(message.role == "user" for message in messages)
    history.close()
    (aside,) = (path for path in folder.glob("history.db.broken-*"))
    assert aside.read_bytes() == broken
    indexes_are_right(folder)
    again = open_in(folder)
    assert (again.notice, again.conversations(COUNT)) == ("", kept)
    again.close()


def test_messages_outlive_the_rows_of_their_conversations(folder: Path) -> None:
    fill(folder)
    overwrite_page(folder, "conversations", 0)
    history = open_in(folder)
    kept = history.conversations(COUNT)
    assert len(kept) == COUNT
    assert sum(len(history.messages(conversation.id)) for conversation in kept) == 2 * COUNT
    assert {conversation.title.split()[0] for conversation in kept} <= {"question", "A"}
    history.close()


def test_what_was_only_in_the_log_is_taken_over(folder: Path, tmp_path: Path) -> None:
    history = open_in(folder)
    conversation = history.new_conversation()
    for number in range(50):
        history.add_message(conversation, "user", f"question {number}", state="sent")
    streaming = history.add_message(conversation, "assistant", state="streaming")
    history.append(streaming, "half")
    query(folder, "DROP TABLE sessions")
    copy = tmp_path / "copy"  # as a kill would leave it: most of it in the log
    shutil.copytree(folder, copy)
    with pytest.raises(Exception, match="damaged"):
        history.new_conversation() and history.close()
    assert (copy / "history.db-wal").stat().st_size > 100_000
    history = open_in(copy)
    assert "(1 conversations)" in history.notice
    texts = [message.text for message in history.messages(conversation)]
    assert texts == [f"question {number}" for number in range(50)] + ["half"]
    assert history.message(streaming).state == "interrupted"
    history.close()
    assert [path.name for path in copy.glob(".rescue-*")] == []
