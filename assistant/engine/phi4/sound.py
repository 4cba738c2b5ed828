"""Sound as Phi-4-multimodal hears it: log-mel energies of 25 ms windows, one every 10 ms.

The arithmetic and its precisions are the model author's. A window depends on its own 400 samples alone, so the mel of a
recording that grows only needs its new windows: `MelStream`.
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import BadInput
from assistant.core.media import SAMPLE_RATE
from assistant.engine.phi4.mel_bank import FFT, mel_bank

WINDOW = SAMPLE_RATE * 25 // 1000
"""Samples that one frame is made of."""
HOP = SAMPLE_RATE * 10 // 1000
"""Samples from one frame to the next."""
FRAMES_PER_TOKEN = 8
"""What the encoder's convolutions make one of: a token is 80 ms."""

_BLOCK = 100
"""Frames computed at once. Always as many, the last block filled up: a matrix product's rounding depends on its shape,
and the frames of a clip must not depend on how it came in."""
_BLOCK_SAMPLES = (_BLOCK - 1) * HOP + WINDOW
_PRE_EMPHASIS = 0.97
_SCALE = 32768
"""The author's features are of 16-bit samples."""
_FLOOR = 1.0
"""The least energy: its logarithm is 0."""

Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LogMel:
    """A sound for the audio encoder.

    Attributes:
        features: float32 [frames, 80], natural logarithms of energies, at least 0.
        sha256: of the samples.
    """

    features: NDArray[np.float32]
    sha256: str

    @property
    def tokens(self) -> int:
        return math.ceil(len(self.features) / FRAMES_PER_TOKEN)


def prepare_sound(samples: Samples) -> LogMel:
    """The log-mel of a whole clip.

    Args:
        samples: float32 [n], mono, 16 kHz, in [-1, 1].

    Raises:
        BadInput: shorter than one window, 25 ms; or not all of them are numbers.
    """
    return MelStream().hear(samples)


def frame_count(samples: int) -> int:
    """Frames of a clip: what is left after the last whole window is not heard."""
    return max(0, (samples - WINDOW) // HOP + 1)


def token_count(samples: int) -> int:
    """Tokens of a clip, without computing it."""
    return math.ceil(frame_count(samples) / FRAMES_PER_TOKEN)


class MelStream:
    """The log-mel of a recording while it grows: what was computed once is kept."""

    def __init__(self) -> None:
        self._heard: Samples = np.empty(0, np.float32)
        self._digest = hashlib.sha256()
        self._blocks: list[NDArray[np.float32]] = []

    def hear(self, samples: Samples) -> LogMel:
        """The recording until now; of another one, it starts anew.

        Args, Raises: see `prepare_sound`.
        """
        _check(samples)
        if not np.array_equal(samples[: len(self._heard)], self._heard):
            self._forget()
        new = samples[len(self._heard) :]
        self._digest.update(np.ascontiguousarray(new).data)
        self._heard = np.concatenate([self._heard, new])
        return LogMel(self._frames(), self._digest.hexdigest())

    def _forget(self) -> None:
        self._heard = self._heard[:0]
        self._digest = hashlib.sha256()
        self._blocks.clear()

    def _frames(self) -> NDArray[np.float32]:
        frames = frame_count(len(self._heard))
        while (len(self._blocks) + 1) * _BLOCK <= frames:
            self._blocks.append(self._block(len(self._blocks)))
        rest = frames % _BLOCK
        return np.concatenate([*self._blocks, *([self._block(len(self._blocks))[:rest]] if rest else [])])

    def _block(self, index: int) -> NDArray[np.float32]:
        """Silence follows where the recording ends."""
        start = index * _BLOCK * HOP
        samples = self._heard[start : start + _BLOCK_SAMPLES]
        return _log_mel(np.pad(samples, (0, _BLOCK_SAMPLES - len(samples))))


def _check(samples: Samples) -> None:
    if len(samples) < WINDOW:
        raise BadInput("The recording is too short: less than 25 ms.", action="Record again.")
    if not np.isfinite(samples).all():
        raise BadInput("The recording holds values that aren't numbers.", action="Give another file.")


def _log_mel(samples: Samples) -> NDArray[np.float32]:
    """float32 [`_BLOCK`, 80] of `_BLOCK_SAMPLES` samples: float32 but for window and transform, which are float64."""
    frames = np.lib.stride_tricks.sliding_window_view(samples, WINDOW)[::HOP]
    before = np.concatenate([frames[:, :1], frames[:, :-1]], axis=1)
    sharpened = (frames - np.float32(_PRE_EMPHASIS) * before) * np.float32(_SCALE)
    spectrum = np.fft.rfft(_hamming() * sharpened, n=FFT, axis=1).astype(np.complex64)
    energies = np.abs(spectrum) ** 2 @ mel_bank()
    return np.log(np.maximum(energies, np.float32(_FLOOR)))


@cache
def _hamming() -> NDArray[np.float64]:
    """The symmetric window: its last sample equals its first."""
    return np.hamming(WINDOW)
