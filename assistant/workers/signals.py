"""What the controller tells the window. Every signal is emitted on the GUI thread."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal


@dataclass(frozen=True)
class EngineStatus:
    """For the status line. `state` is "off", "loading", "ready", "busy" or "error"; `share` counts while loading."""

    name: str = ""
    model: str = ""
    device: str = ""
    state: str = "off"
    share: float = 0.0
    detail: str = ""
    context_used: int = 0
    context_limit: int = 0
    first_token_seconds: float = 0.0
    tokens_per_second: float = 0.0


class ControllerSignals(QObject):
    """The controller's signals, apart from what it does, so that a test's stand-in can share them."""

    key = Signal(object)
    """A `KeyEvent`; emitted by the hotkey handler's thread, taken on the GUI thread."""
    slept = Signal()
    """The machine goes to sleep; emitted by the watch's thread."""
    woke = Signal()
    """The machine is back: what the system took away must be asked for again."""
    about_to_capture = Signal()
    """Hide what must not be on the picture, now: connected directly, and the screen is taken on return."""
    state_changed = Signal(str)
    """idle, arming, listening, latched, thinking, answering"""
    frame_frozen = Signal(object)
    """The captured `Picture` of the turn under way, or None with a notice that says why not."""
    level = Signal(float)
    """Loudness of the newest buffer, RMS in [0, 1]; comes at 20-50 Hz from the first real buffer on."""
    partial = Signal(str)
    """What was understood so far; the next one replaces it."""
    stage = Signal(str)
    """What is being done, in words: "reading the screen"."""
    turn_opened = Signal(int, int, int)
    """conversation id, the question's message id, the answer's message id; both messages are in the history."""
    message_changed = Signal(int)
    """A message's text or attachments changed in the history (transcript arrived, recording attached)."""
    delta = Signal(int, str)
    """answer's message id, the next piece of it; coalesced to at most 30 a second."""
    turn_closed = Signal(int, str)
    """answer's message id and its final state: done, cancelled, failed."""
    engine_changed = Signal(object)
    """An `EngineStatus`."""
    notice = Signal(str, str)
    """Something the user should know: a text, and the name of one action ("retry", "settings", "models", "")."""
    composer_clip = Signal(object)
    """The `Clip` that the composer's microphone recorded, or None when nothing was heard."""
    composer_picture = Signal(object)
    """The `Picture` that the composer's screenshot button took; a notice says where it could not."""
    transcription = Signal(object)
    """How far a file's transcription is, a `transcribing.Transcription`; None when none goes on (any more)."""
    history_changed = Signal()
    """Conversations were added, renamed, or removed."""
    draft_kept = Signal(int, int)
    """conversation id, message id: what was said was not sent and waits in the conversation."""
    nothing_heard = Signal(object)
    """Nothing was said, nothing was sent: a tuple with the pictures of the turn, which wait in the composer."""
    recovered = Signal(object)
    """List of `flows.drafts.Draft`: recordings that a former run left behind."""
    conversation_changed = Signal(int)
    """The open conversation is now this one (0: none, a new one starts with the next question)."""
    dictated = Signal(str, str)
    """A dictation so far: words that stay, and words that may still change."""
    dictation_typing = Signal(bool)
    """A dictation's text goes out; or (True) it waits for its window."""
    dictation_ended = Signal(object)
    """An `Ended`: a dictation was typed, kept, or held no words."""
    dictation_unplaced = Signal(object)
    """An `Unplaced`: the text's window isn't there to take it; `dictating.place` takes the user's choice."""
    dictations_changed = Signal()
    """Dictations were added, changed or removed in the history."""
    dictations_recovered = Signal(object, object)
    """What a former run left behind: a list of `Draft` (sound) and a list of `Dictation` (text)."""
