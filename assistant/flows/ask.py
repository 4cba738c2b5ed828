"""How a question becomes an answer. Start to read here.

1. Key-down: the screen is frozen and the microphone opened (`listening`), while `Ask.keep_warm` lets the engine read
   the screen, follow the speech, and prefill everything before the question.
2. Release: `Ask.answer` writes question and empty answer to the history, lets the engine answer, and passes each
   piece on to the caller and into the history as it comes.

The window, the command line and the benches all run this code; nothing here knows Qt.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.audio import vad
from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import BadInput, HearsightError, NothingHeard
from assistant.core.events import Done, Event, Failed, Outcome, Progress, Stage, Stopped
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt, Task
from assistant.engine.base import Engine
from assistant.flows import unheard
from assistant.flows.answer_record import HEARD, AnswerRecord
from assistant.flows.past_turns import PastTurns
from assistant.history.models import Message
from assistant.history.store import History

_WARM_PAUSE = 0.2
"""Seconds between two looks at the growing recording when the engine has caught up."""

CHAT_TEMPERATURE = 0.7
"""For conversation, as Phi-4-multimodal's guide recommends; questions about a screen are decoded greedily."""


@dataclass(frozen=True)
class Question:
    """What the user asks, complete or, while they speak, as far as it is known.

    Attributes:
        conversation: where it belongs; 0 starts a new one.
        picture_files: where the pictures already lie on disk as PNG, by index; saves encoding them again.
    """

    text: str = ""
    pictures: tuple[Picture, ...] = ()
    clip: Clip | None = None
    conversation: int = 0
    picture_files: tuple[Path | None, ...] = ()


@dataclass(frozen=True)
class Opened:
    """Question and answer are in the history, under these ids."""

    conversation: int
    question: int
    answer: int


Emit = Callable[[Event | Opened], None]


class Ask:
    """Questions to one engine, kept in one history."""

    def __init__(
        self, engine: Engine, history: History, options: Options | None = None, *, keep_recordings: bool = True
    ) -> None:
        """Without `keep_recordings`, the sound of a question is forgotten once its words were understood."""
        self.engine = engine
        self.history = history
        self.options = options or Options()
        self.keep_recordings = keep_recordings
        self._past = PastTurns(history)

    def keep_warm(self, question: Question, so_far: Callable[[], Clip | None], emit: Emit, cancel: CancelToken) -> None:
        """Works ahead while the user speaks, until `cancel` is set.

        Args:
            question: everything but the speech.
            so_far: the recording until now.
        """
        try:
            self.load(emit, cancel)
            self._write_down_past(question, cancel)
            prompt = self.prompt(question)
            while not cancel.is_set():
                clip, began = so_far(), time.monotonic()
                self.engine.warm(prompt.with_clip(clip), emit, cancel)
                if time.monotonic() - began < _WARM_PAUSE:
                    # It has caught up. A long recording costs more to hand over: look at it less often.
                    cancel.wait(max(_WARM_PAUSE, (clip.seconds if clip else 0.0) / 60))
        except Cancelled:
            pass

    def answer(self, question: Question, emit: Emit, cancel: CancelToken) -> Outcome:
        """Answers a complete question. The question is in the history before any work is done on it.

        Raises:
            BadInput: there is nothing to answer.
            NothingHeard: the clip holds no speech and nothing was typed; nothing was stored.
            StorageError: the question can't be stored.
        """
        _refuse_nothing(question)
        opened = self._store(question)
        emit(opened)
        # Generating sees the token as well, and closes the turn.
        with suppress(Cancelled):
            self._write_down_past(question, cancel)
        return self._generate(self.prompt(question, before=opened.question), opened, emit, cancel)

    def answer_again(self, message: int, emit: Emit, cancel: CancelToken) -> Outcome:
        """Answers a stored question anew: of a failed or unwanted answer, or of a draft.

        The last turn's answer is replaced; an earlier question is asked again at the end, and its old turn stays.

        Args:
            message: the answer to replace, or the question.

        Raises:
            BadInput: the message is no longer in the history.
        """
        asked, later = self._turn_of(message)
        question = self._restore(asked)
        if any(each.role == "user" for each in later):
            return self.answer(question, emit, cancel)
        _refuse_nothing(question)
        prompt = self.prompt(question, before=asked.id)
        self.history.update(asked.id, state="sent")
        # The former answer gives way in its own place: deleting it for good would cost seconds in a large history.
        answer = self._reopen(later[0].id) if later else self._open_answer(question.conversation)
        opened = Opened(question.conversation, asked.id, answer)
        emit(opened)
        return self._generate(prompt, opened, emit, cancel)

    def load(self, emit: Emit, cancel: CancelToken) -> None:
        """Loads the engine, saying what is being loaded."""
        self.engine.load(lambda what, _share: emit(Stage(f"loading {what}")), cancel)

    def prompt(self, question: Question, before: int | None = None) -> Prompt:
        """The question with the turns that came before it; their pictures where the engine sees."""
        told = self.engine.capabilities
        seen = told.images == "sees"
        turns = self._past.turns(question.conversation, before, seen=seen, context=told.context_tokens)
        task = Task.SCREEN if question.pictures else Task.CHAT
        return Prompt(turns, question.pictures, question.clip, question.text, task)

    def _write_down_past(self, question: Question, cancel: CancelToken) -> None:
        unheard.write_down(self.history, self.engine, question.conversation, self.options, cancel)

    def keep_draft(self, question: Question) -> int:
        """Puts a question that was not sent into its conversation, to be asked later. Returns its message id."""
        return self._store_question(question, state="draft")[1]

    def _generate(self, prompt: Prompt, opened: Opened, emit: Emit, cancel: CancelToken) -> Outcome:
        record = AnswerRecord(self.history, opened.question, opened.answer, typed=prompt.text)

        def pass_on(event: Progress) -> None:
            for each in record.take(event):
                emit(each)

        outcome = record.close(self._with_left_out(self._run(prompt, pass_on, cancel), opened), emit)
        if record.heard and not self.keep_recordings:
            self.history.drop_recordings(opened.question)
        return outcome

    def _with_left_out(self, outcome: Outcome, opened: Opened) -> Outcome:
        """The outcome, which says where only a part of a transcript was used."""
        context = self.engine.capabilities.context_tokens
        left_out = self._past.left_out(opened.conversation, opened.question, context)
        if not left_out or not isinstance(outcome, Done):
            return outcome
        completion = outcome.completion
        return Done(replace(completion, notices=(left_out, *completion.notices)))

    def _run(self, prompt: Prompt, emit: Callable[[Progress], None], cancel: CancelToken) -> Outcome:
        options = self.options if prompt.task is Task.SCREEN else replace(self.options, temperature=CHAT_TEMPERATURE)
        try:
            self.load(lambda event: emit(event) if isinstance(event, Stage) else None, cancel)
            completion = self.engine.generate(prompt, options, emit, cancel)
            if not (completion.text or completion.transcript or prompt.text.strip()):
                return Failed(NothingHeard("No words were understood.", action="Speak closer to the microphone."))
            return Done(completion)
        except Cancelled:
            return Stopped()
        except HearsightError as error:
            return Failed(error)

    def _store(self, question: Question) -> Opened:
        conversation, question_id = self._store_question(question, state="sent")
        return Opened(conversation, question_id, self._open_answer(conversation))

    def _open_answer(self, conversation: int) -> int:
        told = self.engine.capabilities
        return self.history.add_message(
            conversation, "assistant", state="streaming", engine=told.name, model=told.model
        )

    def _reopen(self, answer: int) -> int:
        told = self.engine.capabilities
        self.history.update(
            answer, text="", state="streaming", engine=told.name, model=told.model, usage={}, timings={}, error=""
        )
        return answer

    def _store_question(self, question: Question, state: str) -> tuple[int, int]:
        conversation = question.conversation or self.history.new_conversation()
        message = self.history.add_message(conversation, "user", question.text, state=state)
        for index, picture in enumerate(question.pictures):
            kind = "screen" if picture.is_screen else "image"
            file = question.picture_files[index] if index < len(question.picture_files) else None
            self.history.attach_picture(message, picture, kind, file)
        if question.clip is not None:
            self.history.attach_clip(message, question.clip)
        return conversation, message

    def _turn_of(self, message: int) -> tuple[Message, list[Message]]:
        """The question that a message belongs to, and all messages after it."""
        found = self.history.message(message)
        thread = self.history.messages(found.conversation_id) if found else []
        asked = [each for each in thread if each.role == "user" and each.id <= message]
        if not asked:
            raise BadInput("This question is no longer in the history.", action="Ask it again.")
        return asked[-1], [each for each in thread if each.id > asked[-1].id]

    def _restore(self, message: Message) -> Question:
        pictures = tuple(self.history.load_picture(a) for a in message.attachments if a.kind != "audio")
        # A transcript that is already there is the question: the user may have corrected it.
        heard = message.usage.get(HEARD, False)
        clips = [] if heard else [a for a in message.attachments if a.kind == "audio"]
        clip = self.history.load_clip(clips[0]) if clips else None
        return Question(message.text, pictures, clip, message.conversation_id)


def _refuse_nothing(question: Question) -> None:
    if question.text.strip():
        return
    if question.clip is None:
        raise BadInput("There is no question.", action="Type one, or speak while holding the key.")
    if not vad.has_speech(question.clip):
        raise NothingHeard("Nothing was said.", action="Hold the key while you speak, or check the microphone.")
