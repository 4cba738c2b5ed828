"""The controller's dictation: its turns and their threads.

The capture thread pins the target and takes the screen, the recording thread opens and closes the microphone, the
inference thread reads and recognises, the typing thread inserts (one text after the other, in the order in which they
were spoken), and the housekeeping thread keeps recordings.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot

from assistant.audio.recorder import Recorder
from assistant.core import heap
from assistant.core.errors import HearsightError
from assistant.flows.dictate import Delivered, Dictate, Written
from assistant.flows.dictation_follow import Live
from assistant.flows.listening import Listening
from assistant.flows.transitions import Event
from assistant.settings.models import Settings
from assistant.workers.dictation_tools import DictationTools
from assistant.workers.dictation_turn import DictationTurn, Ended, Typing
from assistant.workers.parts import Parts
from assistant.workers.turn import MicrophoneFailed, TurnJobs

log = logging.getLogger(__name__)

_STOP_SECONDS = 10.0
"""A recorder ends within five."""
_LONGEST_SECONDS = 3700.0
"""An hour is the most that can be recorded."""


class Dictating(DictationTools):
    """On the GUI thread.

    Args:
        handle: the state machine's entrance; only the newest turn's events reach it.
        level: gets the loudness of the newest sound.
    """

    _happened = Signal(object, object)

    def __init__(
        self,
        parts: Parts,
        settings: Settings,
        jobs: TurnJobs,
        handle: Callable[[Event], None],
        level: Callable[[float], None],
        parent: QObject,
    ) -> None:
        super().__init__(parts, settings, jobs, parent)
        self._handle, self._level = handle, level
        self._turn: DictationTurn | None = None
        self._turns: list[DictationTurn] = []
        self._happened.connect(self._on_event)

    @property
    def open_turns(self) -> int:
        """Dictations that are recorded, recognised or typed."""
        return len(self._turns)

    def start(self) -> Listening:
        """Key-down: pins the target, opens the microphone, and recognises as it comes."""
        turn = DictationTurn()
        turn.listening = Listening(self.parts.recordings, 0, partial(self._open_recorder, turn), "dictate")
        self._turn = turn
        self._turns.append(turn)
        self._jobs.on_capture_thread(partial(self._pin, turn))
        self._jobs.on_capture_thread(partial(self._take_screen, turn))
        self._jobs.on_recording_thread(partial(self._record, turn))
        self.parts.inference.submit(partial(self._follow, turn))
        return turn.listening

    def send(self) -> None:
        """Release: the rest of the speech, then the text."""
        if self._turn is not None:
            self._jobs.on_recording_thread(partial(self._finish, self._turn, time.monotonic()))

    def keep(self) -> None:
        """Ends the recording without typing; what was said is in the history."""
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.to_type = False
            self._jobs.on_recording_thread(partial(self._finish, turn, time.monotonic()))

    def let_go(self) -> None:
        """The state machine is about something else now: what is recognised and typed yet goes on without it."""
        self._turn = None

    def cancel(self) -> None:
        """Stops recognising and typing of everything under way; what is known is kept."""
        for turn in self._turns:
            turn.to_type = False
            turn.stop.set()

    def watch_silence(self) -> None:
        """Hands-free: ends the dictation after the silence that the user chose; 0 never does."""
        seconds = self.settings.dictation.silence_seconds
        if self._turn is not None and seconds:
            self._turn.speech.watch_silence(seconds, partial(self.tell, self._turn, Event.SILENCE))

    def tell_current(self, event: Event) -> None:
        """From any thread: an event of the turn under way."""
        if self._turn is not None:
            self.tell(self._turn, event)

    def tell(self, turn: DictationTurn, event: object) -> None:
        """From any thread: to the GUI thread."""
        self._happened.emit(turn, event)

    def stop(self) -> None:
        for turn in self._turns:
            turn.stop.set()
        super().stop()

    def _open_recorder(self, turn: DictationTurn, folder: Path) -> Recorder:
        return self.parts.open_recorder(
            folder,
            partial(self.tell, turn, Event.FIRST_BUFFER),
            self._level,
            lambda error: self.tell(turn, MicrophoneFailed(error)),
            turn.speech.feed,
        )

    def _pin(self, turn: DictationTurn) -> None:
        try:
            turn.pin(target := self.typist.target())
            if target is not None and target.is_password:
                self.notice.emit("A password is asked for there: what you say is kept, but not typed.", "")
        except HearsightError as error:
            turn.pin(None, error)
        except Exception as error:
            log.exception("the target could not be pinned")
            turn.pin(None, HearsightError(f"The focused window can't be found ({type(error).__name__})."))

    def _take_screen(self, turn: DictationTurn) -> None:
        """The screen as it is at key-down, for its names; in memory only, and not where a password is asked for."""
        target = turn.pinned_target()
        if not self.settings.dictation.screen_words or (target is not None and target.is_password):
            return
        try:
            turn.screen.offer(self.parts.capture("active"))
        except HearsightError as error:
            log.debug("no screen for a dictation: %s", type(error).__name__)

    def _record(self, turn: DictationTurn) -> None:
        assert turn.listening is not None
        try:
            turn.listening.record()
        except HearsightError as error:
            turn.speech.end()
            self.tell(turn, MicrophoneFailed(error))

    def _finish(self, turn: DictationTurn, released: float) -> None:
        if turn.listening is None:
            return
        turn.listening.finish()
        turn.closing = time.monotonic() - released
        turn.speech.end()

    def _follow(self, turn: DictationTurn) -> None:
        """On the inference thread, from key-down until the last word is recognised."""
        assert turn.listening is not None
        flow, folder = self.flow(), turn.listening.folder
        try:
            spoken = flow.follow(turn.speech, partial(self.tell, turn), turn.stop, turn.screen)
            if self.settings.dictation.polish and turn.to_type:
                spoken = flow.polish(spoken, turn.stop)
            # A stop or a fault ends the recognition, not the recording: all of it is on disk before it is taken away.
            turn.speech.over.wait(_STOP_SECONDS if turn.stop.is_set() else _LONGEST_SECONDS)
            written = flow.write_down(spoken, turn.pinned_target(), folder, to_type=turn.to_type, closing=turn.closing)
        except HearsightError as error:
            self.tell(turn, Ended(0, problem=error))
            return
        except Exception as error:
            log.exception("a dictation ended in an unexpected error")
            wrong = f"Something went wrong inside Hearsight ({type(error).__name__})."
            kept = "The recording is kept and is offered at the next start."
            self.tell(turn, Ended(0, problem=HearsightError(wrong, kept=kept)))
            return
        if turn.to_type and written.id and written.error is None:
            self._type(partial(self._insert, turn, flow, written, folder))
        else:
            self.tell(turn, Ended(written.id, problem=written.error))
            self._keep_later(turn, flow, written.id, folder)

    def _insert(self, turn: DictationTurn, flow: Dictate, written: Written, folder: Path) -> None:
        self.tell(turn, Typing())
        self.tell(turn, Ended(written.id, self._typed(flow, written, turn), written))
        self._keep_later(turn, flow, written.id, folder)

    def _typed(self, flow: Dictate, written: Written, turn: DictationTurn) -> Delivered:
        if turn.no_target is not None:
            flow.settle(written.id, turn.no_target)
            return Delivered(written.id, problem=turn.no_target)
        try:
            return flow.insert(written, turn.stop, lambda: self.tell(turn, Typing(waits=True)))
        except Exception as error:
            log.exception("typing ended in an unexpected error")
            problem = HearsightError(f"The text could not be typed ({type(error).__name__}).", kept="It is kept.")
            flow.settle(written.id, problem)
            return Delivered(written.id, problem=problem)

    def _keep_later(self, turn: DictationTurn, flow: Dictate, id: int, folder: Path) -> None:
        def work() -> None:
            flow.keep_recording(id if self._wanted(id) else 0, folder)
            self.expire()
            # Recorder and turn know each other: megabytes of sound would wait for the garbage collector.
            turn.listening = None
            heap.give_back()

        # At the end of the program the recording stays in its folder and is taken over at the next start.
        self._keep_house(work)

    def _wanted(self, id: int) -> bool:
        """Whether its sound is kept: what was not understood is of use only with it."""
        kept = self.parts.history.dictations.get(id) if id else None
        return kept is not None and (self.settings.privacy.keep_recordings or not kept.text)

    @Slot(object, object)
    def _on_event(self, turn: DictationTurn, event: object) -> None:
        if isinstance(event, Live):
            if turn is self._turn:
                self.live.emit(event.confirmed, event.unconfirmed)
        elif isinstance(event, Typing):
            self.typing.emit(event.waits)
        elif isinstance(event, Ended):
            self._end(turn, event)
        elif isinstance(event, MicrophoneFailed):
            self.notice.emit(str(event.error), "settings")
            if turn is self._turn:
                self._handle(Event.DEVICE_LOST)
        elif isinstance(event, Event) and turn is self._turn:
            self._handle(event)

    def _end(self, turn: DictationTurn, ended: Ended) -> None:
        if turn in self._turns:
            self._turns.remove(turn)
        self.ended.emit(ended)
        self.changed.emit()
        if ended.delivered is not None and ended.written is not None:
            self._deliver(ended.written, ended.delivered)
        elif ended.problem is not None:
            self.notice.emit(str(ended.problem), "dictations")
        if turn is self._turn:
            self._turn = None
            self._handle(Event.CLOSED if ended.id or ended.problem else Event.NOTHING_HEARD)
