"""Tells when the machine goes to sleep and when it is back."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from assistant.desktop.sleep_clock import ClockWatch
from assistant.desktop.sleep_signal import BusWatch, NoBus

_log = logging.getLogger(__name__)

Listener = Callable[[], None]


class Watch(Protocol):
    """A watch that is kept until it is stopped."""

    def stop(self) -> None: ...


def watch(on_sleep: Listener, on_wake: Listener) -> Watch:
    """Watches by logind's signal where there is one, else by the clock that counts sleep.

    Args:
        on_sleep: the machine is about to sleep; where only the clock tells, it comes with the waking.
        on_wake: the machine is back.

    Both are called from the watch's own thread, on_sleep always before its on_wake; what they raise is logged.
    """
    try:
        return BusWatch(_safe(on_sleep), _safe(on_wake))
    except NoBus:
        return ClockWatch(_safe(on_sleep), _safe(on_wake))


def _safe(listener: Listener) -> Listener:
    def call() -> None:
        try:
            listener()
        except Exception:
            _log.exception("a listener of sleep and wake failed in %s", threading.current_thread().name)

    return call
