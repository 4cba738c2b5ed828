"""Sound to test with: a person's voice, and what is not one."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np
import pytest

_LIBRIVOX = Path("/usr/share/pocketsphinx/test/data/librivox")


def person(number: int = 0) -> np.ndarray:
    """A reader's sentence of five to ten seconds (Debian's pocketsphinx-testdata, LibriVox), 16 kHz mono float32."""
    files = sorted(_LIBRIVOX.glob("*.wav"))
    if not files:
        pytest.skip("needs pocketsphinx-testdata")
    with wave.open(str(files[number])) as file:
        assert (file.getframerate(), file.getnchannels()) == (16_000, 1)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32_768


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(16_000 * seconds), np.float32)


def hiss(seconds: float, level: float = 0.01) -> np.ndarray:
    """White noise of the RMS `level`."""
    return (np.random.default_rng(3).standard_normal(int(16_000 * seconds)) * level).astype(np.float32)


def hum(seconds: float) -> np.ndarray:
    """Mains hum with its overtones."""
    t = np.arange(int(16_000 * seconds)) / 16_000
    return (0.05 * sum(np.sin(2 * np.pi * 50 * k * t) / k for k in (1, 2, 3, 5))).astype(np.float32)


def click() -> np.ndarray:
    """A key on a keyboard: 5 ms, then quiet."""
    sound = silence(0.5)
    sound[3_000:3_080] = 0.8
    return sound
