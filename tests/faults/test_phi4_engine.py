"""What the Phi-4 engine does when its child is killed, memory ends, or it is given more than it can take.

On the small random checkpoint: its answers are nonsense, its processes and caches are real.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput, EngineCrashed, EngineOutOfMemory, EngineUnavailable
from assistant.core.events import Delta, Done, Failed, Notice, Progress, Stage
from assistant.core.media import SAMPLE_RATE, Clip, Picture
from assistant.core.prompt import Options, Prompt, Task, Turn
from assistant.engine.choose import Choice, choose
from assistant.engine.host import EngineHost
from assistant.engine.phi4.catalogue import Phi4Choice
from assistant.engine.phi4.engine import Phi4Engine
from assistant.flows.ask import Ask, Opened, Question
from assistant.history.store import History
from assistant.models.phi4.install import prepare
from tests.helpers.golden import Golden
from tests.unit.audio.speech import person

GREET = Prompt(text="Say hello.")


@pytest.fixture(scope="module")
def folder(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare(golden.checkpoint, tmp_path_factory.mktemp("phi4"))


@pytest.fixture(scope="module")
def loaded(folder: Path) -> Iterator[Phi4Engine]:
    """In this process, so that tests can put faults into it."""
    engine = Phi4Engine(folder, precision="float32", device="cpu")
    assert "minutes" in notices(answer(engine, GREET)[1]), "what should be known of the device is told at once"
    yield engine
    engine.unload()


@pytest.fixture(scope="module")
def hosted(folder: Path) -> Iterator[EngineHost]:
    engine = choose("phi4", Choice(phi4=Phi4Choice(folder, "float32", "cpu")), folder)
    assert isinstance(engine, EngineHost)
    yield engine
    engine.unload()


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    store = History(tmp_path / "history.db", tmp_path / "media")
    store.open()
    yield store
    store.close()


def screen(width: int = 640, height: int = 480, level: int = 200) -> Picture:
    return Picture(np.full((height, width, 3), level, np.uint8), "Screen 1", is_screen=True)


def answer(engine: Any, prompt: Prompt, tokens: int = 4) -> tuple[str, list[Progress]]:
    events: list[Progress] = []
    return engine.generate(prompt, Options(max_tokens=tokens), events.append, CancelToken()).text, events


def notices(events: list[Progress]) -> str:
    return " ".join(event.text for event in events if isinstance(event, Notice))


class TestKilled:
    """With -9, as the system does when memory runs out. The turn stays in the history and is offered again."""

    @pytest.mark.parametrize("moment", ["prefilling", "decoding"])
    def test_the_turn_is_kept_and_answered_again(self, hosted: EngineHost, history: History, moment: str) -> None:
        ask = Ask(hosted, history, Options(max_tokens=400))
        seen: list[object] = []

        def kill(event: object) -> None:
            seen.append(event)
            reached = isinstance(event, Stage) and event.text == "thinking" if moment == "prefilling" else False
            if reached or (moment == "decoding" and isinstance(event, Delta)):
                assert hosted.process is not None
                os.kill(hosted.process, signal.SIGKILL)

        outcome = ask.answer(Question("What is this?", (screen(),)), kill, CancelToken())
        assert isinstance(outcome, Failed)
        assert isinstance(outcome.error, EngineCrashed)
        assert outcome.error.kept
        opened = next(event for event in seen if isinstance(event, Opened))
        question, failed = history.messages(opened.conversation)
        assert (question.text, question.state, failed.state) == ("What is this?", "sent", "failed")
        assert [each.kind for each in question.attachments] == ["screen"]
        again = Ask(hosted, history, Options(max_tokens=4)).answer_again(failed.id, lambda _event: None, CancelToken())
        assert isinstance(again, Done)
        assert [each.state for each in history.messages(opened.conversation)] == ["sent", "done"]


def test_a_driver_that_torch_cannot_use_is_said_at_loading(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """NVML answers for a driver that is too old for torch; only torch itself knows."""
    from assistant.engine.phi4 import devices, engine
    from assistant.engine.phi4.nvidia import Driver, Gpu
    from assistant.engine.phi4.torch_build import TorchBuild

    gpus = (Gpu(0, "NVIDIA Test", 24_000_000_000, 23_000_000_000, (8, 9)),)
    monkeypatch.setattr(devices, "torch_build", lambda: TorchBuild("2.13.0", "12.8"))
    found = engine.Phi4Engine(folder, device="cuda", ask=lambda: Driver("470.1", gpus))
    with pytest.raises(EngineUnavailable, match="driver") as caught:
        found.load(lambda _what, _share: None, CancelToken())
    assert "light engine" in caught.value.action


class TestMemoryEnds:
    """torch's own error, raised where it is raised for real."""

    @pytest.fixture
    def ends(self, loaded: Phi4Engine, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[int]]:
        """Makes every prefill fail of which `too_much(rows in the cache, rows to read)` holds."""
        assert loaded._loaded is not None
        decoder = loaded._loaded.chat.decoder
        prefill, asked = decoder.prefill, []

        def set_up(too_much: Callable[[int], bool]) -> list[int]:
            def failing(embeds: torch.Tensor, side: Any) -> torch.Tensor:
                asked.append(decoder.cache.length + len(embeds))
                if too_much(len(asked)):
                    raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB.")
                return prefill(embeds, side)

            monkeypatch.setattr(decoder, "prefill", failing)
            return asked

        yield set_up
        monkeypatch.undo()
        loaded._limits = loaded._full_limits()

    def test_caches_are_given_back_first(self, loaded: Phi4Engine, ends: Any) -> None:
        ends(lambda count: count == 1)
        text, events = answer(loaded, GREET)
        assert text
        assert notices(events) == ""

    def test_then_pictures_are_looked_at_more_coarsely_and_that_is_said(self, loaded: Phi4Engine, ends: Any) -> None:
        ends(lambda count: count <= 2)
        text, events = answer(loaded, Prompt(text="What is this?", pictures=(screen(1920, 1080),), task=Task.SCREEN))
        assert text
        assert "more coarsely" in notices(events)
        assert loaded._limits.max_tiles < 12, "the next question begins with what fits"

    def test_then_older_messages_are_left_out(self, loaded: Phi4Engine, ends: Any) -> None:
        ends(lambda count: count <= 2)
        past = tuple(Turn("user" if n % 2 == 0 else "assistant", f"Message {n}.") for n in range(6))
        text, events = answer(loaded, Prompt(past, text="And now?"))
        assert text
        assert "older messages" in notices(events)

    def test_where_nothing_helps_the_question_is_kept_and_the_engine_lives(self, loaded: Phi4Engine, ends: Any) -> None:
        ends(lambda count: True)
        with pytest.raises(EngineOutOfMemory) as caught:
            answer(loaded, Prompt(text="What is this?", pictures=(screen(),)))
        assert caught.value.kept
        assert "light engine" in caught.value.action
        assert loaded._loaded is not None
        ends(lambda count: False)
        assert answer(loaded, GREET)[0]

    def test_what_is_given_back_is_the_memory_too(self, loaded: Phi4Engine) -> None:
        parts = loaded._loaded
        assert parts is not None
        for session in (parts.chat, parts.speech):
            session.decoder.reserve(9000)
        parts.forget()
        assert all(session.decoder.cache.capacity == 1024 for session in (parts.chat, parts.speech))  # type: ignore[attr-defined]
        assert answer(loaded, GREET)[0]

    def test_a_warm_up_says_nothing_of_it(self, loaded: Phi4Engine, ends: Any) -> None:
        ends(lambda count: count == 1)
        loaded.warm(Prompt(pictures=(screen(),)), lambda _event: None, CancelToken())
        assert answer(loaded, GREET)[0]

    def test_a_gpu_that_failed_ends_the_child(self, loaded: Phi4Engine, monkeypatch: pytest.MonkeyPatch) -> None:
        """An error of CUDA spoils its whole process: the host starts another (see tests/engine/test_host.py)."""
        from assistant.engine.phi4 import faults

        with pytest.raises(EngineCrashed, match="GPU failed"), faults.told("cuda:0"):
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        with pytest.raises(RuntimeError), faults.told("cpu"):
            raise RuntimeError("a bug")


def test_a_rehearsed_step_changes_no_answer(loaded: Phi4Engine) -> None:
    prompt = Prompt(text="What is this?", pictures=(screen(),), task=Task.SCREEN)
    assert loaded._loaded is not None
    loaded._loaded.forget()
    cold, _ = answer(loaded, prompt, 8)
    loaded._loaded.forget()
    loaded.warm(prompt, lambda _event: None, CancelToken())
    loaded._loaded.rehearse(0, CancelToken())
    assert answer(loaded, prompt, 8)[0] == cold


class TestTooMuch:
    """Said at once, before minutes of work; the question is kept, and the engine answers the next one."""

    def test_two_hundred_pictures(self, loaded: Phi4Engine) -> None:
        limits, loaded._limits = loaded._limits, loaded._limits.__class__(16_384, 12)
        try:
            with pytest.raises(BadInput) as caught:
                answer(loaded, Prompt(text="Compare.", pictures=(screen(),) * 200))
        finally:
            loaded._limits = limits
        assert "200 pictures" in caught.value.message
        assert caught.value.kept
        assert answer(loaded, GREET)[0]

    def test_three_hours_of_sound(self, loaded: Phi4Engine) -> None:
        spoken = np.tile(person(), 3 * 3600 * SAMPLE_RATE // len(person()) + 1)[: 3 * 3600 * SAMPLE_RATE]
        with pytest.raises(BadInput, match="too long") as caught:
            answer(loaded, Prompt(clip=Clip(spoken.astype(np.float32))))
        assert "transcribe" in caught.value.action
        assert answer(loaded, GREET)[0]

    def test_a_text_beyond_the_context(self, loaded: Phi4Engine) -> None:
        with pytest.raises(BadInput, match="too long"):
            answer(loaded, Prompt(text="word and " * 70_000))
        assert answer(loaded, GREET)[0]

    def test_a_long_history_is_cut_and_that_is_said(self, loaded: Phi4Engine) -> None:
        limits, loaded._limits = loaded._limits, loaded._limits.__class__(2048, 12)
        past = tuple(Turn("user" if n % 2 == 0 else "assistant", "many words " * 100) for n in range(20))
        try:
            text, events = answer(loaded, Prompt(past, text="And now?"))
        finally:
            loaded._limits = limits
        assert text
        assert "left out" in notices(events)


@pytest.mark.parametrize(("precision", "spoken"), [("int8", None), ("int4", Clip(person()[:SAMPLE_RATE]))])
def test_quantised_copies_are_made_once_and_all_media_are_answered(
    folder: Path, precision: Any, spoken: Clip | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("assistant.engine.phi4.ears._TOKENS", 2)
    engine = Phi4Engine(folder, precision=precision, device="cpu")
    reports: list[str] = []
    try:
        engine.load(lambda what, _share: reports.append(what), CancelToken())
        assert precision in engine.capabilities.device
        assert any(precision in what for what in reports)
        spoken = Clip(person())
        assert answer(engine, GREET)[0]
        # Pictures with the vision adapter, and what was said with the speech adapter.
        assert answer(engine, Prompt(pictures=(screen(),), clip=spoken, text="What?", task=Task.SCREEN))[0]
        engine.unload()
        reports.clear()
        engine.load(lambda what, _share: reports.append(what), CancelToken())
        assert not any("Making" in what for what in reports), "the second time they are there"
    finally:
        engine.unload()
