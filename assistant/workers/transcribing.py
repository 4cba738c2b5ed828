"""Files that become conversations: one after the other on the inference thread, a piece at a time, so that a question
or a dictation comes in between.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from assistant.audio.files import open_sound
from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import HearsightError
from assistant.core.events import Segment
from assistant.core.prompt import Options
from assistant.flows.transcribe import FileWork
from assistant.flows.transcript_record import TranscriptRecord, file_of
from assistant.workers.conversations import ControllerConversations

log = logging.getLogger(__name__)

_LOOK_AGAIN_MS = 100
"""While a question is recorded or answered."""
_SHOW_SECONDS = 0.1


@dataclass(frozen=True)
class Transcription:
    """How far it is, for the window; seconds of sound, `total` 0 when unknown."""

    name: str
    number: int
    of: int
    seconds: float = 0.0
    total: float = 0.0


@dataclass(frozen=True)
class _Opened:
    conversation: int
    question: int
    answer: int


@dataclass(frozen=True)
class _Text:
    answer: int
    text: str


@dataclass(frozen=True)
class _Stepped:
    """A piece is done, and more is to do."""


@dataclass(frozen=True)
class _Ended:
    state: str
    error: HearsightError | None = None


@dataclass(eq=False)
class _Job:
    """One file. Its parts belong to the inference thread once it began there."""

    path: Path
    number: int
    cancel: CancelToken = field(default_factory=CancelToken)
    work: FileWork | None = None
    steps: Iterator[None] = field(default_factory=lambda: iter(()))
    record: TranscriptRecord | None = None
    shown: float = 0.0


class Transcribing(QObject):
    """On the GUI thread, but for the methods that say otherwise.

    Args:
        controller: says by its signals what happens, as it does for answers.
        is_busy: whether something that somebody waits for is under way: the next piece comes after it.
        complain: tells the user of an error.
        working: told whenever the engine has something to do (True), and at the end (False).
    """

    _happened = Signal(object, object)

    def __init__(
        self,
        controller: ControllerConversations,
        is_busy: Callable[[], bool],
        complain: Callable[[HearsightError], None],
        working: Callable[[bool], None],
    ) -> None:
        super().__init__(controller)
        self._controller, self._is_busy, self._complain, self._working = controller, is_busy, complain, working
        self._waiting: deque[Path] = deque()
        self._job: _Job | None = None
        self._number = 0
        self._happened.connect(self._on_event)

    @property
    def conversation(self) -> int:
        """The conversation that is being written; 0 for none."""
        return self._job.record.conversation if self._job is not None and self._job.record is not None else 0

    def add(self, paths: Sequence[Path]) -> None:
        """Transcribes files, after those that wait already; each becomes a conversation. The first one is opened."""
        self._waiting.extend(paths)
        if self._job is None:
            self._number = 0
            self._next()
        else:
            self._show(self._job)

    @Slot()
    def cancel(self) -> None:
        """Ends the file under way, whose text so far stays, and forgets those that wait."""
        self._waiting.clear()
        if self._job is not None:
            self._job.cancel.set()

    def again(self, message: int) -> bool:
        """Transcribes the file of a message anew, as a new conversation; whether it is about a file."""
        path = file_of(self._controller.parts.history.message(message))
        if path is not None:
            self.add([path])
        return path is not None

    def _next(self) -> None:
        if not self._waiting:
            self._job = None
            self._working(False)
            self._controller.transcription.emit(None)
            return
        self._number += 1
        job = self._job = _Job(self._waiting.popleft(), self._number)
        self._show(job)
        self._submit(job, self._begin)

    def _submit(self, job: _Job, work: Callable[[_Job], None]) -> None:
        """Runs one step of a job on the inference thread, which must not end by its faults."""
        self._working(True)
        self._controller.parts.inference.submit(partial(self._guarded, job, work))

    def _guarded(self, job: _Job, work: Callable[[_Job], None]) -> None:
        """On the inference thread."""
        try:
            work(job)
        except Cancelled:
            self._end(job, "cancelled")
        except HearsightError as error:
            self._end(job, "interrupted", error)
        except Exception as error:
            log.exception("a file's transcription failed")
            text = f"Something went wrong inside Hearsight ({type(error).__name__})."
            self._end(job, "interrupted", HearsightError(text, action="Try again; run with --debug to see where."))

    def _begin(self, job: _Job) -> None:
        """On the inference thread: a file that can't be used leaves no conversation."""
        job.cancel.check()
        sound = open_sound(job.path)
        parts = self._controller.parts
        options = Options(language=self._controller.settings.voice.language)
        record = TranscriptRecord(parts.history, job.path, sound.seconds, parts.inference.engine.capabilities)
        job.record = record
        emit, advance = partial(self._take, job, record), partial(self._advance, job)
        work = FileWork(sound, lambda: parts.inference.engine, options, emit=emit, advance=advance, cancel=job.cancel)
        job.work, job.steps = work, work.steps()
        self._happened.emit(job, _Opened(record.conversation, record.question, record.answer))
        self._happened.emit(job, _Stepped())

    def _step(self, job: _Job) -> None:
        """On the inference thread: at most one piece."""
        assert job.record is not None and job.work is not None
        try:
            next(job.steps)
        except StopIteration:
            self._happened.emit(job, _Text(job.record.answer, job.record.finish(job.work.result())))
            self._happened.emit(job, _Ended("done"))
            return
        self._happened.emit(job, _Stepped())

    def _end(self, job: _Job, state: str, error: HearsightError | None = None) -> None:
        """On the inference thread."""
        try:
            if job.record is not None:
                if error is None:
                    job.record.stop()
                else:
                    job.record.fail(error)
        except HearsightError as storage:
            error = storage
        self._happened.emit(job, _Ended(state, error))

    def _take(self, job: _Job, record: TranscriptRecord, segment: Segment) -> None:
        """On the inference thread."""
        if text := record.feed(segment):
            self._happened.emit(job, _Text(record.answer, text))

    def _advance(self, job: _Job, seconds: float, total: float) -> None:
        """On the inference thread: the window is told ten times a second at most."""
        if time.monotonic() - job.shown >= _SHOW_SECONDS:
            job.shown = time.monotonic()
            self._happened.emit(job, (seconds, total))

    @Slot(object, object)
    def _on_event(self, job: _Job, event: object) -> None:
        if isinstance(event, _Stepped):
            self._go_on(job)
        elif isinstance(event, _Opened):
            self._on_opened(job, event)
        elif isinstance(event, _Text):
            if event.text:
                self._controller.delta.emit(event.answer, event.text)
        elif isinstance(event, _Ended):
            self._on_ended(job, event)
        elif isinstance(event, tuple):
            self._show(job, *event)

    def _go_on(self, job: _Job) -> None:
        if self._is_busy() and not job.cancel.is_set():
            QTimer.singleShot(_LOOK_AGAIN_MS, self, partial(self._go_on, job))
        else:
            self._submit(job, self._step)

    def _on_opened(self, job: _Job, opened: _Opened) -> None:
        if job.number == 1 and not self._is_busy():
            self._controller.open_conversation(opened.conversation)
        self._controller.turn_opened.emit(opened.conversation, opened.question, opened.answer)
        self._controller.history_changed.emit()
        self._controller.stage.emit("transcribing")

    def _on_ended(self, job: _Job, ended: _Ended) -> None:
        if job.record is not None:
            self._controller.turn_closed.emit(job.record.answer, ended.state)
            self._controller.history_changed.emit()
        if ended.error is not None:
            self._complain(ended.error)
        self._next()

    def _show(self, job: _Job, seconds: float = 0.0, total: float = 0.0) -> None:
        if job is self._job:
            of = job.number + len(self._waiting)
            self._controller.transcription.emit(Transcription(job.path.name, job.number, of, seconds, total))
