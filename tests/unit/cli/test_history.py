"""`hearsight history`: what it prints, and that nothing in a history can harm a terminal."""

from __future__ import annotations

import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from assistant.cli.main import run
from tests.unit.history.conftest import open_in, query
from tests.unit.history.things import picture

NASTY = "clear\x1b[2J title\x1b]0;owned\x07 back\x08\x9b31m over\u202eemit\r end"


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def hearsight(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Runs the command line in this process, with nothing on its standard input."""

    def run_it(*arguments: str) -> Done:
        monkeypatch.setattr("sys.stdin", io.StringIO())
        capsys.readouterr()
        try:
            code = run(["history", *arguments])
        except SystemExit as left:  # argparse's way out after --help and wrong usage
            code = int(left.code or 0)
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return run_it


Run = Callable[..., Done]


@pytest.fixture
def data(profile: Path) -> Path:
    return profile / "data"


@pytest.fixture
def conversation(data: Path) -> int:
    history = open_in(data)
    other = history.new_conversation("Older")
    history.add_message(other, "user", "unrelated", state="sent")
    conversation = history.new_conversation()
    question = history.add_message(conversation, "user", "Where is the Café invoice?", state="sent")
    history.attach_picture(question, picture(), "screen")
    answer = history.add_message(conversation, "assistant", "In the *inbox*.", state="done", engine="light")
    history.update(answer, timings={"total": 1.5})
    history.close()
    return conversation


def exists(data: Path, conversation: int) -> bool:
    history = open_in(data)
    found = history.conversation(conversation)
    history.close()
    return found is not None


def test_an_empty_history_says_so(hearsight: Run) -> None:
    done = hearsight("list")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No conversations yet.\n")
    assert json.loads(hearsight("list", "--json").stdout) == []


def test_the_list_has_ids_times_and_titles(hearsight: Run, conversation: int) -> None:
    lines = hearsight("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == [str(conversation), "1"]
    assert lines[0].endswith("Where is the Café invoice?")
    entry = json.loads(hearsight("list", "--json", "--limit", "1").stdout)
    assert [(item["id"], item["title"], item["pinned"]) for item in entry] == [
        (conversation, "Where is the Café invoice?", False)
    ]


def test_search_finds_words_in_any_order(hearsight: Run, conversation: int) -> None:
    found = hearsight("search", "invoice", "cafe").stdout
    assert found.split()[0] == str(conversation)
    assert "Where is the Café invoice?" in found.splitlines()[1]
    (hit,) = json.loads(hearsight("search", "--json", "inbo").stdout)
    assert (hit["conversation_id"], hit["snippet"]) == (conversation, "In the *inbox*.")


@pytest.mark.parametrize("words", ["nothing", '"', "* OR", "🎉"])
def test_a_search_without_result_is_no_failure(hearsight: Run, words: str) -> None:
    done = hearsight("search", words)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "Nothing found.\n")


def test_show_prints_the_conversation(hearsight: Run, conversation: int) -> None:
    text = hearsight("show", str(conversation)).stdout
    assert [part in text for part in ("You, ", "Where is the Café invoice?", "Hearsight, ", "In the *inbox*.")] == [
        True
    ] * 4
    shown = json.loads(hearsight("show", str(conversation), "--json").stdout)
    assert [message["text"] for message in shown["messages"]] == ["Where is the Café invoice?", "In the *inbox*."]
    assert shown["messages"][1]["timings"] == {"total": 1.5}


def test_export_prints_or_writes(hearsight: Run, conversation: int, tmp_path: Path) -> None:
    assert hearsight("export", str(conversation)).stdout.startswith("# Where is the Café invoice?\n")
    done = hearsight("export", str(conversation), "--format", "json", "--output", str(tmp_path / "out"))
    file = tmp_path / "out" / f"conversation-{conversation}.json"
    assert done.stdout == f"Written to {file}\n"
    attachment = json.loads(file.read_text(encoding="utf-8"))["messages"][0]["attachments"][0]
    assert (tmp_path / "out" / attachment["file"]).read_bytes()[:4] == b"\x89PNG"


def test_delete_asks_first_unless_told(hearsight: Run, conversation: int, data: Path) -> None:
    done = hearsight("delete", str(conversation))
    assert (done.returncode, done.stderr.strip().endswith("Add --yes.")) == (1, True)
    assert exists(data, conversation)
    done = hearsight("delete", str(conversation), "--yes")
    assert (done.returncode, done.stderr) == (0, "")
    assert not exists(data, conversation)
    assert [path for path in (data / "media").rglob("*") if path.is_file()] == []


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
@pytest.mark.parametrize(("reply", "gone"), [("y\n", True), ("\n", False), ("no\n", False)])
def test_a_terminal_is_asked(conversation: int, data: Path, reply: str, gone: bool) -> None:
    master, slave = pty.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "assistant", "history", "delete", str(conversation)],
            stdin=slave,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            os.write(master, reply.encode())
            said, _ = process.communicate(timeout=60)
    finally:
        os.close(master)
        os.close(slave)
    assert "[y/N]" in said
    assert process.returncode == 0
    assert exists(data, conversation) != gone


@pytest.mark.parametrize("action", ["show", "export", "delete"])
def test_an_unknown_id_is_one_clear_line(hearsight: Run, action: str) -> None:
    done = hearsight(action, "77", *(["--yes"] if action == "delete" else []))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == ("hearsight: There is no conversation 77. `hearsight history list` shows those there are.\n")


@pytest.mark.parametrize(
    "arguments",
    [(), ("show",), ("show", "x"), ("show", "-1"), ("show", "9" * 30), ("search",), ("list", "--limit", "0"), ("eat",)],
)
def test_wrong_usage_is_exit_code_2(hearsight: Run, arguments: tuple[str, ...]) -> None:
    done = hearsight(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: hearsight history" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("action", ["list", "search", "show", "export", "delete"])
def test_every_action_has_help(hearsight: Run, action: str) -> None:
    done = hearsight(action, "--help")
    assert done.returncode == 0
    assert f"usage: hearsight history {action}" in done.stdout


def test_the_help_has_examples_that_work(
    hearsight: Run, conversation: int, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(data))
    text = hearsight("--help").stdout.split("examples:")[1]
    examples = [line.split()[2:] for line in text.splitlines() if line.strip()]
    assert {example[0] for example in examples} == {"list", "search", "show", "export", "delete", "dictations"}
    for example in examples:
        words = [str(conversation) if word == "12" else word for word in example]
        done = hearsight(*words, *(["--yes"] if words[0] == "delete" else []))
        assert (done.returncode, "Traceback" in done.stderr) == (0, False)


@pytest.mark.parametrize("arguments", [("list",), ("search", "clear"), ("show", "1"), ("list", "--json")])
def test_stored_control_characters_never_reach_the_terminal(
    hearsight: Run, data: Path, arguments: tuple[str, ...]
) -> None:
    history = open_in(data)
    conversation = history.new_conversation(NASTY)
    message = history.add_message(conversation, "user", NASTY, state="sent")
    history.update(message, error=NASTY)
    history.close()
    out = hearsight(*arguments).stdout
    assert "owned" in out
    assert [char for char in out if char in "\x1b\x07\x08\x9b\u202e\r"] == []


@pytest.mark.skipif(os.name != "posix", reason="needs a pseudo terminal")
def test_an_export_to_a_terminal_is_safe_and_to_a_file_exact(hearsight: Run, data: Path) -> None:
    history = open_in(data)
    conversation = history.new_conversation("x")
    history.add_message(conversation, "user", NASTY, state="sent")
    history.close()
    assert NASTY in hearsight("export", "1").stdout
    master, slave = pty.openpty()
    try:
        subprocess.run([sys.executable, "-m", "assistant", "history", "export", "1"], stdout=slave, check=True)
        shown = os.read(master, 10_000).decode()
    finally:
        os.close(master)
        os.close(slave)
    assert "owned" in shown
    assert [char for char in shown if char in "\x1b\x07\x08\x9b\u202e"] == []


@pytest.mark.usefixtures("conversation")
def test_a_terminal_without_unicode_gets_question_marks() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "assistant", "history", "list"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
    )
    assert "Caf? invoice" in done.stdout


def test_a_damaged_history_is_said_on_stderr(hearsight: Run, data: Path) -> None:
    data.mkdir(parents=True)
    (data / "history.db").write_bytes(b"broken" * 1000)
    done = hearsight("list", "--json")
    assert (done.returncode, done.stdout) == (0, "[]\n")
    assert "kept as history.db.broken-" in done.stderr


def test_a_newer_history_is_one_clear_line(hearsight: Run, data: Path) -> None:
    open_in(data).close()
    query(data, "INSERT INTO migrations VALUES('m999', 1.0)")
    done = hearsight("list")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("hearsight: The history was written by a newer version of Hearsight.")
    assert len(done.stderr.splitlines()) == 1
