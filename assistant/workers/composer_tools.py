"""The composer's own microphone and screenshot button: they bring a clip or a picture and ask nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from PySide6.QtCore import QObject, Signal, Slot

from assistant.audio import vad
from assistant.audio.recorder import Recorder
from assistant.audio.resample import Samples
from assistant.core.errors import HearsightError
from assistant.core.media import Clip, Picture
from assistant.flows import drafts
from assistant.workers.turn import TurnJobs


class OpenRecorder(Protocol):
    """Makes a recorder that has not started yet; see `Recorder` for its callbacks."""

    def __call__(
        self,
        folder: Path,
        on_first: Callable[[], None],
        on_level: Callable[[float], None],
        on_lost: Callable[[HearsightError], None],
        on_samples: Callable[[Samples], None] | None = None,
        /,
    ) -> Recorder: ...


class ComposerTools(QObject):
    """On the GUI thread; the devices are used on the turn jobs' threads."""

    clip_ready = Signal(object)
    picture_ready = Signal(object)
    failed = Signal(str)
    level = Signal(float)

    def __init__(self, jobs: TurnJobs, recordings: Path, open_recorder: OpenRecorder, parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._recordings = recordings
        self._open_recorder = open_recorder
        self._recorder: Recorder | None = None
        self._folder: Path | None = None

    @property
    def recording(self) -> bool:
        return self._recorder is not None

    def start_recording(self) -> None:
        if self._recorder is not None:
            return
        try:
            self._folder = drafts.begin(self._recordings, 0)
        except OSError as error:
            self.failed.emit(f"The recording can't be kept: {error.strerror}.")
            return
        recorder = self._open_recorder(self._folder, lambda: None, self.level.emit, self._lost)
        self._recorder = recorder
        self._jobs.on_recording_thread(lambda: self._start(recorder))

    def finish_recording(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._jobs.on_recording_thread(lambda: self._finish(recorder))

    def take_picture(self, capture: Callable[[], Picture]) -> None:
        """Takes the screen on the capture thread; the caller hid the window before."""
        self._jobs.on_capture_thread(lambda: self._capture(capture))

    def _start(self, recorder: Recorder) -> None:
        try:
            recorder.start()
        except HearsightError as error:
            self._lost(error)

    def _finish(self, recorder: Recorder) -> None:
        clip: Clip | None = recorder.stop()
        if clip is not None and not vad.has_speech(clip):
            clip = None
        if self._folder is not None:
            # The clip is in the composer now, like anything typed there.
            drafts.discard(self._folder)
        self.clip_ready.emit(clip)

    def _capture(self, capture: Callable[[], Picture]) -> None:
        try:
            self.picture_ready.emit(capture())
        except HearsightError as error:
            self.failed.emit(str(error))

    def _lost(self, error: HearsightError) -> None:
        self.failed.emit(str(error))
        self._stop_later()

    @Slot()
    def _stop_later(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            self._jobs.on_recording_thread(lambda: self._finish(recorder))
