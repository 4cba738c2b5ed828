"""A text on offer to one window, and whether that window has taken it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

_QUIET_SECONDS = 0.25
_LONG_QUIET_SECONDS = 2.0
_SAME_MS = 1
_CLOCK = 1 << 32
"""X11's clock: milliseconds in 32 bits."""


class Offer:
    """Made before the keys are pressed; the selection's owner tells it of every reader.

    Only a read that the paste itself made is a receipt. Clipboard managers read too, and so do programs that look
    whenever the clipboard changes, the target among them; those ask with a time before the keys.

    Args:
        is_target: whether a requesting window belongs to the target's program.

    Attributes:
        others: how many reads by other programs there were.
        quiet_seconds: how long after the target's last read the text is kept: some programs read twice for one paste.
            Longer where a read carried no time, or that of the offer itself, so that the paste's read may yet follow.
    """

    def __init__(self, is_target: Callable[[int], bool]) -> None:
        self._is_target = is_target
        self._changed = threading.Condition()
        self._begun: int | None = None
        self._read_at = 0.0
        self._lost = False
        self._given_up = False
        self.others = 0
        self.quiet_seconds = _QUIET_SECONDS

    @property
    def is_read(self) -> bool:
        return self._read_at > 0

    @property
    def has_begun(self) -> bool:
        return self._begun is not None

    @property
    def is_lost(self) -> bool:
        """Whether another program took the selection first."""
        return self._lost

    @property
    def read_at(self) -> float:
        """When the target had last taken all of it, by `time.monotonic()`; 0 when it has not."""
        return self._read_at

    def keys_follow(self, server_time: int) -> None:
        """From now on reads may be the paste's. `server_time` is before the keys."""
        self._begun = server_time

    def counts(self, requestor: int, server_time: int) -> bool:
        """Whether a request may be the paste's own. `server_time` 0 stands for "now"."""
        if self._begun is None or not self._is_target(requestor):
            return False
        later = (server_time - self._begun) % _CLOCK
        if server_time == 0 or later <= _SAME_MS:
            self.is_unsure()
            return True
        return later < _CLOCK // 2

    def is_unsure(self) -> None:
        """It can't be told whether the last read was the paste's: the text is kept longer."""
        self.quiet_seconds = _LONG_QUIET_SECONDS

    def taken(self, counts: bool) -> None:
        """A reader has all of it."""
        with self._changed:
            if counts:
                self._read_at = time.monotonic()
            else:
                self.others += 1
            self._changed.notify_all()

    def lose(self) -> None:
        with self._changed:
            self._lost = True
            self._changed.notify_all()

    def stop_waiting(self) -> None:
        """Wakes whoever waits; the offer itself stands."""
        with self._changed:
            self._given_up = True
            self._changed.notify_all()

    def wait(self, seconds: float) -> None:
        """Waits until it was read or lost."""
        with self._changed:
            self._changed.wait_for(lambda: self.is_read or self._lost or self._given_up, seconds)
