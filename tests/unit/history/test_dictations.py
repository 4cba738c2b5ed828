"""Dictations: written down before they are typed, found again after a crash, kept by age and size."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.core.errors import StorageError
from assistant.history.store import History
from tests.unit.history.conftest import open_in, query

SECOND = np.linspace(-0.5, 0.5, 16_000).astype(np.float32)


def test_what_was_dictated_comes_back_as_it_was(folder: Path, history: History) -> None:
    first = history.dictations.add("Hello, world.", state="typed", heard="hello world", program="gedit", engine="light")
    second = history.dictations.add("grüße 🧑‍🚀", state="kept", error="The window was closed.", timings={"speech": 0.5})
    newest, oldest = history.dictations.latest()
    assert (newest.id, oldest.id) == (second, first)
    assert (oldest.text, oldest.heard, oldest.program, oldest.state) == (
        "Hello, world.",
        "hello world",
        "gedit",
        "typed",
    )
    assert (newest.text, newest.error, newest.timings) == ("grüße 🧑‍🚀", "The window was closed.", {"speech": 0.5})
    assert history.dictations.last() == newest
    history.dictations.update(first, text="Hello!", state="kept", timings={"rules": 0.1})
    changed = history.dictations.get(first)
    assert changed is not None
    assert (changed.text, changed.state, changed.timings, changed.heard) == (
        "Hello!",
        "kept",
        {"rules": 0.1},
        "hello world",
    )
    assert [d.id for d in history.dictations.latest(limit=5, before=newest.created)] == [first]


def test_the_recording_is_kept_block_by_block_and_private(folder: Path, history: History) -> None:
    made = history.dictations.add("one", state="typed")
    assert history.dictations.attach_audio(made, (SECOND[at : at + 1000] for at in range(0, 16_000, 1000))) == 1.0
    kept = history.dictations.get(made)
    assert kept is not None and kept.audio is not None and kept.seconds == 1.0
    heard = np.concatenate(list(history.dictations.audio_blocks(kept)))
    assert np.abs(heard - SECOND).max() < 1 / 32_000
    if os.name == "posix":
        assert stat.S_IMODE(kept.audio.stat().st_mode) == 0o600
    history.dictations.delete(made)
    assert history.dictations.get(made) is None
    assert list(kept.audio.parent.iterdir()) == []
    with pytest.raises(StorageError, match="no longer"):
        list(history.dictations.audio_blocks(kept))


def test_a_recording_without_sound_leaves_no_file(history: History) -> None:
    made = history.dictations.add("", state="failed")
    assert history.dictations.attach_audio(made, []) == 0.0
    found = history.dictations.get(made)
    assert found is not None and found.audio is None


def test_deleted_words_are_nowhere_in_the_files(folder: Path, history: History) -> None:
    made = history.dictations.add("Rumpelstiltskin", state="typed", heard="rumpelstiltskin")
    history.dictations.delete(made)
    assert all(b"umpelstiltskin" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def age(folder: Path, dictation: int, days: float) -> None:
    query(folder, "UPDATE dictations SET created = created - ? WHERE id = ?", days * 86_400, dictation)


def test_the_rule_takes_the_old_ones_and_leaves_what_waits(folder: Path, history: History) -> None:
    old, young, waits = (history.dictations.add(name, state=state) for name, state in
                         (("old", "typed"), ("young", "typed"), ("waits", "waiting")))  # fmt: skip
    history.dictations.attach_audio(old, [SECOND])
    for each, days in ((old, 8), (young, 6), (waits, 30)):
        age(folder, each, days)
    assert history.dictations.expire(7, 1 << 30) == 1
    assert {d.id for d in history.dictations.latest()} == {young, waits}
    assert list((folder / "media" / "dictations").iterdir()) == []
    assert history.dictations.expire(0, 1 << 30) == 1
    assert [d.id for d in history.dictations.latest()] == [waits]


def test_beyond_the_size_limit_the_oldest_recordings_go_and_their_texts_stay(folder: Path, history: History) -> None:
    made = [history.dictations.add(str(number), state="typed") for number in range(3)]
    for each in made:
        history.dictations.attach_audio(each, [SECOND] * 5)
        age(folder, each, 3 - each)
    size = (folder / "media" / "dictations" / f"{made[0]}.flac").stat().st_size
    history.dictations.expire(7, 2 * size + 10)
    kept = {d.text: d.audio is not None for d in history.dictations.latest()}
    assert kept == {"0": False, "1": True, "2": True}


def test_a_recording_that_nothing_knows_is_swept(folder: Path, history: History) -> None:
    place = folder / "media" / "dictations"
    place.mkdir(parents=True)
    for name, seconds in (("9.flac", 0.0), ("8.flac", 1e9)):
        (place / name).write_bytes(b"x")
        if not seconds:
            os.utime(place / name, (0, 0))
    history.dictations.sweep()
    assert [path.name for path in place.iterdir()] == ["8.flac"]


DYING = """
import os, sys
from pathlib import Path
from assistant.history.store import History
folder = Path(sys.argv[1])
history = History(folder / "history.db", folder / "media")
history.open()
history.dictations.add("to be typed", state="waiting")
history.dictations.add("typed", state="typed")
os._exit(9)
"""


def test_what_a_dead_process_was_about_to_type_is_found(folder: Path) -> None:
    assert subprocess.run([sys.executable, "-c", DYING, str(folder)], check=False).returncode == 9
    history = open_in(folder)
    history.dictations.add("mine", state="waiting")
    assert [d.text for d in history.dictations.interrupted()] == ["to be typed"]
    history.close()
