"""The ring between PortAudio's callback and the writer thread: preallocated, without locks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.int16]
"""Sound as the device gives it: shape (frames, channels), 16 bit."""


@dataclass(frozen=True)
class Taken:
    """What one read gave.

    Attributes:
        frames: a copy, shape (frames, channels).
        position: where the next read goes on, in frames since the ring was made.
        lost: frames between the asked position and the first one given, which were overwritten unread.
    """

    frames: Frames
    position: int
    lost: int


class Ring:
    """Keeps the newest `capacity` frames. One thread writes, one reads.

    The writer never waits and never fails: unread frames are overwritten, and the reader is told how many. Plain
    integers order the two threads (an assignment is atomic in CPython): `_claimed` moves before the copy, `_written`
    after it, so that the reader can tell what was overwritten while it copied.
    """

    def __init__(self, capacity: int, channels: int) -> None:
        self._buffer: Frames = np.zeros((capacity, channels), np.int16)
        self._capacity = capacity
        self._claimed = 0
        self._written = 0

    @property
    def capacity(self) -> int:
        return self._capacity

    @property
    def written(self) -> int:
        """Frames ever written."""
        return self._written

    def write(self, block: Frames) -> None:
        """Appends frames. Copies and returns: it runs in PortAudio's callback."""
        end = self._written + len(block)
        self._claimed = end
        kept = block[-self._capacity :]
        at = (end - len(kept)) % self._capacity
        first = min(len(kept), self._capacity - at)
        self._buffer[at : at + first] = kept[:first]
        self._buffer[: len(kept) - first] = kept[first:]
        self._written = end

    def read(self, position: int) -> Taken:
        """Copies what was written since `position`."""
        end = self._written
        start = max(position, end - self._capacity)
        frames = self._copy(start, end)
        safe = min(end, max(start, self._claimed - self._capacity))
        return Taken(frames[safe - start :], end, safe - position)

    def _copy(self, start: int, end: int) -> Frames:
        at = start % self._capacity
        first = min(end - start, self._capacity - at)
        return np.concatenate((self._buffer[at : at + first], self._buffer[: end - start - first]))
