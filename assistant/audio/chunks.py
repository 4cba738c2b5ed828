"""Cuts a stream of any length into pieces of speech that a recogniser takes: at silences, never longer than 30 s.

In one pass and in constant memory; where it cut doesn't change as more arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from assistant.audio.resample import Samples
from assistant.audio.vad import FRAME, SpeechProbability, SpeechTracker, spans_of
from assistant.core.media import SAMPLE_RATE

_PAD = SAMPLE_RATE // 4 // FRAME
"""Frames kept around speech: the detector hears a word's first and last consonants late."""

_WORD_GAP = 5
"""Frames (160 ms): a shorter pause may be inside of a word, before a p or a t."""


@dataclass(frozen=True)
class Cutting:
    """When a piece ends; all in seconds.

    Attributes:
        longest: what a piece has at most; Whisper takes 30 s at once.
        gap: of silence, which ends any piece. Less is a pause in what is being said, and context helps recognisers.
        pause: of silence, which ends a piece that has `enough` already.
        overlap: how much the next piece repeats where a piece had to end in mid-speech, so that no word is cut in two.
    """

    longest: float = 30.0
    gap: float = 2.0
    pause: float = 2.0
    enough: float = 30.0
    overlap: float = 0.0


FILES = Cutting()
LIVE = Cutting(longest=12.0, gap=1.5, pause=0.4, enough=4.0, overlap=1.0)
"""While somebody speaks: short pieces, so that little is left to do when they stop."""


@dataclass(frozen=True)
class Chunk:
    """A piece with speech in it.

    Attributes:
        start: where it begins, in seconds.
        samples: 16 kHz mono.
        speech: where somebody speaks in it, in seconds from its start.
        forced: it had to end in mid-speech; the next one repeats its end where `Cutting.overlap` says so.
    """

    start: float
    samples: Samples
    speech: tuple[tuple[float, float], ...] = ()
    forced: bool = False

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE


def chunks(blocks: Iterable[Samples]) -> Iterator[Chunk]:
    """The pieces of a stream that hold speech, in order; silence and noise between them is left out."""
    chunker = Chunker()
    for block in blocks:
        yield from chunker.feed(block)
    yield from chunker.finish()


class Chunker:
    """The same for a stream that is fed."""

    def __init__(self, cutting: Cutting = FILES) -> None:
        self._longest, self._gap = _frames(cutting.longest), _frames(cutting.gap)
        self._pause, self._enough = _frames(cutting.pause), _frames(cutting.enough)
        self._overlap = _frames(cutting.overlap)
        self._probability = SpeechProbability()
        self._tracker = SpeechTracker()
        self._pending: Samples = np.zeros(0, np.float32)
        self._judged: list[float] = []
        self._voiced: list[bool] = []
        self._dropped = 0

    def feed(self, samples: Samples) -> Iterator[Chunk]:
        """Takes 16 kHz mono, gives the pieces that it completes."""
        self._pending = np.concatenate((self._pending, samples))
        for probability in self._probability.feed(samples):
            self._judged.append(probability)
            self._voiced.append(self._tracker.step(probability))
            yield from self._close_if_due()

    def finish(self) -> Iterator[Chunk]:
        """Gives the last piece."""
        if any(self._voiced):
            yield from self._give(len(self._voiced), trailing=len(self._pending) - len(self._voiced) * FRAME)

    @property
    def open(self) -> Chunk | None:
        """The piece under way as far as it goes; None where nobody has spoken in it yet."""
        if not self._is_speech(len(self._voiced)):
            return None
        return self._chunk(len(self._voiced), self._pending.copy())

    @property
    def heard(self) -> bool:
        """Whether anybody has spoken since the beginning."""
        return self._tracker.heard

    @property
    def silence(self) -> float:
        """Seconds since the last speech."""
        return self._tracker.silence_frames * FRAME / SAMPLE_RATE

    def _close_if_due(self) -> Iterator[Chunk]:
        if not any(self._voiced):
            self._drop(len(self._voiced) - _PAD)
        elif self._tracker.silence_frames >= self._silence_that_ends():
            yield from self._give(len(self._voiced) - self._tracker.silence_frames + _PAD)
        elif len(self._voiced) >= self._longest:
            end, forced = self._best_cut()
            yield from self._give(end, forced=forced)

    def _silence_that_ends(self) -> int:
        spoken = len(self._voiced) - self._tracker.silence_frames
        return self._pause if spoken >= self._enough else self._gap

    def _give(self, end: int, trailing: int = 0, *, forced: bool = False) -> Iterator[Chunk]:
        """Gives the first `end` frames when somebody speaks in them (a click is not speech)."""
        if self._is_speech(end):
            samples = self._pending[: end * FRAME + trailing].copy()
            yield self._chunk(end, samples, forced=forced)
        self._drop(end - self._overlap if forced else end)

    def _chunk(self, end: int, samples: Samples, *, forced: bool = False) -> Chunk:
        speech = tuple(spans_of(self._voiced[:end]))
        return Chunk(self._dropped * FRAME / SAMPLE_RATE, samples, speech, forced)

    def _is_speech(self, end: int) -> bool:
        heard = SpeechTracker()
        for probability in self._judged[:end]:
            heard.step(probability)
        return heard.heard

    def _best_cut(self) -> tuple[int, bool]:
        """The middle of the longest pause in the second half, or else the frame that is least like speech.

        Returns:
            The frame to end at, and whether that is in mid-speech.
        """
        half = len(self._voiced) // 2
        start, length = _longest_pause(self._voiced, half)
        if length:
            return start + (length + 1) // 2, length < _WORD_GAP
        return half + int(np.argmin(self._judged[half:])), True

    def _drop(self, frames: int) -> None:
        if frames <= 0:
            return
        self._pending = self._pending[frames * FRAME :]
        del self._judged[:frames], self._voiced[:frames]
        self._dropped += frames


def _frames(seconds: float) -> int:
    return int(seconds * SAMPLE_RATE) // FRAME


def _longest_pause(voiced: list[bool], start: int) -> tuple[int, int]:
    """Start and length of the longest run without speech from `start` on; the later one of equals."""
    best = run = (start, 0)
    for index in range(start, len(voiced)):
        run = (index + 1, 0) if voiced[index] else (run[0], run[1] + 1)
        best = run if run[1] >= max(1, best[1]) else best
    return best
