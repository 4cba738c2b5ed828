"""Notices that a microphone went silent for good: no exception says so."""

from __future__ import annotations

import time

FIRST_SECONDS = 1.5
"""A stream that started gives its first buffer within this time, or not at all."""
STALL_SECONDS = 1.0
_LONGEST_LOOK = 0.1


class Watchdog:
    """Looked at after each poll of the ring.

    It counts time in steps of at most 0.1 s: where the whole process stood still (a busy machine, a sleep), the
    callbacks did too, and that is no fault of the microphone's.
    """

    def __init__(self) -> None:
        self._looked = time.monotonic()
        self._quiet = 0.0
        self._flowed = False

    def look(self, frames: int, *, ended: bool) -> str:
        """Says what is wrong, or nothing.

        Args:
            frames: how many arrived since the last look.
            ended: whether the stream said that it is over.
        """
        now = time.monotonic()
        self._quiet += min(now - self._looked, _LONGEST_LOOK)
        self._looked = now
        if frames:
            self._quiet, self._flowed = 0.0, True
        elif ended:
            return "The microphone was removed, or the sound server ended."
        elif self._quiet >= (STALL_SECONDS if self._flowed else FIRST_SECONDS):
            return "The microphone stopped giving sound." if self._flowed else "The microphone gives no sound."
        return ""
