"""From question to stored answer, with the shipped fake engine and a real history."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.files import read_clip
from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput, EngineCrashed, NothingHeard
from assistant.core.events import Completion, Delta, Done, Failed, Heard, Stopped
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt, Task
from assistant.engine.base import Emit
from assistant.engine.fake import FakeEngine
from assistant.flows.ask import Ask, Opened, Question
from assistant.history.store import History


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    store = History(tmp_path / "history.db", tmp_path / "media")
    store.open()
    yield store
    store.close()


@pytest.fixture
def speech() -> Clip:
    return read_clip(Path(__file__).parents[3] / "resources" / "demo" / "speech.wav")


def picture() -> Picture:
    return Picture(np.full((20, 30, 3), 200, np.uint8), "Screen 1", is_screen=True)


class Log:
    """Keeps a flow's events; can set a token at the first piece of the answer."""

    def __init__(self, cancel: CancelToken | None = None) -> None:
        self.events: list[object] = []
        self._cancel = cancel

    def __call__(self, event: object) -> None:
        self.events.append(event)
        if self._cancel is not None and isinstance(event, Delta):
            self._cancel.set()

    @property
    def opened(self) -> Opened:
        return next(event for event in self.events if isinstance(event, Opened))

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Delta))


def test_a_typed_question_is_answered_and_kept(history: History) -> None:
    log = Log()
    outcome = Ask(FakeEngine(), history).answer(Question("What is this?"), log, CancelToken())
    assert isinstance(outcome, Done)
    question, answer = history.messages(log.opened.conversation)
    assert (question.role, question.text, question.state) == ("user", "What is this?", "sent")
    assert (answer.role, answer.text, answer.state) == ("assistant", log.text, "done")
    assert answer.text.strip() == outcome.completion.text.strip()
    assert answer.engine == "fake"


def test_question_and_answer_are_stored_before_the_engine_works(history: History) -> None:
    seen: list[int] = []

    class Watching(FakeEngine):
        def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
            seen.append(len(history.messages(1)))
            return super().generate(prompt, options, emit, cancel)

    Ask(Watching(), history).answer(Question("Hello", (picture(),)), Log(), CancelToken())
    assert seen == [2]


def test_screen_and_speech_are_attached(history: History, speech: Clip) -> None:
    log = Log()
    Ask(FakeEngine(), history).answer(Question("", (picture(),), speech), log, CancelToken())
    question = history.messages(log.opened.conversation)[0]
    assert [each.kind for each in question.attachments] == ["screen", "audio"]
    heard = next(event for event in log.events if isinstance(event, Heard))
    assert question.text == heard.text != ""
    assert history.load_picture(question.attachments[0]).sha256 == picture().sha256


def test_the_sound_is_forgotten_where_the_user_wants_that(history: History, speech: Clip) -> None:
    log = Log()
    ask = Ask(FakeEngine(), history, keep_recordings=False)
    ask.answer(Question("", (picture(),), speech), log, CancelToken())
    question = history.messages(log.opened.conversation)[0]
    assert [each.kind for each in question.attachments] == ["screen"]
    assert question.text != ""


def test_silence_sends_nothing_and_stores_nothing(history: History) -> None:
    silence = Clip(np.zeros(32_000, np.float32))
    with pytest.raises(NothingHeard):
        Ask(FakeEngine(), history).answer(Question("", (picture(),), silence), Log(), CancelToken())
    assert history.conversations() == []


def test_an_empty_question_is_refused(history: History) -> None:
    with pytest.raises(BadInput):
        Ask(FakeEngine(), history).answer(Question("  "), Log(), CancelToken())


def test_stopping_keeps_what_was_answered(history: History) -> None:
    cancel = CancelToken()
    log = Log(cancel)
    outcome = Ask(FakeEngine(tokens_per_second=100), history).answer(Question("Hello"), log, cancel)
    assert isinstance(outcome, Stopped)
    answer = history.messages(log.opened.conversation)[1]
    assert answer.state == "cancelled"
    assert answer.text == outcome.text == log.text != ""


class Crashing(FakeEngine):
    """Answers a few words and then loses its process."""

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        emit(Delta("It says"))
        raise EngineCrashed("The engine ended.", action="Try again.")


def test_a_crash_keeps_the_words_and_the_question_can_be_asked_again(history: History, speech: Clip) -> None:
    log = Log()
    outcome = Ask(Crashing(), history).answer(Question("", (picture(),), speech), log, CancelToken())
    assert isinstance(outcome, Failed)
    question, answer = history.messages(log.opened.conversation)
    assert (answer.state, answer.text) == ("failed", "It says")
    again = Log()
    assert isinstance(Ask(FakeEngine(), history).answer_again(answer.id, again, CancelToken()), Done)
    after = history.messages(log.opened.conversation)
    assert [each.role for each in after] == ["user", "assistant"]
    assert (after[0].id, after[1].state) == (question.id, "done")
    assert after[0].text != ""


def test_a_draft_is_asked_later_with_all_it_held(history: History, speech: Clip) -> None:
    ask = Ask(FakeEngine(), history)
    message = ask.keep_draft(Question("", (picture(),), speech))
    draft = history.message(message)
    assert draft is not None
    assert draft.state == "draft"
    assert isinstance(ask.answer_again(message, Log(), CancelToken()), Done)
    sent = history.message(message)
    assert sent is not None
    assert sent.state == "sent"


def test_a_corrected_transcript_is_what_is_asked(history: History, speech: Clip) -> None:
    ask, log = Ask(FakeEngine(), history), Log()
    ask.answer(Question("", (picture(),), speech), log, CancelToken())
    history.update(log.opened.question, text="What is the total?")
    seen: list[Prompt] = []

    class Watching(FakeEngine):
        def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
            seen.append(prompt)
            return super().generate(prompt, options, emit, cancel)

    Ask(Watching(), history).answer_again(log.opened.answer, Log(), CancelToken())
    assert (seen[0].text, seen[0].clip, len(seen[0].pictures)) == ("What is the total?", None, 1)


def test_asking_an_earlier_turn_again_leaves_the_thread_as_it_was(history: History) -> None:
    ask, first, second = Ask(FakeEngine(), history), Log(), Log()
    ask.answer(Question("One"), first, CancelToken())
    conversation = first.opened.conversation
    ask.answer(Question("Two", conversation=conversation), second, CancelToken())
    ask.answer_again(first.opened.answer, Log(), CancelToken())
    assert [each.text for each in history.messages(conversation) if each.role == "user"] == ["One", "Two", "One"]


def test_the_prompt_holds_the_turns_before_and_the_task(history: History) -> None:
    ask, log = Ask(FakeEngine(), history), Log()
    ask.answer(Question("One"), log, CancelToken())
    prompt = ask.prompt(Question("Two", (picture(),), conversation=log.opened.conversation))
    assert [turn.role for turn in prompt.history] == ["user", "assistant"]
    assert prompt.task is Task.SCREEN
    assert ask.prompt(Question("Two")).task is Task.CHAT


def test_working_ahead_ends_when_the_key_comes_up(history: History, speech: Clip) -> None:
    cancel = CancelToken()
    looks = 0

    def so_far() -> Clip:
        nonlocal looks
        looks += 1
        if looks == 3:
            cancel.set()
        return speech

    Ask(FakeEngine(), history).keep_warm(Question("", (picture(),)), so_far, Log(), cancel)
    assert looks == 3
