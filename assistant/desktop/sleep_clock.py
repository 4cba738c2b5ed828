"""Sleep as seen by clocks: one that counts it and one that doesn't. Works without any service."""

from __future__ import annotations

import ctypes
import sys
import threading
import time
from collections.abc import Callable

_EVERY_SECONDS = 2.0
_LEAST_SECONDS = 1.0
"""Shorter naps are the clocks' own difference."""


class ClockWatch:
    """Looks every two seconds whether the machine slept since.

    Args:
        on_sleep: called just before `on_wake`: it is told too late, but whoever counts on it is told.
        on_wake: see `power.watch`.
        slept: seconds that the machine has slept since it started.
        every: seconds between two looks.
    """

    def __init__(
        self,
        on_sleep: Callable[[], None],
        on_wake: Callable[[], None],
        slept: Callable[[], float] | None = None,
        every: float = _EVERY_SECONDS,
    ) -> None:
        self._on_sleep, self._on_wake = on_sleep, on_wake
        self._slept = slept or slept_seconds
        self._every = every
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="sleep-clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _watch(self) -> None:
        before = self._slept()
        while not self._stop.wait(self._every):
            now = self._slept()
            if now - before >= _LEAST_SECONDS:
                self._on_sleep()
                self._on_wake()
            before = now


def slept_seconds() -> float:
    """How long the machine has slept since it started; setting the wall clock changes nothing of it.

    Linux: CLOCK_BOOTTIME counts sleep, CLOCK_MONOTONIC doesn't (clock_gettime(2)). macOS: CLOCK_MONOTONIC counts it,
    CLOCK_UPTIME_RAW doesn't. Windows: GetTickCount64 counts it, QueryUnbiasedInterruptTime (100 ns) doesn't.
    """
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
    if sys.platform == "darwin":
        return time.clock_gettime(time.CLOCK_MONOTONIC) - time.clock_gettime(time.CLOCK_UPTIME_RAW)
    if sys.platform == "win32":
        kernel = ctypes.windll.kernel32
        kernel.GetTickCount64.restype = ctypes.c_ulonglong
        awake = ctypes.c_ulonglong()
        kernel.QueryUnbiasedInterruptTime(ctypes.byref(awake))
        return float(kernel.GetTickCount64() / 1e3 - awake.value / 1e7)
    return 0.0
