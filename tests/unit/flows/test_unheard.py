"""What was said is written down, though the turn that it belongs to was stopped before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.audio.files import read_clip
from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineOutOfMemory
from assistant.core.events import Completion, Delta, Done, Heard, Stopped, Transcript
from assistant.core.media import Clip
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Emit
from assistant.engine.fake import FakeEngine
from assistant.flows.ask import Ask, Opened, Question
from assistant.history.store import History


class AnswersFirst(FakeEngine):
    """Answers from the sound and writes the words down afterwards, as an engine does that hears by itself."""

    def __init__(self, *, deaf: bool = False) -> None:
        super().__init__(0)
        self.prompts: list[Prompt] = []
        self._deaf = deaf

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        self.prompts.append(prompt)
        emit(Delta("the answer"))
        cancel.check()
        if prompt.clip is not None:
            emit(Heard("words"))
        return Completion("the answer", "words" if prompt.clip is not None else "")

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        if self._deaf:
            raise EngineOutOfMemory("No memory.")
        return super().transcribe(clip, options, emit, cancel)


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    store = History(tmp_path / "history.db", tmp_path / "media")
    store.open()
    yield store
    store.close()


@pytest.fixture
def speech() -> Clip:
    return read_clip(Path(__file__).parents[3] / "resources" / "demo" / "speech.wav")


def stopped_turn(engine: AnswersFirst, history: History, speech: Clip) -> int:
    """A spoken question whose answer was stopped before its words were written down; its conversation."""
    cancel, opened = CancelToken(), []

    def emit(event: object) -> None:
        opened.extend([event] if isinstance(event, Opened) else [])
        if isinstance(event, Delta):
            cancel.set()

    assert isinstance(Ask(engine, history).answer(Question(clip=speech), emit, cancel), Stopped)
    assert history.messages(opened[0].conversation)[0].text == ""
    return int(opened[0].conversation)


def test_the_next_question_finds_the_words(history: History, speech: Clip) -> None:
    engine = AnswersFirst()
    conversation = stopped_turn(engine, history, speech)
    outcome = Ask(engine, history).answer(Question("And then?", conversation=conversation), print, CancelToken())
    assert isinstance(outcome, Done)
    asked, _answer = engine.prompts[-1].history
    assert asked.text.startswith("I spoke for")
    assert history.messages(conversation)[0].text == asked.text


def test_they_are_written_down_while_the_user_speaks_on(history: History, speech: Clip) -> None:
    engine = AnswersFirst()
    conversation = stopped_turn(engine, history, speech)
    cancel = CancelToken()

    def so_far() -> None:
        cancel.set()

    Ask(engine, history).keep_warm(Question(conversation=conversation), so_far, print, cancel)
    assert history.messages(conversation)[0].text.startswith("I spoke for")


def test_what_cannot_be_written_down_stops_nothing_and_keeps_its_recording(history: History, speech: Clip) -> None:
    engine = AnswersFirst(deaf=True)
    conversation = stopped_turn(engine, history, speech)
    outcome = Ask(engine, history).answer(Question("And then?", conversation=conversation), print, CancelToken())
    assert isinstance(outcome, Done)
    question = history.messages(conversation)[0]
    assert question.text == ""
    assert [each.kind for each in question.attachments] == ["audio"]


def test_words_that_come_after_the_answer_are_kept_and_their_recording_may_go(history: History, speech: Clip) -> None:
    ask = Ask(AnswersFirst(), history, keep_recordings=False)
    opened: list[Opened] = []
    outcome = ask.answer(
        Question(clip=speech), lambda event: opened.extend([event] if isinstance(event, Opened) else []), CancelToken()
    )
    assert isinstance(outcome, Done)
    question = history.messages(opened[0].conversation)[0]
    assert (question.text, question.attachments) == ("words", ())
