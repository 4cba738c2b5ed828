"""The controller's part that needs no held key: typed questions, retries, the composer's tools, the engine."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QTimer, Signal, Slot

from assistant.core import heap
from assistant.core.errors import (
    EngineCrashed,
    EngineOutOfMemory,
    EngineUnavailable,
    HearsightError,
    ModelBroken,
    ModelMissing,
    StorageError,
)
from assistant.core.events import Delta, Done, Failed, Heard, Notice, Outcome, Partial, ScreenRead, Stage
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options
from assistant.flows import drafts, recovery
from assistant.flows.ask import Ask, Opened, Question
from assistant.flows.drafts import Draft
from assistant.flows.engines import choice_of
from assistant.flows.transitions import Event, State
from assistant.settings.models import Settings
from assistant.workers.composer_tools import ComposerTools
from assistant.workers.conversations import UNDO_SECONDS, ControllerConversations
from assistant.workers.deltas import DeltaBatcher
from assistant.workers.engine_watch import EngineWatch
from assistant.workers.parts import Parts
from assistant.workers.signals import EngineStatus
from assistant.workers.transcribing import Transcribing
from assistant.workers.turn import Closed, DraftKept, Turn, TurnJobs, outcome_of

log = logging.getLogger(__name__)


class ControllerQuestions(ControllerConversations):
    """Asks, and brings what the other threads say back to the GUI thread.

    Each job tells what happened by `_happened`, whose slot runs on the GUI thread whatever thread emits it.
    """

    _happened = Signal(object, object)

    def __init__(self, parts: Parts, settings: Settings) -> None:
        super().__init__(parts, settings)
        self._turn: Turn | None = None
        self._turns: list[Turn] = []
        self._jobs = TurnJobs(self._tell)
        self._deltas = DeltaBatcher(self.delta.emit, self)
        self._engine = EngineWatch(parts.inference, self.engine_changed.emit, self._complain, self)
        self.composer = ComposerTools(self._jobs, parts.recordings, parts.open_recorder, self)
        self.composer.clip_ready.connect(self.composer_clip)
        self.composer.picture_ready.connect(self.composer_picture)
        self.composer.failed.connect(self._say)
        self.composer.level.connect(self.level)
        self.transcribing = Transcribing(self, self._is_busy, self._complain, self._on_transcribing)
        self._happened.connect(self._on_event)
        self._engine.unload_after(settings.engine.idle_unload_minutes)
        self._emptying = QTimer(self)
        self._emptying.setSingleShot(True)
        self._emptying.setInterval(round(UNDO_SECONDS * 1000) + 1000)
        self._emptying.timeout.connect(self.empty_trash)

    @property
    def engine_status(self) -> EngineStatus:
        return self._engine.status

    @property
    def open_turns(self) -> int:
        """Questions that are recorded, answered or waiting for it."""
        return len(self._turns)

    @Slot()
    def empty_trash(self) -> None:
        """Deletes for good, beside everything else, what was removed and can't be taken back any more."""
        self._jobs.on_housekeeping_thread(partial(self.parts.history.purge_trash, UNDO_SECONDS))

    def remove_conversation(self, conversation: int) -> None:
        super().remove_conversation(conversation)
        self._emptying.start()

    @Slot(str, object, object)
    def ask(self, text: str, pictures: tuple[Picture, ...] = (), clip: Clip | None = None) -> None:
        """Asks in the open conversation."""
        if self.conversation and self.conversation == self.transcribing.conversation:
            self._say("The transcript is still being written: this answer does not know it yet.")
        question = Question(text, tuple(pictures), clip, self.conversation)
        self._submit(lambda turn: self._ask().answer(question, partial(self._tell, turn), turn.stop))

    @Slot(int)
    def retry(self, message: int) -> None:
        """Answers again: `message` is the answer to replace, or a question that waits as a draft.

        A transcript is no answer: its file is transcribed again, and what was written stays.
        """
        if self.transcribing.again(message):
            return
        self._submit(lambda turn: self._ask().answer_again(message, partial(self._tell, turn), turn.stop))

    @Slot(int, str)
    def edit_transcript(self, message: int, text: str) -> None:
        """Corrects what was heard and asks again, with the same screen."""
        try:
            self.parts.history.update(message, text=text)
        except StorageError as error:
            self._complain(error)
            return
        self.message_changed.emit(message)
        self.retry(message)

    @Slot(object)
    def ask_recovered(self, draft: Draft) -> None:
        """Asks what a crashed run had recorded."""

        def work(turn: Turn) -> Outcome:
            outcome = self._ask().answer(recovery.question_of(draft), partial(self._tell, turn), turn.stop)
            drafts.discard(draft.folder)
            return outcome

        self._submit(work)

    @Slot(object)
    def discard_recovered(self, draft: Draft) -> None:
        drafts.discard(draft.folder)

    def offer_recovered(self) -> None:
        """Looks for recordings that a former run left behind, and offers them."""
        if found := [draft for draft in drafts.left_behind(self.parts.recordings) if draft.job == "ask"]:
            self.recovered.emit(found)

    @Slot(bool)
    def record_clip(self, start: bool) -> None:
        """The composer's microphone; the clip comes by `composer_clip`."""
        if start:
            self.composer.start_recording()
        else:
            self.composer.finish_recording()

    @Slot(str)
    def take_screenshot(self, target: str) -> None:
        """The composer's screenshot; the picture comes by `composer_picture`. The caller hid its windows."""
        self.composer.take_picture(partial(self.parts.capture, target))

    @Slot()
    def load_engine(self) -> None:
        self._engine.load()

    @Slot()
    def unload_engine(self) -> None:
        """Gives the engine's memory back; the next question loads it again."""
        self._engine.unload()

    @Slot()
    def use_light_engine(self) -> None:
        """Goes on with the light engine until Hearsight ends or another one is chosen."""
        if self.parts.light_engine is None:
            return
        try:
            self._engine.swap(self.parts.light_engine(self.settings))
        except HearsightError as error:
            self._complain(error)
            return
        self._say("The light engine answers from now on. What is waiting can be asked again.")

    @Slot()
    def renew_engine(self) -> None:
        """Builds the chosen engine anew after the work under way: its model has just arrived."""
        try:
            self._engine.swap(self.parts.make_engine(self.settings))
        except HearsightError as error:
            self._complain(error)

    def apply_settings(self, settings: Settings) -> None:
        """Takes over changed settings at once; a changed engine is swapped after the work under way."""
        before, self.settings = self.settings, settings
        self._engine.unload_after(settings.engine.idle_unload_minutes)
        if (before.engine.choice, choice_of(before)) != (settings.engine.choice, choice_of(settings)):
            self.renew_engine()

    def start(self) -> None:
        """Starts the inference thread; questions that came before wait for it."""
        self.parts.inference.start()

    def run_beside(self, work: Callable[[], None]) -> None:
        """Runs something short that opens devices, on the capture thread and so not on the window's."""
        self._jobs.on_capture_thread(work)

    def stop(self) -> None:
        """Ends everything: audio, answers, threads. What was said or answered so far is kept."""
        self._handle(Event.CANCEL)
        self.transcribing.cancel()
        self._stop_answers()
        self._engine.stop()
        self._jobs.stop()
        self.parts.inference.stop()
        self._deltas.flush()

    def _handle(self, event: Event) -> None:
        """The state machine's entrance; `Controller` has it."""
        raise AssertionError(event)

    def _ask(self) -> Ask:
        """On the inference thread: the flow with the engine and settings of this moment."""
        options = Options(language=self.settings.voice.language, screen_characters=self.settings.screen.characters)
        keep = self.settings.privacy.keep_recordings
        return Ask(self.parts.inference.engine, self.parts.history, options, keep_recordings=keep)

    def _is_busy(self) -> bool:
        """Whether somebody waits for something that is under way."""
        return bool(self._turns)

    def _on_transcribing(self, working: bool) -> None:
        if working:
            self._engine.busy()
        elif not self._turns:
            self._engine.idle()

    def _begin(self, turn: Turn) -> None:
        self._turn = turn
        self._turns.append(turn)

    def _submit(self, work: Callable[[Turn], Outcome]) -> None:
        """Runs a complete question on the inference thread."""
        turn = Turn(self.conversation)
        self._handle(Event.ASKED)
        self._begin(turn)

        def job() -> None:
            self._tell(turn, Closed(outcome_of(lambda: work(turn))))

        self.parts.inference.submit(job)

    def _stop_answers(self) -> None:
        for turn in self._turns:
            turn.cancel()

    def _tell(self, turn: Turn, event: object) -> None:
        """From any thread: to the GUI thread."""
        self._happened.emit(turn, event)

    @Slot(object, object)
    def _on_event(self, turn: Turn, event: object) -> None:
        if isinstance(event, Closed):
            self._close(turn, event)
        elif isinstance(event, Delta):
            if turn is self._turn:
                self._handle(Event.DELTA)
            self._deltas.add(turn.answer_id, event.text)
        elif not self._on_recording_event(turn, event):
            self._show(turn, event)

    def _on_recording_event(self, turn: Turn, event: object) -> bool:
        """`Controller` takes what the recording's threads say."""
        raise AssertionError(turn, event)

    def _show(self, turn: Turn, event: object) -> None:
        if isinstance(event, Opened):
            turn.answer_id, turn.question_id = event.answer, event.question
            if event.conversation != self.conversation:
                self.open_conversation(event.conversation)
            self.turn_opened.emit(event.conversation, event.question, event.answer)
            self.history_changed.emit()
        elif isinstance(event, Heard | ScreenRead):
            self.message_changed.emit(turn.question_id)
            self.history_changed.emit()
        elif isinstance(event, Partial) and turn is self._turn:
            self.partial.emit(event.text)
        elif isinstance(event, Stage) and turn is self._turn:
            self.stage.emit(event.text)
        elif isinstance(event, Notice):
            self.notice.emit(event.text, "")
        elif isinstance(event, DraftKept):
            self.draft_kept.emit(event.conversation, event.message)
            self.history_changed.emit()

    def _close(self, turn: Turn, closed: Closed) -> None:
        self._deltas.flush()
        if turn in self._turns:
            self._turns.remove(turn)
        outcome = closed.outcome
        self._engine.idle(outcome.completion if isinstance(outcome, Done) else None)
        if turn.answer_id and not closed.nothing_heard:
            self.turn_closed.emit(turn.answer_id, _state_of(outcome))
        if closed.nothing_heard:
            self.nothing_heard.emit(turn.question().pictures)
        elif isinstance(outcome, Failed):
            self._complain(outcome.error)
        if turn is self._turn:
            self._turn = None
            self._handle(Event.NOTHING_HEARD if closed.nothing_heard else Event.CLOSED)
        # Recorder and turn know each other: megabytes of sound would wait for the garbage collector.
        turn.listening = None
        self._jobs.on_housekeeping_thread(heap.give_back)

    @Slot(str)
    def _say(self, text: str) -> None:
        self.notice.emit(text, "")

    def _complain(self, error: HearsightError) -> None:
        self.notice.emit(str(error), self._way_out(error))

    def _way_out(self, error: HearsightError) -> str:
        """The action that goes with an error's notice."""
        heavier = self._engine.status.name in ("phi4", "none") and self.parts.light_engine is not None
        if heavier and isinstance(error, EngineUnavailable | EngineCrashed | EngineOutOfMemory | ModelBroken):
            return "light"
        return "models" if isinstance(error, ModelMissing | EngineUnavailable) else ""

    def _show_busy(self, state: State) -> None:
        if state in (State.THINKING, State.ANSWERING):
            self._engine.busy()


def _state_of(outcome: object) -> str:
    if isinstance(outcome, Done):
        return "done"
    return "failed" if isinstance(outcome, Failed) else "cancelled"
