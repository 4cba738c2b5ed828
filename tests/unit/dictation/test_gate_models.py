"""The gate on real Whisper without its own guards: what it invents for real kinds of noise, and what people say."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr

from assistant.audio.vad import speech_spans
from assistant.bench.sounds import KINDS
from assistant.core.events import Segment, Transcript
from assistant.core.media import SAMPLE_RATE
from assistant.dictation.gate import sift

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def whisper() -> Any:
    from faster_whisper import WhisperModel

    from assistant.settings.paths import Paths

    models = Path(os.environ.get("HEARSIGHT_MODELS", "") or Paths.of_user().models)
    return WhisperModel(str(models / "whisper-base"), device="cpu", compute_type="int8", local_files_only=True)


def unguarded(whisper: Any, samples: np.ndarray, hotwords: str | None = None) -> Transcript:
    """What Whisper writes when none of its own thresholds may silence it."""
    found, _ = whisper.transcribe(
        samples,
        language="en",
        temperature=0,
        beam_size=1,
        no_speech_threshold=None,
        log_prob_threshold=None,
        compression_ratio_threshold=None,
        condition_on_previous_text=False,
        hotwords=hotwords,
        max_new_tokens=40,
    )
    segments = tuple(
        Segment(s.start, s.end, s.text.strip(), s.no_speech_prob, s.avg_logprob, s.compression_ratio) for s in found
    )
    return Transcript(" ".join(s.text for s in segments), segments, "en", len(samples) / SAMPLE_RATE)


@pytest.fixture(scope="module")
def say(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], np.ndarray]:
    def said(text: str) -> np.ndarray:
        file = tmp_path_factory.mktemp("said") / "said.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "150", "-w", str(file), text], check=True)
        samples, rate = soundfile.read(file, dtype="float32")
        return np.asarray(soxr.resample(samples, rate, SAMPLE_RATE), np.float32)

    return said


@pytest.mark.parametrize("kind", KINDS)
def test_noise_makes_whisper_write_and_the_gate_types_nothing(whisper: Any, kind: str) -> None:
    sound = KINDS[kind](3.0, 1)
    written = unguarded(whisper, sound)
    assert written.text, "this test would pass without the gate"
    assert sift(written, speech_spans(sound)).transcript.text == ""


@pytest.mark.parametrize("text", ["Thank you.", "Okay.", "Thanks for watching."])
def test_short_things_that_are_said_are_typed(whisper: Any, say: Callable[[str], np.ndarray], text: str) -> None:
    sound = np.concatenate([KINDS["room"](0.5, 1), say(text), KINDS["room"](0.7, 2)])
    kept = sift(unguarded(whisper, sound), speech_spans(sound)).transcript.text
    assert "".join(filter(str.isalpha, kept.lower())) == "".join(filter(str.isalpha, text.lower()))


@pytest.mark.parametrize("kind", ["keyboard", "breath"])
def test_what_follows_speech_adds_no_words(whisper: Any, say: Callable[[str], np.ndarray], kind: str) -> None:
    speech = say("Please send the report to the office before noon.")
    sound = np.concatenate([speech, KINDS[kind](8.0, 3)])
    kept = sift(unguarded(whisper, sound), speech_spans(sound)).transcript.text
    assert kept == sift(unguarded(whisper, speech), speech_spans(speech)).transcript.text != ""


def test_hints_over_noise_are_not_typed(whisper: Any) -> None:
    hints = ("Kowalski", "Szymanski", "Kubernetes", "Grafana")
    for kind in ("room", "breath"):
        sound = KINDS[kind](3.0, 5)
        written = unguarded(whisper, sound, hotwords=", ".join(hints))
        assert sift(written, speech_spans(sound), hints).transcript.text == ""
