"""The sound server of the tests and benches leaves nothing behind, and the bench of the microphone measures."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from assistant.bench import capture_audio
from assistant.bench.pulse import SoundServer

pytestmark = pytest.mark.desktop


def test_it_ends_with_all_that_it_started(speech_file: Path) -> None:
    others = set(psutil.Process().children(recursive=True))
    with SoundServer() as server:
        server.play(speech_file)
        started = set(psutil.Process().children(recursive=True)) - others
        folder = Path(server.env["ALSA_CONFIG_PATH"]).parent
        assert len(started) >= 3
    assert not folder.exists()
    assert not [child for child in started if child.is_running() and child.status() != psutil.STATUS_ZOMBIE]


def test_the_bench_of_the_first_buffer_gives_all_its_numbers() -> None:
    found = capture_audio.measure(runs=2)
    assert set(found) == {"mic_first_buffer_ms", "mic_bare_ms", "mic_ratio", "mic_warm_ms"}
    assert set(capture_audio.GOALS) < set(found)
    assert all(0 < value < 2_000 for value in found.values())
    assert found["mic_ratio"] == pytest.approx(found["mic_first_buffer_ms"] / found["mic_bare_ms"])
