"""Exports: Markdown for people, JSON with the media for programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.core.errors import BadInput, StorageError
from assistant.core.media import Clip
from assistant.history.store import History
from tests.unit.history.things import noise, picture


@pytest.fixture
def conversation(history: History, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr("time.time", lambda: 1_735_732_800.0)
    conversation = history.new_conversation()
    question = history.add_message(conversation, "user", "What is [this]?", state="sent")
    history.attach_picture(question, picture(), "screen")
    history.attach_clip(question, Clip(noise(100)))
    history.add_message(conversation, "assistant", "# Heading\n\n```py\nx\n```", state="done", engine="light")
    failed = history.add_message(conversation, "assistant", "half", state="failed")
    history.update(failed, error="The engine ran out of memory.")
    return conversation


def test_markdown_reads_like_the_conversation(history: History, conversation: int) -> None:
    screen, sound = history.messages(conversation)[0].attachments
    text = history.export(conversation, "markdown")
    day = text.split("*")[1]
    assert text == (
        f"# What is [this]?\n\n*{day}*\n\n## You, {day}\n\n"
        f"![Screen 1](media/{screen.path.name})\n\n[audio](media/{sound.path.name})\n\nWhat is [this]?\n\n"
        f"## Hearsight, {day}\n\n# Heading\n\n```py\nx\n```\n\n"
        f"## Hearsight, {day} (failed)\n\nhalf\n\n> The engine ran out of memory.\n"
    )


def test_json_holds_everything_and_its_media(history: History, conversation: int, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    text = history.export(conversation, "json", folder)
    written = (folder / f"conversation-{conversation}.json").read_text(encoding="utf-8")
    assert written == text
    data = json.loads(text)
    messages = history.messages(conversation)
    assert [m["text"] for m in data["messages"]] == [m.text for m in messages]
    assert [m["state"] for m in data["messages"]] == ["sent", "done", "failed"]
    for exported, kept in zip(data["messages"][0]["attachments"], messages[0].attachments, strict=True):
        assert (folder / exported["file"]).read_bytes() == kept.path.read_bytes()
        assert exported["meta"] == kept.meta
        assert not exported["missing"]


def test_exporting_again_brings_the_file_up_to_date(history: History, conversation: int, tmp_path: Path) -> None:
    history.export(conversation, "markdown", tmp_path)
    history.add_message(conversation, "user", "And more?", state="sent")
    history.export(conversation, "markdown", tmp_path)
    assert "And more?" in (tmp_path / f"conversation-{conversation}.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("format", ["markdown", "json"])
def test_a_missing_picture_does_not_keep_the_words(
    history: History, conversation: int, tmp_path: Path, format: str
) -> None:
    screen, sound = history.messages(conversation)[0].attachments
    screen.path.unlink()
    text = history.export(conversation, format, tmp_path)
    assert "# Heading" in text
    assert [path.name for path in (tmp_path / "media").iterdir()] == [sound.path.name]
    gone = "Screen 1: the file is gone" if format == "markdown" else '"missing": true'
    assert gone in text


def test_an_unknown_conversation_says_so(history: History) -> None:
    with pytest.raises(BadInput, match="no such conversation"):
        history.export(5, "markdown")


def test_a_folder_that_is_a_file_says_so(history: History, conversation: int, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(StorageError):
        history.export(conversation, "json", tmp_path / "file")
    assert (tmp_path / "file").read_text() == "mine"


def test_exports_are_for_the_user_alone(history: History, conversation: int, tmp_path: Path) -> None:
    history.export(conversation, "json", tmp_path / "out")
    files = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert len(files) == 3
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
