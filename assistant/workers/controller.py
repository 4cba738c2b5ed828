"""The window's one partner: takes what the user does, runs the flows on their threads, and says what happened.

Lives on the GUI thread and does nothing slow there. `ControllerSignals` lists what it says; questions that need no
microphone are in `ControllerQuestions`, the base class.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QTimer, Slot

from assistant.audio.recorder import Recorder
from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from assistant.core.media import Clip
from assistant.desktop.hotkeys.models import KeyEvent
from assistant.flows.coordinator import Coordinator, Job
from assistant.flows.listening import Listening
from assistant.flows.transitions import Action, Event, State
from assistant.settings.models import Settings
from assistant.workers.dictating import Dictating
from assistant.workers.parts import Parts
from assistant.workers.questions import ControllerQuestions
from assistant.workers.turn import Frozen, MicrophoneFailed, Turn, answer_spoken, keep_draft

_POLL_MS = 100
"""How often the real state of a held key is looked at, so that a lost release can't record for ever."""


class Controller(ControllerQuestions):
    """Push-to-talk on top of typed questions."""

    def __init__(self, parts: Parts, settings: Settings) -> None:
        super().__init__(parts, settings)
        self._coordinator = Coordinator(self._act, self._on_state)
        self._key_poll = QTimer(self)
        self._key_poll.setInterval(_POLL_MS)
        self._key_poll.timeout.connect(self._poll_key)
        self._too_long = QTimer(self)
        self._too_long.setSingleShot(True)
        self._too_long.timeout.connect(self.end_recording_soon)
        self._by_hotkey = False
        self.dictating = Dictating(parts, settings, self._jobs, self._coordinator.handle, self.level.emit, self)
        self._connect_dictating()
        self.key.connect(self.on_key)
        self.slept.connect(self.on_sleep)
        self._apply_voice(settings)

    @property
    def state(self) -> str:
        return self._coordinator.state

    @property
    def job(self) -> Job:
        """What the state is about: the last key's job."""
        return self._coordinator.job

    @Slot(object)
    def on_key(self, event: KeyEvent) -> None:
        """A global key's event, brought to the GUI thread."""
        job: Job = "dictate" if event.name == "dictate" else "ask"
        if event.kind == "press":
            self._by_hotkey = True
            self._coordinator.press(event.time, job)
        elif event.kind == "release":
            self._coordinator.release(event.time, job)
        elif event.kind == "shift" and job == self.job:
            self._coordinator.handle(Event.LATCH)

    @Slot()
    def press(self, job: Job = "ask") -> None:
        """The key went down as far as a button or another program can tell: nobody can poll its real state."""
        self._by_hotkey = False
        self._coordinator.press(job=job)

    @Slot()
    def release(self, job: Job = "ask") -> None:
        self._coordinator.release(job=job)

    @Slot()
    def tap(self, job: Job = "ask") -> None:
        """Press and release in one: starts hands-free, or sends what was said."""
        self.press(job)
        self.release(job)

    @Slot()
    def cancel(self) -> None:
        """Esc, Stop: ends whatever runs; what was recorded or answered is kept."""
        self._coordinator.handle(Event.CANCEL)

    @Slot()
    def end_recording_soon(self) -> None:
        """The longest recording is reached: it is sent as it is."""
        self._coordinator.handle(Event.TOO_LONG)

    @Slot()
    def on_sleep(self) -> None:
        """The machine goes to sleep: a recording under way ends here and is kept."""
        self._coordinator.handle(Event.SLEEP)

    @Slot()
    def leave_out_screen(self) -> None:
        """Takes the frozen screen out of the question under way."""
        turn = self._turn
        if turn is None or not turn.with_screen:
            return
        turn.with_screen = False
        turn.warm.set()
        turn.warm = CancelToken()
        self._keep_warm(turn)
        self.frame_frozen.emit(None)

    def apply_settings(self, settings: Settings) -> None:
        super().apply_settings(settings)
        self.dictating.settings = settings
        self._apply_voice(settings)

    def _connect_dictating(self) -> None:
        dictating = self.dictating
        dictating.notice.connect(self.notice)
        dictating.live.connect(self.dictated)
        dictating.typing.connect(self.dictation_typing)
        dictating.ended.connect(self._on_dictated)
        dictating.ended.connect(self.dictation_ended)
        dictating.unplaced.connect(self.dictation_unplaced)
        dictating.changed.connect(self.dictations_changed)
        dictating.recovered.connect(self.dictations_recovered)

    def _apply_voice(self, settings: Settings) -> None:
        self._coordinator.mode = settings.voice.mode
        self._coordinator.tap_seconds = settings.voice.tap_ms / 1000

    def _handle(self, event: Event) -> None:
        self._coordinator.handle(event)

    def _is_busy(self) -> bool:
        return super()._is_busy() or self.state != "idle"

    def _begin(self, turn: Turn) -> None:
        """The state is about this question now; a dictation that is still being typed goes on by itself."""
        super()._begin(turn)
        self._coordinator.job = "ask"
        self.dictating.let_go()

    def stop(self) -> None:
        super().stop()
        self.dictating.stop()

    def _act(self, action: Action) -> None:
        if action in (Action.RESTART, Action.STOP):
            self._stop_answers()
        if action in (Action.START, Action.RESTART):
            self._start()
        elif action is Action.SEND:
            self._send()
        elif action in (Action.KEEP, Action.REPLACE):
            self._keep()
        elif action is Action.STOP and self.job == "dictate":
            self.dictating.cancel()

    def _on_state(self, state: State) -> None:
        if state is State.LATCHED and self.job == "dictate":
            self.dictating.watch_silence()
        elif state is State.LATCHED and self._turn and self._turn.listening:
            seconds = self.settings.voice.silence_seconds
            self._turn.listening.watch_silence(seconds, partial(self._tell, self._turn, Event.SILENCE))
        if not self._coordinator.recording:
            self._key_poll.stop()
            self._too_long.stop()
            if self.parts.hotkeys is not None:
                self.parts.hotkeys.release_escape()
        self.state_changed.emit(str(state))
        self._show_busy(state)

    def _start(self) -> None:
        """Key-down: the microphone opens, the engine works ahead, and the clock runs."""
        if self.job == "dictate":
            # An answer that is still being stopped has no say in what comes now.
            self._turn = None
            listening, escape = self.dictating.start(), partial(self.dictating.tell_current, Event.CANCEL)
        else:
            turn = self._start_question()
            assert turn.listening is not None
            listening, escape = turn.listening, partial(self._tell, turn, Event.CANCEL)
        self._key_poll.start()
        self._too_long.start(round(self.settings.voice.max_minutes * 60_000))
        if self.parts.hotkeys is not None:
            self.parts.hotkeys.grab_escape(escape)
        if listening.notice:
            self.notice.emit(listening.notice, "")

    def _start_question(self) -> Turn:
        """Freezes the screen for a question."""
        self.about_to_capture.emit()
        turn = Turn(self._continued(), with_screen=self.settings.screen.include_screen)
        turn.listening = Listening(self.parts.recordings, turn.conversation, partial(self._open_recorder, turn))
        self._begin(turn)
        capture = partial(self.parts.capture, self.settings.screen.target) if turn.with_screen else None
        self._jobs.freeze(turn, capture)
        self._jobs.record(turn)
        return turn

    def _open_recorder(self, turn: Turn, folder: Path) -> Recorder:
        return self.parts.open_recorder(
            folder,
            partial(self._tell, turn, Event.FIRST_BUFFER),
            self.level.emit,
            lambda error: self._tell(turn, MicrophoneFailed(error)),
        )

    def _send(self) -> None:
        """Release: the rest of the speech, then the answer, or the text."""
        if self.job == "dictate":
            self.dictating.send()
            return
        turn = self._turn
        if turn is not None and turn.listening is not None:
            turn.warm.set()
            self._jobs.finish(turn, partial(self._submit_spoken, turn))

    def _submit_spoken(self, turn: Turn, clip: Clip) -> None:
        self.parts.inference.submit(lambda: answer_spoken(self._ask(), turn, clip, self._tell))

    def _keep(self) -> None:
        """Ends the recording without asking; what was said waits in the conversation, or in the dictation history."""
        if self.job == "dictate":
            self.dictating.keep()
            return
        turn, self._turn = self._turn, None
        if turn is not None and turn.listening is not None:
            turn.cancel()
            self._turns.remove(turn)
            self._jobs.finish(turn, partial(self._submit_draft, turn))

    def _submit_draft(self, turn: Turn, clip: Clip) -> None:
        self.parts.inference.submit(lambda: keep_draft(self._ask(), turn, clip, self._tell))

    def _keep_warm(self, turn: Turn) -> None:
        listening, question, stop = turn.listening, turn.question(), turn.warm
        if listening is not None:
            tell = partial(self._tell, turn)
            self.parts.inference.submit(lambda: self._ask().keep_warm(question, listening.clip_so_far, tell, stop))

    def _on_recording_event(self, turn: Turn, event: object) -> bool:
        """Takes what the recording's threads say; whether it was theirs."""
        if isinstance(event, Frozen):
            if event.error:
                self.notice.emit(f"The question goes on without the screen. {event.error}", "")
            self.frame_frozen.emit(event.picture)
            self._keep_warm(turn)
        elif isinstance(event, MicrophoneFailed):
            self._microphone_failed(turn, event.error)
        elif isinstance(event, Event):
            if turn is self._turn:
                self._coordinator.handle(event)
        else:
            return False
        return True

    def _microphone_failed(self, turn: Turn, error: HearsightError) -> None:
        self.notice.emit(str(error), "settings")
        if turn is self._turn:
            self._coordinator.handle(Event.DEVICE_LOST)

    @Slot()
    def _poll_key(self) -> None:
        hotkeys, held = self.parts.hotkeys, self._coordinator.held_job
        if self._by_hotkey and self._coordinator.holding and hotkeys is not None and not hotkeys.is_held(held):
            self._coordinator.release(job=held)

    @Slot(object)
    def _on_dictated(self, _ended: object) -> None:
        if self.engine_status.state == "busy":
            self._engine.idle()
