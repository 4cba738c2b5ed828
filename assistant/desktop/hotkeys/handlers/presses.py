"""What every handler keeps about held keys, and the thread that tells of them."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Literal

from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys.models import KeyEvent, OnKey, OnProblem

_log = logging.getLogger(__name__)

_JOIN_SECONDS = 5.0


class Teller(threading.Thread):
    """Calls listeners one after the other, in the order of the events.

    A thread of its own: a slow listener must not hold up whoever hears the keys, on some systems the whole keyboard.
    """

    def __init__(self) -> None:
        super().__init__(name="hotkeys", daemon=True)
        self._waiting: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()

    def tell(self, listener: Callable[[], None]) -> None:
        self._waiting.put(listener)

    def stop(self) -> None:
        """Ends after what was told until now; returns once that is done."""
        self._waiting.put(None)
        if threading.current_thread() is not self:
            self.join(_JOIN_SECONDS)

    def run(self) -> None:
        while (listener := self._waiting.get()) is not None:
            try:
                listener()
            except Exception:
                # A listener's fault must not cost the user all further keys.
                _log.exception("a listener of the global keys failed")


class Presses:
    """Makes one press, at most one "shift" and one release of whatever a system repeats, loses or sends twice."""

    def __init__(self, on_event: OnKey, on_problem: OnProblem) -> None:
        self._on_event = on_event
        self._on_problem = on_problem
        self._latched: dict[str, bool] = {}
        """Of each key that is down: whether Shift went down meanwhile."""
        self._teller = Teller()
        self._teller.start()

    @property
    def held(self) -> tuple[str, ...]:
        """Names of the bindings whose keys are down."""
        return tuple(self._latched)

    def press(self, name: str) -> None:
        """Told again while it is held (auto-repeat), it does nothing."""
        if name not in self._latched:
            self._latched[name] = False
            self._say(name, "press")

    def latch(self) -> None:
        """Shift went down."""
        for name in [name for name, latched in self._latched.items() if not latched]:
            self._latched[name] = True
            self._say(name, "shift")

    def release(self, name: str) -> None:
        """Without its press it does nothing."""
        if self._latched.pop(name, None) is not None:
            self._say(name, "release")

    def release_all(self) -> None:
        for name in self.held:
            self.release(name)

    def tell(self, listener: Callable[[], None]) -> None:
        self._teller.tell(listener)

    def complain(self, error: HearsightError) -> None:
        self._teller.tell(lambda: self._on_problem(error))

    def stop(self) -> None:
        """Releases what is held, and returns when all is told."""
        self.release_all()
        self._teller.stop()

    def _say(self, name: str, kind: Literal["press", "release", "shift"]) -> None:
        """The time is taken here, not when a slow listener gets to it: a tap must stay a tap."""
        event = KeyEvent(name, kind, time.monotonic())
        self._teller.tell(lambda: self._on_event(event))


def write_down(error: HearsightError) -> None:
    """For problems that nobody listens to."""
    _log.warning("%s", error)
