"""What every engine promises (see `engine.base.Engine`)."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.events import Completion, Delta, Heard, Partial, Progress, ScreenRead, Segment, Stage
from assistant.core.media import SAMPLE_RATE, Clip, Picture
from assistant.core.prompt import Options, Prompt, Task, Turn
from assistant.engine.base import Engine

SILENCE = Clip(np.zeros(2 * SAMPLE_RATE, np.float32))


def ask(engine: Engine, prompt: Prompt, **options: int) -> tuple[Completion, list[Progress]]:
    events: list[Progress] = []
    return engine.generate(prompt, Options(**options), events.append, CancelToken()), events


def warm_up(engine: Engine, prompt: Prompt) -> list[Progress]:
    """Warms until nothing is left to do."""
    events: list[Progress] = []
    for _ in range(60):
        started = time.monotonic()
        engine.warm(prompt, events.append, CancelToken())
        if time.monotonic() - started < 0.2:
            break
    return events


@pytest.fixture
def question(speak: Callable[[str], Clip], draw: Callable[..., Picture]) -> Prompt:
    screen = draw("Shopping list", "apples 4.50", "bread 2.20", "cheese 7.10")
    return Prompt(pictures=(screen,), clip=speak("What is the price of the bread?"), task=Task.SCREEN)


def test_loading_twice_loads_once(engine: Engine) -> None:
    engine.load(lambda _what, _share: None, CancelToken())
    reports: list[float] = []
    engine.load(lambda _what, share: reports.append(share), CancelToken())
    assert reports == []


def test_an_answer_is_what_was_streamed_and_tells_what_was_understood(engine: Engine, question: Prompt) -> None:
    answer, events = ask(engine, question, max_tokens=60)
    assert answer.text
    assert "".join(event.text for event in events if isinstance(event, Delta)) == answer.text
    assert [event.text for event in events if isinstance(event, Heard)] == [answer.transcript]
    assert answer.transcript
    read = [event.text for event in events if isinstance(event, ScreenRead)]
    if engine.capabilities.name == "phi4":
        # It sees the pixels: there is no text between the screen and the answer.
        assert (read, answer.screen_text) == ([], "")
    else:
        assert read == [answer.screen_text]
        assert "Notes" in answer.screen_text or "bread" in answer.screen_text
    assert any(isinstance(event, Stage) for event in events)
    assert answer.usage.prompt_tokens > 0
    assert answer.usage.completion_tokens > 0


def test_timings_add_up(engine: Engine, question: Prompt) -> None:
    timings = ask(engine, question, max_tokens=60)[0].timings
    assert set(timings) == {"speech", "screen", "prefill", "first_token", "total"}
    assert 0 < timings["first_token"] <= timings["total"]
    assert timings["speech"] + timings["screen"] + timings["prefill"] <= timings["first_token"] + 0.01


def test_warmed_and_cold_give_the_same_prompt_and_answer(engine: Engine, question: Prompt) -> None:
    assert question.clip is not None
    history = (Turn("user", "Who are you?"), Turn("assistant", "Hearsight."))
    prompt = replace(question, history=history)
    engine.unload()
    cold, _ = ask(engine, prompt, max_tokens=24)
    engine.unload()
    warm_up(engine, prompt.with_clip(Clip(question.clip.samples[: SAMPLE_RATE * 2])))
    warm_up(engine, prompt)
    warmed, _ = ask(engine, prompt, max_tokens=24)
    assert warmed.text == cold.text
    assert warmed.transcript == cold.transcript
    assert warmed.screen_text == cold.screen_text
    assert warmed.usage.prompt_tokens == cold.usage.prompt_tokens
    assert warmed.usage.cached_tokens >= cold.usage.cached_tokens


def test_warming_tells_what_was_said_so_far(engine: Engine, speak: Callable[[str], Clip]) -> None:
    prompt = Prompt(clip=speak("The weather is fine today, and nobody has asked about it before."))
    partials = [event for event in warm_up(engine, prompt) if isinstance(event, Partial)]
    assert partials
    assert partials[-1].text


def test_the_answer_ends_at_its_limit(engine: Engine) -> None:
    answer, _ = ask(engine, Prompt(text="Count from one to a hundred."), max_tokens=5)
    assert 0 < answer.usage.completion_tokens <= 5


def test_silence_is_no_question(engine: Engine) -> None:
    answer, events = ask(engine, Prompt(clip=SILENCE))
    assert (answer.text, answer.transcript) == ("", "")
    assert not any(isinstance(event, Delta) for event in events)


def test_typed_words_are_a_question_though_nothing_was_said(engine: Engine) -> None:
    answer, _ = ask(engine, Prompt(clip=SILENCE, text="Say hello."), max_tokens=10)
    assert answer.text


def test_speech_becomes_segments_within_the_clip(engine: Engine, speak: Callable[[str], Clip]) -> None:
    clip = speak("The train leaves at noon.")
    events: list[Progress] = []
    transcript = engine.transcribe(clip, Options(), events.append, CancelToken())
    assert transcript.text
    assert [event for event in events if isinstance(event, Segment)] == list(transcript.segments)
    assert all(0 <= segment.start <= segment.end <= clip.seconds for segment in transcript.segments)
    assert transcript.duration == pytest.approx(clip.seconds)


def test_a_screen_is_read_for_its_words_unless_the_engine_only_sees(
    engine: Engine, draw: Callable[..., Picture]
) -> None:
    screen = draw("Szymanowska", "apples 4.50")
    read = [engine.read_screen(screen, CancelToken()) for _ in range(2)]
    expected = {"light": "Szymanowska", "fake": "Screen 1 (640 × 240): Notes", "phi4": ""}[engine.capabilities.name]
    assert expected in read[0] and bool(read[0]) == bool(expected)
    assert read[0] == read[1]


@pytest.mark.parametrize("seconds", [0, 0.0001, 0.01, 3])
def test_silence_of_any_length_is_transcribed_as_nothing(engine: Engine, seconds: float) -> None:
    clip = Clip(np.zeros(int(seconds * SAMPLE_RATE), np.float32))
    transcript = engine.transcribe(clip, Options(), lambda _event: None, CancelToken())
    assert (transcript.text, transcript.segments) == ("", ())


@pytest.mark.parametrize("call", ["load", "warm", "generate", "transcribe", "read_screen"])
def test_a_token_set_before_the_call_stops_it(engine: Engine, question: Prompt, call: str) -> None:
    cancel = CancelToken()
    cancel.set()
    calls: dict[str, Callable[[], object]] = {
        "load": lambda: engine.load(lambda _what, _share: None, cancel),
        "warm": lambda: engine.warm(question, lambda _event: None, cancel),
        "generate": lambda: engine.generate(question, Options(), lambda _event: None, cancel),
        "transcribe": lambda: engine.transcribe(SILENCE, Options(), lambda _event: None, cancel),
        "read_screen": lambda: engine.read_screen(question.pictures[0], cancel),
    }
    with pytest.raises(Cancelled):
        calls[call]()


@pytest.mark.parametrize("phase", ["transcribing", "thinking", "answering"])
def test_a_stop_in_any_phase_leaves_the_engine_usable(engine: Engine, question: Prompt, phase: str) -> None:
    cancel = CancelToken()
    stopped = 0.0

    def stop(event: Progress) -> None:
        nonlocal stopped
        reached = event.text == phase if isinstance(event, Stage) else phase == "answering" and isinstance(event, Delta)
        if reached and not cancel.is_set():
            stopped = time.monotonic()
            cancel.set()

    engine.load(lambda _what, _share: None, CancelToken())
    with pytest.raises(Cancelled):
        engine.generate(question, Options(max_tokens=400), stop, cancel)
    assert time.monotonic() - stopped < 8, "far above the promise: this machine may be busy"
    assert ask(engine, Prompt(text="Say yes."), max_tokens=5)[0].text


def test_an_unloaded_engine_loads_itself_again(engine: Engine) -> None:
    engine.unload()
    engine.unload()
    assert ask(engine, Prompt(text="Say yes."), max_tokens=5)[0].text
