"""Speech that is dictated right now: fed as it comes, cut at silences, taken piece by piece to be recognised."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable

from assistant.audio.chunks import LIVE, Chunk, Chunker
from assistant.audio.resample import Samples
from assistant.core.cancel import CancelToken
from assistant.core.media import SAMPLE_RATE


class LiveSpeech:
    """One dictation's sound between the recorder's thread, which feeds it, and the engine's, which takes pieces.

    Only what is not recognised yet is held, so that an hour takes no more memory than a minute.

    Attributes:
        over: set once nothing more will come.
    """

    def __init__(self) -> None:
        self.over = CancelToken()
        self._chunker = Chunker(LIVE)
        self._closed: deque[Chunk] = deque()
        self._changed = threading.Condition()
        self._samples = 0
        self._silence = 0.0
        self._on_silence: Callable[[], None] | None = None
        self._spare: CancelToken | None = None
        self._spare_pause = self._spare_until = 0.0

    @property
    def seconds(self) -> float:
        """Of sound until now."""
        return self._samples / SAMPLE_RATE

    @property
    def heard(self) -> bool:
        """Whether anybody has spoken."""
        return self._chunker.heard

    @property
    def finished(self) -> bool:
        """Whether everything was taken and nothing more will come."""
        with self._changed:
            return self.over.is_set() and not self._closed

    def feed(self, samples: Samples) -> None:
        """Takes what the microphone heard: 16 kHz mono."""
        with self._changed:
            self._samples += len(samples)
            self._closed.extend(self._chunker.feed(samples))
            self._changed.notify_all()
            told = self._take_silence()
            wanted = self._take_spare()
        if wanted is not None:
            wanted.set()
        if told is not None:
            told()

    def end(self) -> None:
        """Nothing more comes; the rest becomes the last piece. Again: nothing."""
        with self._changed:
            if not self.over.is_set():
                self._closed.extend(self._chunker.finish())
                self.over.set()
                self._changed.notify_all()
            wanted = self._take_spare()
        if wanted is not None:
            wanted.set()

    def next(self, seconds: float) -> Chunk | None:
        """The next whole piece; None where none is closed within `seconds`, or none is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self.over.is_set(), seconds)
            return self._closed.popleft() if self._closed else None

    def open_piece(self) -> Chunk | None:
        """What is being said now, as far as it goes; None in silence."""
        with self._changed:
            return None if self.over.is_set() else self._chunker.open

    @property
    def silence(self) -> float:
        """Seconds since the last speech."""
        return self._chunker.silence

    def watch_silence(self, seconds: float, on_silence: Callable[[], None]) -> None:
        """Calls `on_silence` once, from the recorder's thread, when speech was followed by so much silence."""
        with self._changed:
            self._silence, self._on_silence = seconds, on_silence

    def spare_time(self, pause: float, seconds: float) -> CancelToken:
        """A token that is set once there may be something to recognise: a piece is whole, so many seconds of sound
        came, speech was followed by a pause, or it is over. A second call takes the first one's place."""
        with self._changed:
            self._spare = token = CancelToken()
            self._spare_pause, self._spare_until = pause, self.seconds + seconds
            wanted = self._take_spare()
        if wanted is not None:
            wanted.set()
        return token

    def _take_spare(self) -> CancelToken | None:
        paused = self._chunker.heard and self._chunker.silence >= self._spare_pause
        if not (self.over.is_set() or self._closed or paused or self.seconds >= self._spare_until):
            return None
        token, self._spare = self._spare, None
        return token

    def _take_silence(self) -> Callable[[], None] | None:
        if self._on_silence is None or not self._chunker.heard or self._chunker.silence < self._silence:
            return None
        told, self._on_silence = self._on_silence, None
        return told
