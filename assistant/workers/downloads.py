"""Fetches models for the window: one after the other on a thread of its own, with progress, stopped by a token."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import HearsightError
from assistant.models.catalogue import find
from assistant.models.phi4 import pull as phi4
from assistant.models.progress import Progress
from assistant.models.pull import pull
from assistant.models.store import ModelStore

_REPORT_SECONDS = 0.1
"""A bar needs no more than ten steps a second."""


class Downloads(QObject):
    """On the GUI thread; signals come from the downloading thread and are taken on the receiver's."""

    started = Signal()
    progress = Signal(str, str, float)
    """model, what is being done (a `Stage`), share done in [0, 1]"""
    finished = Signal(str)
    """Empty when all are there, else why not; what was fetched is kept."""

    def __init__(self, models: Path, parent: QObject | None = None, *, offline: bool = False) -> None:
        """With `offline`, the network stays untouched whatever a start says."""
        super().__init__(parent)
        self._offline = offline
        self._store = ModelStore(models)
        self._thread = ThreadPoolExecutor(1, "downloads")
        self._cancel = CancelToken()
        self._last = 0.0

    def missing(self, names: tuple[str, ...]) -> list[str]:
        """Those that are not complete in the store."""
        return [name for name in names if not self._is_here(name)]

    def _is_here(self, name: str) -> bool:
        if name == phi4.NAME:
            return phi4.is_current(self._store.folder)
        return self._store.stored(find(name)).state == "ready"

    def start(self, names: tuple[str, ...], *, offline: bool = False) -> None:
        """Fetches what is missing of `names`."""
        self._cancel = CancelToken()
        self.started.emit()
        self._thread.submit(self._fetch, names, offline or self._offline, self._cancel)

    def pause(self) -> None:
        """Stops; the next start goes on where this one ended."""
        self._cancel.set()

    def stop(self) -> None:
        """Ends the thread."""
        self._cancel.set()
        self._thread.shutdown(wait=True)

    def _fetch(self, names: tuple[str, ...], offline: bool, cancel: CancelToken) -> None:
        try:
            for name in names:
                if name == phi4.NAME:
                    phi4.pull(self._store.folder, offline=offline, report=self._report, cancel=cancel)
                else:
                    pull(self._store, find(name), offline=offline, report=self._report, cancel=cancel)
            self.finished.emit("")
        except Cancelled:
            self.finished.emit("Paused. What was fetched is kept.")
        except HearsightError as error:
            self.finished.emit(str(error))

    def _report(self, progress: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= _REPORT_SECONDS or progress.done == progress.total:
            self._last = now
            share = progress.done / progress.total if progress.total else 0.0
            self.progress.emit(progress.name, progress.stage, share)
