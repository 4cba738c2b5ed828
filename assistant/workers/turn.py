"""One turn under way, as the controller sees it, and the jobs that carry it out on other threads."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from assistant.audio import vad
from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError, NoMicrophone, NothingHeard
from assistant.core.events import Failed, Outcome
from assistant.core.media import Clip, Picture
from assistant.flows.ask import Ask, Opened, Question
from assistant.flows.drafts import worth_keeping
from assistant.flows.listening import Listening

log = logging.getLogger(__name__)

Tell = Callable[["Turn", object], None]
"""Hands an event to the GUI thread."""


@dataclass(frozen=True)
class Frozen:
    """The screen was taken, or why not."""

    picture: Picture | None
    error: str = ""


@dataclass(frozen=True)
class MicrophoneFailed:
    """The recording could not start, or ended by itself."""

    error: HearsightError


@dataclass(frozen=True)
class Closed:
    """The turn is over: its outcome, and the clip where it never became a question."""

    outcome: object
    nothing_heard: bool = False


@dataclass(frozen=True)
class DraftKept:
    """What was said is in the conversation, to be asked later."""

    conversation: int
    message: int


@dataclass(eq=False)
class Turn:
    """One question from its first key event to its answer's end."""

    conversation: int = 0
    listening: Listening | None = None
    with_screen: bool = True
    warm: CancelToken = field(default_factory=CancelToken)
    stop: CancelToken = field(default_factory=CancelToken)
    question_id: int = 0
    answer_id: int = 0

    def cancel(self) -> None:
        self.warm.set()
        self.stop.set()

    def question(self, clip: Clip | None = None) -> Question:
        """What is asked, as far as it is known now."""
        picture = self.listening.picture if self.listening and self.with_screen else None
        if picture is None:
            return Question(clip=clip, conversation=self.conversation)
        file = self.listening.screen_file if self.listening else None
        return Question("", (picture,), clip, self.conversation, (file,))


class TurnJobs:
    """The slow parts of a turn. Each runs on the thread its name says and tells the GUI thread what came of it."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        # One thread each, for life: mss keeps a connection per thread, and a stream is stopped where it was started.
        self._capturing = ThreadPoolExecutor(1, "capture")
        self._recording = ThreadPoolExecutor(1, "recording")
        self._housekeeping = ThreadPoolExecutor(1, "housekeeping")

    def freeze(self, turn: Turn, capture: Callable[[], Picture] | None) -> None:
        """On the capture thread: takes the screen, says so, and only then writes it to disk."""
        self._capturing.submit(self._freeze, turn, capture)

    def record(self, turn: Turn) -> None:
        """On the recording thread: opens the microphone."""
        self._recording.submit(self._record, turn)

    def finish(self, turn: Turn, then: Callable[[Clip], None]) -> None:
        """On the recording thread: stops the microphone and hands on the clip."""

        def work() -> None:
            assert turn.listening is not None
            then(turn.listening.finish())

        self._recording.submit(work)

    def on_capture_thread(self, work: Callable[[], None]) -> None:
        """Anything short that touches the screen."""
        self._capturing.submit(work)

    def on_recording_thread(self, work: Callable[[], None]) -> None:
        """Anything that opens or closes the microphone."""
        self._recording.submit(work)

    def on_housekeeping_thread(self, work: Callable[[], None]) -> None:
        """Anything that may take seconds and that nobody waits for. At the end of the program nothing more is begun."""
        with contextlib.suppress(RuntimeError):
            self._housekeeping.submit(work)

    def stop(self) -> None:
        self._housekeeping.shutdown(wait=True)
        self._capturing.shutdown(wait=True)
        self._recording.shutdown(wait=True)

    def _freeze(self, turn: Turn, capture: Callable[[], Picture] | None) -> None:
        assert turn.listening is not None
        if capture is None:
            self._tell(turn, Frozen(None))
            return
        try:
            self._tell(turn, Frozen(turn.listening.freeze(capture)))
        except HearsightError as error:
            self._tell(turn, Frozen(None, str(error)))
        turn.listening.keep_screen()

    def _record(self, turn: Turn) -> None:
        assert turn.listening is not None
        try:
            turn.listening.record()
        except NoMicrophone as error:
            self._tell(turn, MicrophoneFailed(error))


def outcome_of(work: Callable[[], Outcome]) -> Outcome:
    """Runs a question to its end, whatever happens: a turn that never closed would block the next one."""
    try:
        return work()
    except HearsightError as error:
        return Failed(error)
    except Exception as error:
        log.exception("a turn ended in an unexpected error")
        reason = f"Something went wrong inside Hearsight ({type(error).__name__})."
        return Failed(HearsightError(reason, action="Ask again; run with --debug to see where."))


def answer_spoken(ask: Ask, turn: Turn, clip: Clip, tell: Tell) -> None:
    """On the inference thread: asks what was recorded; the recording leaves the disk once it is in the history."""
    assert turn.listening is not None

    recording = turn.listening

    def pass_on(event: object) -> None:
        if isinstance(event, Opened):
            recording.discard()
        tell(turn, event)

    outcome = outcome_of(lambda: ask.answer(turn.question(clip), pass_on, turn.stop))
    unheard = isinstance(outcome, Failed) and isinstance(outcome.error, NothingHeard)
    if unheard:
        recording.discard()
    tell(turn, Closed(outcome, nothing_heard=unheard))


def keep_draft(ask: Ask, turn: Turn, clip: Clip, tell: Tell) -> None:
    """Puts what was said into its conversation, to be asked later; silence is dropped."""
    assert turn.listening is not None
    if not worth_keeping(clip) or not vad.has_speech(clip):
        turn.listening.discard()
        return
    question = turn.question(clip)
    message = ask.keep_draft(question)
    turn.listening.discard()
    turn.listening = None
    stored = ask.history.message(message)
    tell(turn, DraftKept(stored.conversation_id if stored else 0, message))
