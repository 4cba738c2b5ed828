"""A recording is played back to the loudspeaker, and stops when told to."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from assistant.audio import player
from assistant.audio.files import read_clip
from assistant.audio.recorder import Recorder
from assistant.bench.pulse import SoundServer
from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from tests.helpers.sound import correlation

pytestmark = pytest.mark.desktop


def test_what_is_played_comes_out_of_the_loudspeaker(
    microphone: SoundServer, speech_file: Path, tmp_path: Path
) -> None:
    clip, first = read_clip(speech_file), threading.Event()
    recorder = Recorder("", tmp_path, on_first=first.set, on_level=lambda _: None, on_lost=lambda _: None)
    recorder.start()
    assert first.wait(5)
    player.play(clip, CancelToken())
    time.sleep(0.3)
    assert correlation(recorder.stop().samples, clip.samples) > 0.97


def test_it_stops_when_told_to(microphone: SoundServer, speech_file: Path) -> None:
    cancel = CancelToken()
    threading.Timer(0.3, cancel.set).start()
    started = time.monotonic()
    player.play(read_clip(speech_file), cancel)
    assert time.monotonic() - started < 2.0


def test_without_a_loudspeaker_it_is_said(fragile_microphone: SoundServer, speech_file: Path) -> None:
    fragile_microphone.kill()
    with pytest.raises(HearsightError, match="can't be"):
        player.play(read_clip(speech_file), CancelToken())
