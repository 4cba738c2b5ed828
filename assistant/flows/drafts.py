"""Recordings on disk that are not in the history yet: under way, or left behind by a crash.

Each recording has a folder of its own: the spooled speech, the frozen screen, and what is needed to ask again.
It is removed once the question is in the history.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from assistant.audio import spool
from assistant.core.geometry import Rect
from assistant.core.media import Clip, Picture, Window

log = logging.getLogger(__name__)

SCREEN_FILE = "screen.png"
_META_FILE = "recording.json"


@dataclass(frozen=True)
class Draft:
    """A recording that a former run left behind.

    Attributes:
        started: seconds since the epoch.
        seconds: of speech; 0 where only the screen was kept.
        job: "ask" or "dictate".
        dictation: under which id its text is in the history already; 0 where it is not.
    """

    folder: Path
    started: float
    conversation: int
    seconds: float
    job: str = "ask"
    dictation: int = 0

    @property
    def screen_file(self) -> Path | None:
        path = self.folder / SCREEN_FILE
        return path if path.exists() else None


def begin(recordings: Path, conversation: int, job: str = "ask") -> Path:
    """Makes the folder of a new recording and notes who records, so that another process leaves it alone.

    Args:
        conversation: where the question belongs; 0 for a new one.
        job: what it is for: "ask" or "dictate".
    """
    folder = recordings / f"{time.strftime('%Y%m%d-%H%M%S')}-{uuid.uuid4().hex[:8]}"
    folder.mkdir(mode=0o700, parents=True)
    _write_meta(folder, {"started": time.time(), "conversation": conversation, "job": job, "process": _me()})
    return folder


def note_dictation(folder: Path, dictation: int) -> None:
    """Keeps that this recording's text is in the history."""
    _write_meta(folder, {**_read_meta(folder), "dictation": dictation})


def note_screen(folder: Path, picture: Picture) -> None:
    """Keeps what a screen is besides its pixels: its name and its windows."""
    meta = _read_meta(folder)
    windows = [
        [w.title, [w.rect.x, w.rect.y, w.rect.width, w.rect.height], w.active, w.program] for w in picture.windows
    ]
    _write_meta(folder, {**meta, "screen": {"name": picture.name, "windows": windows}})


def with_windows(folder: Path, picture: Picture) -> Picture:
    """Gives a screen that was read back from disk its name and windows again."""
    screen = _read_meta(folder).get("screen", {})
    windows = tuple(Window(title, Rect(*rect), active, program) for title, rect, active, program in screen["windows"])
    return Picture(picture.pixels, screen["name"], windows, is_screen=True)


def left_behind(recordings: Path) -> list[Draft]:
    """Recordings whose process is gone, oldest first. Empty folders of one are removed on the way."""
    found = []
    for folder in sorted(path for path in recordings.glob("*") if path.is_dir()):
        meta = _read_meta(folder)
        if _alive(meta.get("process")):
            continue
        if not any(path.suffix != ".json" for path in folder.iterdir()):
            discard(folder)
            continue
        started = float(meta.get("started", folder.stat().st_mtime))
        job, dictation = str(meta.get("job", "ask")), int(meta.get("dictation", 0))
        found.append(Draft(folder, started, int(meta.get("conversation", 0)), spool.seconds(folder), job, dictation))
    return found


def discard(folder: Path) -> None:
    """Removes a recording that was stored elsewhere or is not wanted."""
    shutil.rmtree(folder, ignore_errors=True)


def worth_keeping(clip: Clip) -> bool:
    """Whether a cancelled recording is long enough to hold a word (0.3 s, the shortest spoken words)."""
    return clip.seconds >= 0.3


def _me() -> list[float]:
    """Process id and start time: a process id alone may be reused."""
    return [os.getpid(), psutil.Process().create_time()]


def _alive(process: Any) -> bool:
    try:
        pid, born = int(process[0]), float(process[1])
        return bool(abs(psutil.Process(pid).create_time() - born) < 1.0)
    except (TypeError, ValueError, IndexError, psutil.Error):
        return False


def _read_meta(folder: Path) -> dict[str, Any]:
    try:
        meta = json.loads((folder / _META_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return meta if isinstance(meta, dict) else {}


def _write_meta(folder: Path, meta: dict[str, Any]) -> None:
    """Replaces the file in one step: a crash leaves the old one or the new one, never half of one."""
    fresh = folder / f"{_META_FILE}.new"
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(meta, file)
    fresh.replace(folder / _META_FILE)
