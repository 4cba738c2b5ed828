"""Serialises the key, the microphone, the clock and the engine into one state machine (`transitions`).

Called from one thread only (the window's); everything slow happens in the actions' own threads.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Literal

from assistant.flows.transitions import Action, Event, State, step

log = logging.getLogger(__name__)

Mode = Literal["hold", "toggle"]
Job = Literal["ask", "dictate"]

_BOUNCE_SECONDS = 0.03
"""A press this soon after the last one is a bouncing switch, not a second wish."""


class Coordinator:
    """Turns raw presses and releases into events and runs each transition's action.

    Args:
        act: called with the action of each transition, after the state changed.
        changed: called with the new state whenever it differs.
        mode: "hold" (speak while holding; a tap goes hands-free) or "toggle" (press to start, press to send; for
            systems that report presses only).
        tap_seconds: a release within this time after its press is a tap.
        clock: seconds, monotonic.

    Attributes:
        job: what the state is about. While one job records, the other's key does nothing.
        held_job: whose key is down while `holding`.
    """

    def __init__(
        self,
        act: Callable[[Action], None],
        changed: Callable[[State], None],
        *,
        mode: Mode = "hold",
        tap_seconds: float = 0.3,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.state = State.IDLE
        self.job: Job = "ask"
        self.held_job: Job = "ask"
        self.mode: Mode = mode
        self.tap_seconds = tap_seconds
        self._act = act
        self._changed = changed
        self._clock = clock
        self._pressed_at: float | None = None
        self._last_press = float("-inf")

    @property
    def recording(self) -> bool:
        return self.state in (State.ARMING, State.LISTENING, State.LATCHED)

    @property
    def holding(self) -> bool:
        """Whether a release is still to come."""
        return self._pressed_at is not None

    def press(self, at: float | None = None, job: Job = "ask") -> None:
        """A job's key went down. A repeated press of a key that is already down does nothing."""
        now = self._clock() if at is None else at
        if self._pressed_at is not None or now - self._last_press < _BOUNCE_SECONDS:
            return
        if self.recording and job != self.job:
            return
        self.job = self.held_job = job
        self._last_press = now
        self._pressed_at = now
        self.handle(Event.PRESS)
        if self.mode == "toggle" and self.state is State.ARMING:
            self.handle(Event.LATCH)

    def release(self, at: float | None = None, job: Job = "ask") -> None:
        """A job's key came up. Does nothing without its press."""
        if job != self.held_job:
            return
        pressed, self._pressed_at = self._pressed_at, None
        if pressed is None or self.mode == "toggle" or job != self.job:
            return
        now = self._clock() if at is None else at
        self.handle(Event.TAP if now - pressed <= self.tap_seconds else Event.RELEASE)

    def handle(self, event: Event) -> None:
        """Makes one transition."""
        before = self.state
        self.state, action = step(before, event)
        log.debug("%s + %s -> %s (%s)", before, event, self.state, action)
        if self.state is not before:
            self._changed(self.state)
        if action is not Action.NONE:
            self._act(action)
