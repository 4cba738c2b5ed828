"""The disk fills up while somebody speaks: the recording goes on in memory, and it is said."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.recorder import Recorder
from assistant.audio.spool import recover
from assistant.bench.pulse import SoundServer

pytestmark = [
    pytest.mark.desktop,
    pytest.mark.root,
    pytest.mark.skipif(
        not sys.platform.startswith("linux") or os.geteuid() != 0, reason="only root may mount a small disk"
    ),
]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """64 KiB: 0.7 s of sound."""
    folder = tmp_path / "small"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(folder)], check=True)
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_nothing_of_what_is_said_is_lost(microphone: SoundServer, small_disk: Path, speech_file: Path) -> None:
    notices: list[str] = []
    errors: list[Exception] = []
    first = threading.Event()
    recorder = Recorder(
        "",
        small_disk / "recording",
        on_first=first.set,
        on_level=lambda _level: None,
        on_lost=errors.append,
        on_notice=notices.append,
    )
    recorder.start()
    assert first.wait(5)
    microphone.play(speech_file)
    time.sleep(2.0)
    clip = recorder.stop()
    assert errors == [] and len(notices) == 1 and notices[0].startswith("The disk is full")
    assert clip.seconds > 1.8 and clip.path == ""
    kept = recover(small_disk / "recording").samples
    # The very end of what is on disk went through the resampler without what followed.
    assert 0.3 * 16_000 < len(kept) < 0.8 * 16_000
    assert np.allclose(kept[:-800], clip.samples[: len(kept) - 800], atol=1e-4)
