"""The sound fixtures: a real PulseAudio server with a microphone that files are spoken into."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.bench.pulse import SoundServer

SPOKEN = "What is the total of the invoice on the left side of the screen?"


@pytest.fixture(scope="session")
def sound_server() -> Iterator[SoundServer]:
    """One server for all tests that don't break it; its `env` goes to programs that are started."""
    with SoundServer() as server:
        yield server


@pytest.fixture
def microphone(sound_server: SoundServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """The session's server, heard by this very process."""
    yield from _heard_here(sound_server, monkeypatch)


@pytest.fixture
def fragile_microphone(monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    """A server of the test's own, which it may break; heard by this very process."""
    with SoundServer() as server:
        yield from _heard_here(server, monkeypatch)


@pytest.fixture(scope="session")
def speech_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """About four seconds of synthetic English: `SPOKEN`."""
    path = tmp_path_factory.mktemp("speech") / "question.wav"
    subprocess.run(["espeak-ng", "-s", "150", "-w", str(path), SPOKEN], check=True)
    return path


def correlation(heard: np.ndarray, played: np.ndarray) -> float:
    """The highest normalised correlation of `played` with any stretch of `heard` (both mono, same rate)."""
    size = len(heard) + len(played)
    product = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(played, size)), size)[: len(heard)]
    at = int(np.argmax(product))
    stretch = heard[at : at + len(played)]
    played = played[: len(stretch)]
    return float(np.dot(stretch, played) / (np.linalg.norm(stretch) * np.linalg.norm(played) + 1e-12))


def _heard_here(server: SoundServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[SoundServer]:
    from assistant.audio import devices, portaudio

    with monkeypatch.context() as patch:
        for name, value in server.env.items():
            patch.setenv(name, value)
        portaudio.library()
        portaudio.mark_stale()
        yield server
    devices.forget()
    portaudio.mark_stale()
