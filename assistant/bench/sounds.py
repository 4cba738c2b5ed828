"""Sounds without words, as rooms and desks make them: a recogniser must give no text for them. Seeded."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray

from assistant.core.media import SAMPLE_RATE

Samples = NDArray[np.float32]
_NOTES = 220.0 * 2.0 ** (np.array([0, 3, 5, 7, 10, 12, 15]) / 12.0)
"""Hz: a pentatonic scale from A3."""


def silence(seconds: float, _seed: int = 0) -> Samples:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def noise(seconds: float, seed: int, *, exponent: float, rms: float) -> Samples:
    """Noise whose power falls with frequency to `exponent`: 0 white (hiss), 1 pink (a room), 2 brown (wind)."""
    count = round(seconds * SAMPLE_RATE)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequency = np.maximum(np.fft.rfftfreq(count, 1 / SAMPLE_RATE), 20.0)
    return _at_level(np.fft.irfft(spectrum * frequency ** (-exponent / 2), count), rms)


def hum(seconds: float, _seed: int = 0) -> Samples:
    """Mains hum with its overtones."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return _at_level(np.sum([np.sin(2 * np.pi * 50 * k * time) / k for k in (1, 2, 3, 5)], axis=0), 0.05)


def keyboard(seconds: float, seed: int) -> Samples:
    """Somebody types: about eight strokes a second, each a click as the key goes down and a softer one after it."""
    random = np.random.default_rng(seed)
    sound = noise(seconds, seed, exponent=1.0, rms=0.001)
    for start in np.cumsum(random.exponential(0.12, size=round(seconds * 8))):
        for delay, peak in ((0.0, 0.5), (0.08, 0.2)):
            _add(sound, start + delay, peak * random.uniform(0.5, 1.0) * _burst(random, 0.02, decay=0.003))
    return sound


def breath(seconds: float, seed: int) -> Samples:
    """Breathing near the microphone: noise between 300 and 3,000 Hz that swells and fades every other second."""
    count = round(seconds * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    swell = (
        np.maximum(0.0, np.sin(2 * np.pi * time / 3.5)) ** 2
        + 0.6 * np.maximum(0.0, -np.sin(2 * np.pi * time / 3.5)) ** 4
    )
    return _at_level(_band(np.random.default_rng(seed).standard_normal(count), 300.0, 3000.0) * swell, 0.02)


def mouse(seconds: float, seed: int) -> Samples:
    """A few clicks of a mouse, and a cup that is put down."""
    random = np.random.default_rng(seed)
    sound = noise(seconds, seed, exponent=1.0, rms=0.0005)
    for start in random.uniform(0, max(0.1, seconds - 0.3), size=max(2, round(seconds))):
        _add(sound, start, 0.3 * _burst(random, 0.015, decay=0.002))
    _add(sound, seconds / 2, 0.6 * _burst(random, 0.25, decay=0.04))
    return sound


def music(seconds: float, seed: int) -> Samples:
    """A melody over chords with a drum, 120 beats a minute; nobody sings."""
    random = np.random.default_rng(seed)
    sound = silence(seconds)
    for beat in np.arange(0.0, seconds, 0.5):
        _add(sound, beat, 0.25 * _tone(float(random.choice(_NOTES)) * 2, 0.5))
        _add(sound, beat, 0.4 * _burst(random, 0.1, decay=0.02))
        if beat % 2 == 0:
            root = float(random.choice(_NOTES[:4]))
            for ratio in (0.5, 1.0, 1.25, 1.5):
                _add(sound, beat, 0.12 * _tone(root * ratio, 2.0))
    return _at_level(sound, 0.08)


KINDS: dict[str, Callable[[float, int], Samples]] = {
    "silence": silence,
    "hiss": partial(noise, exponent=0.0, rms=0.01),
    "room": partial(noise, exponent=1.0, rms=0.003),
    "loud-fan": partial(noise, exponent=1.0, rms=0.1),
    "wind": partial(noise, exponent=2.0, rms=0.1),
    "hum": hum,
    "keyboard": keyboard,
    "mouse": mouse,
    "breath": breath,
    "music": music,
}
"""By name; each takes seconds and a seed and gives float32, shape (samples,), mono, 16 kHz."""


def _at_level(sound: NDArray[np.float64] | Samples, rms: float) -> Samples:
    level = float(np.sqrt(np.mean(np.square(sound)))) or 1.0
    return np.clip(sound * (rms / level), -1.0, 1.0).astype(np.float32)


def _add(sound: Samples, seconds: float, piece: NDArray[np.float64]) -> None:
    start = round(seconds * SAMPLE_RATE)
    room = len(sound) - start
    if room > 0:
        sound[start : start + len(piece)] += piece[:room].astype(np.float32)


def _burst(random: np.random.Generator, seconds: float, *, decay: float) -> NDArray[np.float64]:
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return random.uniform(-1, 1, len(time)) * np.exp(-time / decay)


def _tone(frequency: float, seconds: float) -> NDArray[np.float64]:
    """A plucked string: overtones that fade, the higher the sooner."""
    time = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    parts = [np.sin(2 * np.pi * frequency * k * time) / k * np.exp(-time * 2 * k) for k in range(1, 7)]
    return np.asarray(np.sum(parts, axis=0), np.float64)


def _band(sound: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(len(sound), 1 / SAMPLE_RATE)
    spectrum[(frequency < low) | (frequency > high)] = 0
    return np.fft.irfft(spectrum, len(sound))
