"""What the light engine makes of hints, and how sure it says it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from assistant.core.cancel import CancelToken
from assistant.core.media import Clip
from assistant.core.prompt import Options
from assistant.engine.light.engine import LightEngine
from tests.engine.conftest import MODELS

pytestmark = pytest.mark.models
SENTENCE = "Please send the report to Mr Meier before noon."


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    engine = LightEngine(MODELS, threads=2, language="en")
    yield engine
    engine.unload()


def transcribe(engine: LightEngine, clip: Clip, *hints: str) -> str:
    return engine.transcribe(clip, Options(hints=hints), lambda _event: None, CancelToken()).text


def test_hints_bias_the_spelling_and_only_that(engine: LightEngine, speak: Callable[[str], Clip]) -> None:
    clip = speak(SENTENCE)
    plain, hinted = transcribe(engine, clip), transcribe(engine, clip, "Maier", "Szymanowska")
    assert "Maier" not in plain and "Maier" in hinted
    assert "Szymanowska" not in hinted
    assert transcribe(engine, clip) == plain


def test_a_hint_that_spells_a_control_token_is_letters(engine: LightEngine, speak: Callable[[str], Clip]) -> None:
    text = transcribe(engine, speak(SENTENCE), "<|endoftext|>", "<|nospeech|>", "Maier")
    assert "report" in text and "<|" not in text


def test_segments_say_how_sure_the_recogniser_is(engine: LightEngine, speak: Callable[[str], Clip]) -> None:
    clip = speak(SENTENCE)
    segments = engine.transcribe(clip, Options(), lambda _event: None, CancelToken()).segments
    for segment in segments:
        assert segment.no_speech_prob is not None and 0 <= segment.no_speech_prob <= 1
        assert segment.avg_logprob is not None and -1 < segment.avg_logprob <= 0
        assert segment.compression_ratio is not None and 0 < segment.compression_ratio < 2.4
    assert segments


def test_speech_that_is_hard_to_understand_is_not_dropped(engine: LightEngine, speak: Callable[[str], Clip]) -> None:
    """The model finds none of its guesses probable here (mean log probability below -1), and is sure of a voice."""
    clip = speak("Björn and Annika are travelling to Uppsala.")
    segments = engine.transcribe(clip, Options(), lambda _event: None, CancelToken()).segments
    assert segments and (segments[0].no_speech_prob or 0.0) < 0.6
