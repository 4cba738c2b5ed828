"""Recordings on disk that are not in the history: whose they are, what can be asked again, what is cleared away."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path

import numpy as np

from assistant.core.geometry import Rect
from assistant.core.media import Clip, Picture, Window
from assistant.flows import drafts
from assistant.screen.pictures import load_picture, save_png


def leave_behind(recordings: Path, *, speech: bool = True) -> Path:
    """Lets another process begin a recording and end without clearing it away, as after kill -9."""
    program = (
        "import sys; from pathlib import Path; from assistant.flows import drafts; "
        "print(drafts.begin(Path(sys.argv[1]), 7))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(recordings)], capture_output=True, text=True, check=True, timeout=60
    )
    folder = Path(done.stdout.strip())
    if speech:
        (folder / "speech.wav").write_bytes(b"RIFF")
    return folder


def test_a_recording_under_way_is_not_offered(tmp_path: Path) -> None:
    folder = drafts.begin(tmp_path, 0)
    (folder / "speech.wav").write_bytes(b"RIFF")
    assert drafts.left_behind(tmp_path) == []


def test_a_dead_process_s_recording_is_offered_with_its_conversation(tmp_path: Path) -> None:
    folder = leave_behind(tmp_path)
    [draft] = drafts.left_behind(tmp_path)
    assert (draft.folder, draft.conversation, draft.screen_file) == (folder, 7, None)


def test_a_recording_without_sound_and_screen_is_cleared_away(tmp_path: Path) -> None:
    folder = leave_behind(tmp_path, speech=False)
    assert drafts.left_behind(tmp_path) == []
    assert not folder.exists()


def test_broken_metadata_does_not_hide_the_recording(tmp_path: Path) -> None:
    folder = leave_behind(tmp_path)
    (folder / "recording.json").write_text("{half", encoding="utf-8")
    [draft] = drafts.left_behind(tmp_path)
    assert draft.folder == folder


def test_a_reused_process_id_does_not_count_as_alive(tmp_path: Path) -> None:
    folder = drafts.begin(tmp_path, 0)
    (folder / "speech.wav").write_bytes(b"RIFF")
    meta = json.loads((folder / "recording.json").read_text(encoding="utf-8"))
    meta["process"][1] -= 1000.0
    (folder / "recording.json").write_text(json.dumps(meta), encoding="utf-8")
    assert len(drafts.left_behind(tmp_path)) == 1


def test_the_screen_comes_back_with_its_windows(tmp_path: Path) -> None:
    folder = drafts.begin(tmp_path, 0)
    windows = (Window("Editor – ü", Rect(1, 2, 30, 40), True, "ed"), Window("Other", Rect(0, 0, 5, 5)))
    picture = Picture(np.zeros((50, 60, 3), np.uint8), "Screen 1", windows, is_screen=True)
    drafts.note_screen(folder, picture)
    save_png(picture, folder / drafts.SCREEN_FILE)
    again = drafts.with_windows(folder, load_picture(folder / drafts.SCREEN_FILE))
    assert (again.windows, again.name, again.is_screen, again.sha256) == (windows, "Screen 1", True, picture.sha256)


def test_folder_and_notes_are_private(tmp_path: Path) -> None:
    folder = drafts.begin(tmp_path, 0)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "recording.json").stat().st_mode) == 0o600


def test_a_word_is_worth_keeping_and_a_click_is_not() -> None:
    assert drafts.worth_keeping(Clip(np.zeros(8000, np.float32)))
    assert not drafts.worth_keeping(Clip(np.zeros(1600, np.float32)))
