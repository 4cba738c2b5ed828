"""Says when the window was first painted, for `hearsight bench start`."""

from __future__ import annotations

import os
import sys
import time

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

ASK = "HEARSIGHT_FIRST_PAINT"
"""Set to anything, this environment variable makes the app print `first paint: SECONDS MODULES` to stderr."""


def announce_first_paint(window: QWidget) -> None:
    """Prints the moment of the first paint (seconds since the epoch) and the modules loaded by then, if asked."""
    if os.environ.get(ASK):
        window.installEventFilter(_FirstPaint(window))


class _FirstPaint(QObject):
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            # After this event's painting is done and flushed.
            QTimer.singleShot(0, _announce)
        return False


def _announce() -> None:
    modules = ",".join(sorted({name.partition(".")[0] for name in sys.modules}))
    print(f"first paint: {time.time():.6f} {modules}", file=sys.stderr, flush=True)
