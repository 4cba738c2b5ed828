"""Looks at the field that has the focus, with the handler of this system; Windows tells password fields only.

There the typing handler asks the edit control itself; UI Automation would take COM and a dependency for it.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from assistant.desktop.cursor.handlers.at_spi import AtSpi
from assistant.desktop.cursor.handlers.macos import MacAccessibility
from assistant.desktop.cursor.models import UNKNOWN, Cursor, CursorHandler

_SECONDS = 0.15
"""A program that answers slower than this is not waited for: the look comes before the text goes out."""


class CursorReader:
    """Its calls may come from any thread.

    Args:
        ways: those of every system when left out; the first that is compatible is asked.
        seconds: the longest that a look takes, whatever hangs.
    """

    def __init__(self, ways: Sequence[CursorHandler] | None = None, seconds: float = _SECONDS) -> None:
        made = (AtSpi(), MacAccessibility()) if ways is None else ways
        self._way = next((way for way in made if way.is_compatible()), None)
        self._seconds = seconds
        self._stuck: threading.Thread | None = None

    def read(self, pid: int) -> Cursor:
        """The focused field of a program (0: of whichever has the focus). Blocks: call it off the GUI thread."""
        way, told = self._way, queue.SimpleQueue[Cursor]()
        if way is None or (self._stuck is not None and self._stuck.is_alive()):
            return UNKNOWN
        # Connecting to a bus that hangs has no time limit of its own.
        look = threading.Thread(target=lambda: told.put(way.read(pid, self._seconds)), name="cursor", daemon=True)
        look.start()
        try:
            return told.get(timeout=self._seconds)
        except queue.Empty:
            self._stuck = look
            return UNKNOWN
