"""The cancel token: set from any thread, seen by the one that works. Cancelled is an outcome, not an error."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Cancelled(BaseException):
    """Unwinds work whose token was set. A BaseException, so that no `except Exception` mistakes it for a fault."""


class CancelToken:
    """One request's wish to stop.

    Set directly and from any thread: a queued "cancel" message would run only after the work it should stop.
    """

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []

    def set(self) -> None:
        """Asks the work to stop. Runs each callback once; setting twice does nothing more."""
        with self._lock:
            if self._event.is_set():
                return
            self._event.set()
            callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback()

    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> bool:
        """Sleeps until set or until the time is over; says whether it was set."""
        return self._event.wait(seconds)

    def on_set(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Calls `callback` when set (at once if it is), from the setter's thread. Returns what takes it back."""
        with self._lock:
            if not self._event.is_set():
                self._callbacks.append(callback)
                return lambda: self._forget(callback)
        callback()
        return lambda: None

    def check(self) -> None:
        """Raises `Cancelled` when set."""
        if self._event.is_set():
            raise Cancelled

    def _forget(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
