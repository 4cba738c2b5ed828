"""From key-down to the complete clip: the frozen screen and the recording, both on disk while the user speaks."""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from assistant.audio import vad
from assistant.audio.recorder import Recorder
from assistant.core.errors import HearsightError
from assistant.core.media import Clip, Picture
from assistant.flows import drafts
from assistant.screen import pictures

log = logging.getLogger(__name__)

_WATCH_PAUSE = 0.1
"""Seconds between two looks for silence; the silence itself is measured on the samples."""


class Listening:
    """One recording and the screen it is about.

    `freeze` and `keep_screen` belong to the capturing thread, `record` and `finish` to the recording thread, the
    rest to any.

    Args:
        recordings: folder of recordings under way.
        conversation: where the question will belong; 0 for a new one.
        open_recorder: makes the recorder for a folder.
        job: what it is for: "ask" or "dictate".
    """

    def __init__(
        self, recordings: Path, conversation: int, open_recorder: Callable[[Path], Recorder], job: str = "ask"
    ) -> None:
        self.conversation = conversation
        self._job = job
        self.picture: Picture | None = None
        self.notice = ""
        self.folder = self._make_folder(recordings)
        self._recorder = open_recorder(self.folder)
        self._finished = threading.Event()

    def freeze(self, capture: Callable[[], Picture]) -> Picture:
        """Takes the picture of the screen.

        Raises:
            NoScreen: there is no way here; the question goes on without.
        """
        self.picture = capture()
        return self.picture

    def keep_screen(self) -> None:
        """Writes the screen beside the recording, within a second of key-down."""
        if self.picture is None:
            return
        try:
            drafts.note_screen(self.folder, self.picture)
            pictures.save_png(self.picture, self.folder / drafts.SCREEN_FILE)
        except (OSError, HearsightError) as error:
            log.warning("the screen could not be kept beside the recording: %s", type(error).__name__)

    @property
    def screen_file(self) -> Path | None:
        path = self.folder / drafts.SCREEN_FILE
        return path if path.exists() else None

    def record(self) -> None:
        """Opens the microphone.

        Raises:
            NoMicrophone: there is none.
        """
        self._recorder.start()

    def clip_so_far(self) -> Clip:
        return self._recorder.clip_so_far()

    def finish(self) -> Clip:
        """Stops; everything that the microphone delivered is in the clip. Never hangs."""
        self._finished.set()
        return self._recorder.stop()

    def discard(self) -> None:
        """Removes the recording from disk; call it once the question is in the history."""
        drafts.discard(self.folder)

    def watch_silence(self, seconds: float, on_silence: Callable[[], None]) -> None:
        """Calls `on_silence` once, from a thread of its own, when speech was followed by silence."""
        threading.Thread(target=self._watch, args=(seconds, on_silence), name="silence", daemon=True).start()

    def _watch(self, seconds: float, on_silence: Callable[[], None]) -> None:
        watch = vad.SilenceWatch(seconds)
        while not self._finished.wait(_WATCH_PAUSE):
            if watch.update(self._recorder.clip_so_far()):
                on_silence()
                return

    def _make_folder(self, recordings: Path) -> Path:
        try:
            return drafts.begin(recordings, self.conversation, self._job)
        except OSError as error:
            self.notice = (
                f"This recording can't be kept in the profile ({error.strerror}); it is kept in the temporary folder."
            )
            return drafts.begin(Path(tempfile.mkdtemp(prefix="hearsight-")), self.conversation, self._job)
