"""kill -9 in the middle of a recording: what was said is on disk, at most 250 ms short of the last buffer delivered."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.files import read_clip
from assistant.audio.spool import recover
from assistant.bench.pulse import SoundServer
from tests.helpers.sound import correlation

pytestmark = [pytest.mark.desktop, pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")]
BEHIND = 0.25


def start(folder: Path, server: SoundServer) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.faults.recording_child", str(folder)]
    child = subprocess.Popen(command, env={**os.environ, **server.env}, stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    while float(child.stdout.readline() or 1) == 0:
        assert child.poll() is None
    return child


def kill(child: subprocess.Popen[str]) -> float:
    """Kills it; returns the last seconds that it said were delivered."""
    child.send_signal(signal.SIGKILL)
    rest = child.communicate()[0]
    return float(rest.split("\n")[-2])


@pytest.mark.parametrize("seed", range(5))
def test_at_a_random_moment(sound_server: SoundServer, tmp_path: Path, seed: int) -> None:
    child = start(tmp_path, sound_server)
    time.sleep(random.Random(seed).uniform(0.05, 1.5))
    delivered = kill(child)
    kept = recover(tmp_path).seconds
    assert delivered - BEHIND <= kept
    assert kept > 0 or delivered < BEHIND


def test_the_words_are_in_what_is_kept(sound_server: SoundServer, tmp_path: Path, speech_file: Path) -> None:
    child = start(tmp_path, sound_server)
    sound_server.play(speech_file)
    time.sleep(2.5)
    delivered = kill(child)
    clip = recover(tmp_path)
    assert clip.seconds >= delivered - BEHIND
    assert correlation(clip.samples, read_clip(speech_file).samples[: int(1.5 * 16_000)]) >= 0.98
    assert np.abs(clip.samples).max() > 0.05
