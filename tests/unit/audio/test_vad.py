"""Speech is found where somebody speaks, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.audio.vad import SilenceWatch, SpeechProbability, has_speech, speech_spans
from assistant.core.media import Clip
from tests.unit.audio import speech

NOT_SPEECH = {
    "nothing": np.zeros(0, np.float32),
    "a hundredth of a second": speech.hiss(0.01),
    "silence": speech.silence(3),
    "faint hiss": speech.hiss(3, 0.001),
    "hiss": speech.hiss(3, 0.02),
    "loud hiss": speech.hiss(3, 0.1),
    "hum": speech.hum(3),
    "clicks": np.concatenate([speech.click()] * 6),
}


@pytest.mark.parametrize("name", NOT_SPEECH)
def test_what_is_not_speech_is_not_taken_for_it(name: str) -> None:
    assert not has_speech(Clip(NOT_SPEECH[name]))
    assert speech_spans(NOT_SPEECH[name]) == []


@pytest.mark.parametrize("gain", [1.0, 0.1, 0.03])
@pytest.mark.parametrize("number", range(1, 4))
def test_a_person_is_heard_loud_and_low(number: int, gain: float) -> None:
    samples = speech.person(number) * np.float32(gain)
    assert has_speech(Clip(samples))
    spoken = sum(end - start for start, end in speech_spans(samples))
    assert spoken > 0.75 * len(samples) / 16_000


def test_spans_lie_where_the_speech_is() -> None:
    person = speech.person()
    spans = speech_spans(np.concatenate((speech.silence(2), person, speech.silence(2))))
    assert 1.8 < spans[0][0] < 2.8
    assert 2 + len(person) / 16_000 - 1.0 < spans[-1][1] < 2 + len(person) / 16_000 + 0.3


def test_the_size_of_the_blocks_changes_nothing() -> None:
    samples = np.concatenate((speech.person(), speech.silence(0.5)))
    at_once = list(SpeechProbability().feed(samples))
    stream, piecewise = SpeechProbability(), []
    for start in range(0, len(samples), 777):
        piecewise += list(stream.feed(samples[start : start + 777]))
    assert piecewise == at_once
    assert len(at_once) == len(samples) // 512


def grow(watch: SilenceWatch, samples: np.ndarray) -> list[float]:
    """Feeds a growing clip as a recorder gives it; returns the seconds at which the watch said stop."""
    ends = range(1_600, len(samples) + 1, 1_600)
    return [end / 16_000 for end in ends if watch.update(Clip(samples[:end]))]


def test_the_silence_after_speech_ends_a_hands_free_recording() -> None:
    person = speech.person()
    watch = SilenceWatch(1.5)
    stops = grow(watch, np.concatenate((speech.silence(3), person, speech.hiss(4, 0.001))))
    end = 3 + len(person) / 16_000
    assert watch.heard
    assert end + 0.5 < stops[0] < end + 2.0


@pytest.mark.parametrize("sound", [speech.silence(4), speech.hum(4), np.concatenate([speech.click()] * 8)])
def test_without_speech_it_waits(sound: np.ndarray) -> None:
    watch = SilenceWatch(1.5)
    assert grow(watch, sound) == []
    assert not watch.heard


def test_a_pause_for_breath_does_not_end_it() -> None:
    person = speech.person()[:48_000]
    watch = SilenceWatch(1.5)
    assert grow(watch, np.concatenate((person, speech.silence(1.0), person))) == []
