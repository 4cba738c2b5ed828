"""The moment when the window is first on the screen: what can wait begins then."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer, Slot
from PySide6.QtWidgets import QWidget

VARIABLE = "HEARSIGHT_FIRST_PAINT"
"""Set in the environment, it makes the program say when it was: see `hearsight bench start`."""
HEAVY = ("torch", "onnxruntime", "faster_whisper", "ctranslate2", "xllamacpp", "sounddevice", "av", "rapidocr")
"""Modules that must not be loaded by then."""


def announce_first_paint(window: QWidget, then: Callable[[], object] | None = None) -> None:
    """Calls `then`, which fills the window, once the window's first picture went to the display.

    With `HEARSIGHT_FIRST_PAINT` set, prints `first paint <seconds since the epoch> <heavy modules>` to stderr before,
    and `filled <seconds since the epoch>` after the next picture.
    """
    _Watch(window, "first paint", then)


class _Watch(QObject):
    def __init__(self, window: QWidget, words: str, then: Callable[[], object] | None) -> None:
        super().__init__(window)
        self._window, self._words, self._then = window, words, then
        window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            # The pixels go to the display at the end of this round of painting.
            QTimer.singleShot(0, self, self._report)
        return super().eventFilter(watched, event)

    @Slot()
    def _report(self) -> None:
        if os.environ.get(VARIABLE):
            loaded = ",".join(name for name in HEAVY if name in sys.modules)
            print(f"{self._words} {time.time():.6f} {loaded}", file=sys.stderr, flush=True)
        if self._then is not None:
            self._then()
            _Watch(self._window, "filled", None)
            self._window.update()
