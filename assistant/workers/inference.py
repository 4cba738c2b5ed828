"""The inference thread: one QThread that owns the engine for its life. Jobs come through a queue and run one by one."""

from __future__ import annotations

import logging
import queue
from collections.abc import Callable

from PySide6.QtCore import QObject, QThread, Signal, Slot

from assistant.engine.base import Engine

log = logging.getLogger(__name__)

Job = Callable[[], None]


class InferenceWorker(QObject):
    """Runs jobs on the thread it was moved to, until the queue says stop."""

    crashed = Signal(str)
    """A job raised what it should have handled: a bug of ours, by its type's name."""

    def __init__(self) -> None:
        super().__init__()
        self.jobs: queue.Queue[Job | None] = queue.Queue()

    @Slot()
    def run(self) -> None:
        while (job := self.jobs.get()) is not None:
            try:
                job()
            except Exception as error:
                log.exception("a job on the inference thread failed")
                self.crashed.emit(type(error).__name__)


class Inference:
    """Owns the thread and the engine.

    A queued "cancel" would wait behind the work it should stop: jobs carry their own tokens, set directly.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.worker = InferenceWorker()
        self._thread = QThread()
        self._thread.setObjectName("inference")
        self.worker.moveToThread(self._thread)
        self._thread.started.connect(self.worker.run)

    def start(self) -> None:
        self._thread.start()

    def submit(self, job: Job) -> None:
        """Queues a job; it runs on the inference thread after those before it."""
        self.worker.jobs.put(job)

    def replace(self, engine: Engine) -> None:
        """Unloads the engine and goes on with another, after the jobs before."""

        def swap() -> None:
            self.engine.unload()
            self.engine = engine

        self.submit(swap)

    def unload(self) -> None:
        """Gives back the memory of the engine that is there when this job's turn comes."""

        def work() -> None:
            self.engine.unload()

        self.submit(work)

    def stop(self) -> None:
        """Ends the thread after the job under way (cancel that first) and unloads the engine. Waits for both."""
        while not self.worker.jobs.empty():
            self.worker.jobs.get_nowait()
        self.unload()
        self.worker.jobs.put(None)
        self._thread.quit()
        self._thread.wait()
