"""Tries a microphone for the settings: opens it, says how loud it is, keeps nothing."""

from __future__ import annotations

import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from assistant.audio.recorder import Recorder
from assistant.core.errors import HearsightError


class MicrophoneTest(QObject):
    """On the GUI thread; opening and closing run on a thread of its own. Signals come from other threads."""

    level = Signal(float)
    """RMS of the newest sound in [0, 1]."""
    failed = Signal(str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread = ThreadPoolExecutor(1, "microphone-test")
        self._closed = False
        self._recorder: Recorder | None = None
        self._folder: Path | None = None

    def start(self, device: str) -> None:
        """Listens to a microphone by its name ("" for the default), in the place of the one before."""
        self._thread.submit(self._start, device)

    def stop(self) -> None:
        self._thread.submit(self._stop)

    def close(self) -> None:
        """Stops listening and ends the thread, without waiting for the device. Again: nothing."""
        if not self._closed:
            self._closed = True
            self._thread.submit(self._stop)
            self._thread.shutdown(wait=False)

    def _start(self, device: str) -> None:
        self._stop()
        self._folder = Path(tempfile.mkdtemp(prefix="hearsight-test-"))
        self._recorder = Recorder(
            device, self._folder, on_first=_nothing, on_level=self.level.emit, on_lost=self._on_lost
        )
        try:
            self._recorder.start()
        except HearsightError as error:
            self._recorder = None
            self._on_lost(error)

    def _stop(self) -> None:
        if self._recorder is not None:
            self._recorder.cancel()
            self._recorder = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _on_lost(self, error: HearsightError) -> None:
        self.failed.emit(str(error))


def _nothing() -> None:
    """The level says it all."""
