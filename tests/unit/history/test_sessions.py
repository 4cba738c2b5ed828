"""Answers that were being written: by this process, by another live one, by a dead one."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assistant.history.store import History
from tests.unit.history.conftest import open_in, query

WRITER = """
import sys, time
from pathlib import Path
from assistant.history.store import History
folder = Path(sys.argv[1])
history = History(folder / "history.db", folder / "media")
history.open()
message = history.add_message(history.new_conversation(), "assistant", state="streaming")
history.append(message, "half an ans")
print(message, flush=True)
sys.stdin.readline()
history.update(message, state="done")
history.close()
print("closed", flush=True)
"""


@pytest.fixture
def writer(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        yield process
        process.kill()


def state_of(history: History, message: int) -> str:
    return history.message(message).state


def test_the_answer_of_another_live_process_goes_on(folder: Path, writer: subprocess.Popen[str]) -> None:
    message = int(writer.stdout.readline())
    history = open_in(folder)
    assert state_of(history, message) == "streaming"
    writer.communicate("\n")
    assert state_of(history, message) == "done"
    history.close()


@pytest.mark.parametrize("reaped", [True, False], ids=["gone", "zombie"])
def test_the_answer_of_a_killed_process_becomes_interrupted(
    folder: Path, writer: subprocess.Popen[str], reaped: bool
) -> None:
    message = int(writer.stdout.readline())
    writer.kill()
    while psutil.Process(writer.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    if reaped:
        writer.wait()
    history = open_in(folder)
    found = history.message(message)
    assert (found.state, found.text) == ("interrupted", "half an ans")
    assert len(history.search("half")) == 1
    history.close()
    assert query(folder, "SELECT * FROM sessions") == []


def test_another_process_with_the_same_id_is_not_the_writer(folder: Path) -> None:
    history = open_in(folder)
    message = history.add_message(history.new_conversation(), "assistant", state="streaming")
    query(folder, "UPDATE sessions SET started = started - 3600")
    other = open_in(folder)
    assert state_of(other, message) == "interrupted"
    other.close()
    history.close()


def test_a_second_opening_in_this_process_leaves_the_first_ones_answer(folder: Path) -> None:
    first, second = open_in(folder), open_in(folder)
    message = first.add_message(first.new_conversation(), "assistant", state="streaming")
    second.close()
    assert state_of(first, message) == "streaming"
    assert query(folder, "SELECT pid FROM sessions") == [(os.getpid(),)]
    first.close()


def test_closing_ends_what_still_streams(folder: Path) -> None:
    history = open_in(folder)
    message = history.add_message(history.new_conversation(), "assistant", state="streaming")
    history.append(message, "half")
    history.close()
    history = open_in(folder)
    assert state_of(history, message) == "interrupted"
    history.close()
