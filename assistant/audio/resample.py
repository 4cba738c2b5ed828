"""Device frames to 16 kHz mono, as they come: what was resampled once is never touched again."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.audio.ring import Frames
from assistant.core.media import SAMPLE_RATE

Samples = NDArray[np.float32]
"""Mono, 16 kHz, in [-1, 1], shape (samples,)."""

_FULL_SCALE = 32_768.0
_FIRST_SECONDS = 30


def mono(frames: Frames) -> Samples:
    """The mean of the channels, in [-1, 1], at the frames' own rate."""
    return np.asarray(frames.mean(axis=1, dtype=np.float32) / np.float32(_FULL_SCALE), np.float32)


class Resampler:
    """Gathers a recording as 16 kHz mono.

    One thread feeds; any thread may look at `so_far`, which costs nothing: it is a view of memory that only grows
    at its end. What `so_far` gave once stays a prefix of all that follows.
    """

    def __init__(self, rate: int, channels: int) -> None:
        """Args: the device's rate in Hz and its channels."""
        self._stream = _soxr_stream(rate)
        self._channels = channels
        self._buffer: Samples = np.zeros(_FIRST_SECONDS * SAMPLE_RATE, np.float32)
        self._length = 0

    def feed(self, frames: Frames) -> None:
        """Appends frames of shape (frames, channels)."""
        samples = mono(frames)
        self._append(samples if self._stream is None else self._stream.resample_chunk(samples))

    def finish(self) -> None:
        """Appends what the filter still holds (some milliseconds). Nothing can be fed after."""
        if self._stream is not None:
            self._append(self._stream.resample_chunk(np.zeros(0, np.float32), last=True))
            self._stream = None

    def so_far(self) -> Samples:
        """All samples until now, read-only, without a copy."""
        # The length first: the buffer that is read after it holds at least as much.
        length = self._length
        view = self._buffer[:length]
        view.flags.writeable = False
        return view

    def take(self) -> Samples:
        """Hands over what was gathered since the last time and keeps nothing of it, for whoever needs it once only.

        For the feeding thread; `so_far` then begins after it.
        """
        taken = self._buffer[: self._length].copy()
        self._length = 0
        return taken

    def _append(self, samples: Samples) -> None:
        end = self._length + len(samples)
        if end > len(self._buffer):
            grown: Samples = np.zeros(2 * end, np.float32)
            grown[: self._length] = self._buffer[: self._length]
            self._buffer = grown
        self._buffer[self._length : end] = samples
        self._length = end


def _soxr_stream(rate: int) -> Any:
    """soxr's streaming resampler, or None where the device gives 16 kHz already."""
    if rate == SAMPLE_RATE:
        return None
    import soxr

    return soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
