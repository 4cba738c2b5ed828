"""What must not cost the user a word: killed processes, several at once, flipped bytes, full and read-only disks."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.core.errors import StorageError
from assistant.core.media import Picture
from assistant.history.store import History
from tests.unit.history.conftest import indexes_are_right, open_in, query

WRITER = [sys.executable, "-m", "tests.faults.history_writer"]
ROOT = Path(__file__).parents[2]


def writer(folder: Path, *arguments: object) -> subprocess.Popen[str]:
    """A writing process that has imported everything and waits for a line before it opens the history."""
    process = subprocess.Popen(
        [*WRITER, str(folder), *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready \n"
    return process


def finish(*processes: subprocess.Popen[str]) -> list[str]:
    """Lets all go on at once, and returns what each said."""
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0] for process in processes]


@pytest.mark.parametrize("seed", range(8))
def test_a_process_killed_at_any_moment_loses_nothing_it_had_saved(tmp_path: Path, seed: int) -> None:
    process = writer(tmp_path, "stream")
    process.stdin.write("\n")
    process.stdin.flush()
    time.sleep(random.Random(seed).uniform(0.03, 0.6))
    process.kill()
    said, _ = process.communicate()
    history = open_in(tmp_path)
    assert history.notice == ""
    _holds(history, [line.split() for line in said.splitlines() if line.endswith(tuple("0123456789g"))])
    assert query(tmp_path, "SELECT count(*) FROM messages WHERE state = 'streaming'") == [(0,)]
    noted = {tmp_path / "media" / str(file) for (file,) in query(tmp_path, "SELECT file FROM media")}
    assert {path for path in (tmp_path / "media").rglob("*.png")} == noted
    history.close()
    indexes_are_right(tmp_path)


def _holds(history: History, said: list[list[str]]) -> None:
    """Checks that the history has everything of which the writer said that it is committed."""
    words: dict[int, int] = defaultdict(int)
    for kind, *what in said:
        if kind == "question":
            assert history.message(int(what[0])).text.startswith("question")
        elif kind == "picture":
            assert len(Path(what[0]).read_bytes()) > 0
        elif kind == "delta":
            words[int(what[0])] = int(what[1]) + 1
        elif kind == "done":
            assert history.message(int(what[0])).state == "done"
    for message, count in words.items():
        found = history.message(message)
        assert found.text.startswith("".join(f"w{number} " for number in range(count)))
        assert found.state in ("done", "interrupted")


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    history = open_in(tmp_path)
    conversation = history.new_conversation()
    assert finish(*(writer(tmp_path, "append", conversation, 150) for _ in range(2))) == ["notice \n"] * 2
    texts = sorted(message.text for message in history.messages(conversation))
    assert texts == sorted(f"entry {number}" for number in range(150) for _ in range(2))
    assert {message.state for message in history.messages(conversation)} == {"done"}
    assert len(history.search("entry 149")) == 2
    history.close()
    indexes_are_right(tmp_path)


def test_three_processes_open_a_new_history_at_once(tmp_path: Path) -> None:
    assert finish(*(writer(tmp_path, "open") for _ in range(3))) == ["notice \n"] * 3
    open_in(tmp_path).close()


def test_of_processes_that_meet_a_broken_database_at_once_one_sets_it_aside(tmp_path: Path) -> None:
    (tmp_path / "history.db").write_bytes(b"broken" * 5000)
    said = finish(*(writer(tmp_path, "open") for _ in range(3)))
    assert sorted("damaged" in text for text in said) == [False, False, True]
    (aside,) = tmp_path.glob("history.db.broken-*")
    assert aside.read_bytes() == b"broken" * 5000
    history = open_in(tmp_path)
    assert history.notice == ""
    history.close()


@pytest.mark.parametrize("seed", range(25))
def test_flipped_bytes_never_crash_and_never_lose_the_file(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    _with_content(tmp_path)
    file = tmp_path / "history.db"
    data = bytearray(file.read_bytes())
    for _ in range(dice.choice((1, 5, 50, 500))):
        data[dice.randrange(len(data))] ^= dice.randrange(1, 256)
    file.write_bytes(data)
    for _ in range(3):  # damage that is met only in use is set aside at the start after that
        with contextlib.suppress(StorageError):
            _use_everything(tmp_path)
            break
    else:
        pytest.fail("the history stays unusable")
    asides = [path for path in tmp_path.glob("history.db.broken-*") if path.suffix != ".suspect"]
    assert len(asides) <= 1


def _with_content(folder: Path) -> None:
    history = open_in(folder)
    for number in range(30):
        conversation = history.new_conversation()
        question = history.add_message(conversation, "user", f"question {number} 海", state="sent")
        history.attach_picture(question, Picture(np.full((4, 4, 3), number, np.uint8)), "screen")
        history.add_message(conversation, "assistant", f"answer {number} " + "word " * 300, state="done")
    history.close()


def _use_everything(folder: Path) -> None:
    """Each part of the history is read and written once; only errors for people may come out."""
    history = open_in(folder)
    try:
        for conversation in history.conversations(1000):
            for message in history.messages(conversation.id):
                for attachment in message.attachments:
                    with contextlib.suppress(StorageError):  # a flipped name of a file
                        history.load_picture(attachment)
            history.export(conversation.id, "markdown")
        for words in ("question", "answer 7", "海"):
            history.search(words)
        conversation = history.new_conversation()
        message = history.add_message(conversation, "user", "still works", state="sent")
        assert message in [hit.message_id for hit in history.search("still works")]
        history.delete(conversation)
    finally:
        history.close()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A file system of 3 MB."""
    folder = Path(tempfile.mkdtemp(prefix="hearsight-disk-"))
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m,mode=700", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if mounted.returncode != 0:
        folder.rmdir()
        pytest.skip(f"mounting a small disk is not allowed here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
    folder.rmdir()


needs_root = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root: mounts, other users")


@pytest.mark.root
@needs_root
def test_a_full_disk_says_so_and_keeps_what_was_saved(small_disk: Path) -> None:
    history = open_in(small_disk)
    conversation = history.new_conversation()
    question = history.add_message(conversation, "user", "question", state="sent")
    answer = history.add_message(conversation, "assistant", state="streaming")
    saved = ""
    with pytest.raises(StorageError, match="disk is full") as caught:
        for number in range(10_000):
            delta = f"{number} " + "x" * 10_000
            history.append(answer, delta)
            saved += delta
    assert "intact" in caught.value.kept
    assert history.message(answer).text == saved
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
    with pytest.raises(StorageError, match="disk is full"):
        history.attach_picture(question, Picture(noise), "screen")
    assert history.message(question).attachments == ()
    assert [path for path in (small_disk / "media").rglob("*") if path.is_file()] == []
    with pytest.raises(StorageError):
        history.add_message(conversation, "user", "y" * 100_000, state="sent")
    with contextlib.suppress(StorageError):  # no room to note even that this session ended
        history.close()
    subprocess.run(["mount", "-o", "remount,size=30m", str(small_disk)], check=True)
    history = open_in(small_disk)
    assert history.notice == ""
    assert (history.message(answer).text, history.message(question).text) == (saved, "question")
    history.append(answer, "and on")
    assert history.message(answer).text == saved + "and on"
    history.close()
    indexes_are_right(small_disk)


@pytest.mark.root
@needs_root
def test_a_disk_that_is_full_from_the_start_says_so(small_disk: Path) -> None:
    with contextlib.suppress(OSError), (small_disk / "ballast").open("wb", buffering=0) as ballast:
        while ballast.write(b"x" * 4096):
            pass
    with pytest.raises(StorageError, match="full"):
        open_in(small_disk)
    (small_disk / "ballast").unlink()
    history = open_in(small_disk)
    assert history.notice == ""
    history.close()


READER = """
import os, sys
from pathlib import Path
import psutil
from assistant.core.errors import StorageError
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.settings.store import SettingsStore
folder = Path(sys.argv[1])
os.setgroups([])
os.setgid(65534)
os.setuid(65534)
attempts = [
    History(folder / "history.db", folder / "media").open,
    lambda: SettingsStore(folder / "settings.json").save(Settings()),
]
for attempt in attempts:
    try:
        attempt()
        print("no error")
    except StorageError as error:
        print(error)
"""


@pytest.mark.root
@needs_root
@pytest.mark.parametrize("existing", [True, False])
def test_a_read_only_profile_says_so_and_stays_as_it_is(existing: bool) -> None:
    folder = Path(tempfile.mkdtemp(prefix="hearsight-readonly-"))
    try:
        if existing:
            _with_content(folder)
            (folder / "history.db").chmod(0o644)
        folder.chmod(0o755)
        before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        said = subprocess.run(
            [sys.executable, "-c", READER, str(folder)],
            check=False,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert said.stderr == ""
        assert [line.split(":")[0] for line in said.stdout.splitlines()] == [
            f"{folder / 'history.db'} can't be written",
            f"{folder / 'settings.json'} can't be written",
        ]
        assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    finally:
        shutil.rmtree(folder)


@pytest.mark.root
@needs_root
def test_a_writable_file_in_a_read_only_folder_says_so() -> None:
    folder = Path(tempfile.mkdtemp(prefix="hearsight-readonly-"))
    try:
        _with_content(folder)
        (folder / "history.db").chmod(0o666)
        folder.chmod(0o755)
        said = subprocess.run(
            [sys.executable, "-c", READER, str(folder)],
            check=False,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert said.stderr == ""
        assert "can't be written" in said.stdout.splitlines()[0]
    finally:
        shutil.rmtree(folder)
