"""Cuts a stream of any length into pieces of speech that a recogniser takes: at silences, never longer than 30 s.

In one pass and in constant memory; where it cut doesn't change as more arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from assistant.audio.resample import Samples
from assistant.audio.vad import FRAME, SpeechProbability, SpeechTracker
from assistant.core.media import SAMPLE_RATE

_LONGEST = 30 * SAMPLE_RATE // FRAME
"""Frames of a piece: what Whisper takes at once."""
_GAP = 2 * SAMPLE_RATE // FRAME
"""Frames of silence that end a piece: less is a pause in what is being said, and recognisers do better with context."""
_PAD = SAMPLE_RATE // 4 // FRAME
"""Frames kept around speech: the detector hears a word's first and last consonants late."""


@dataclass(frozen=True)
class Chunk:
    """A piece with speech in it: `samples` (16 kHz mono) from `start` seconds on."""

    start: float
    samples: Samples


def chunks(blocks: Iterable[Samples]) -> Iterator[Chunk]:
    """The pieces of a stream that hold speech, in order; silence and noise between them is left out."""
    chunker = Chunker()
    for block in blocks:
        yield from chunker.feed(block)
    yield from chunker.finish()


class Chunker:
    """The same for a stream that is fed."""

    def __init__(self) -> None:
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

    def _close_if_due(self) -> Iterator[Chunk]:
        if not any(self._voiced):
            self._drop(len(self._voiced) - _PAD)
        elif self._tracker.silence_frames >= _GAP:
            yield from self._give(len(self._voiced) - self._tracker.silence_frames + _PAD)
        elif len(self._voiced) >= _LONGEST:
            yield from self._give(self._best_cut())

    def _give(self, end: int, trailing: int = 0) -> Iterator[Chunk]:
        """Gives the first `end` frames when somebody speaks in them (a click is not speech)."""
        heard = SpeechTracker()
        for probability in self._judged[:end]:
            heard.step(probability)
        if heard.heard:
            yield Chunk(self._dropped * FRAME / SAMPLE_RATE, self._pending[: end * FRAME + trailing].copy())
        self._drop(end)

    def _best_cut(self) -> int:
        """The middle of the longest pause in the second half, or else the frame that is least like speech."""
        half = len(self._voiced) // 2
        start, length = _longest_pause(self._voiced, half)
        if length:
            return start + (length + 1) // 2
        return half + int(np.argmin(self._judged[half:]))

    def _drop(self, frames: int) -> None:
        if frames <= 0:
            return
        self._pending = self._pending[frames * FRAME :]
        del self._judged[:frames], self._voiced[:frames]
        self._dropped += frames


def _longest_pause(voiced: list[bool], start: int) -> tuple[int, int]:
    """Start and length of the longest run without speech from `start` on; the later one of equals."""
    best = run = (start, 0)
    for index in range(start, len(voiced)):
        run = (index + 1, 0) if voiced[index] else (run[0], run[1] + 1)
        best = run if run[1] >= max(1, best[1]) else best
    return best
