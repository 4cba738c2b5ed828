"""The push-to-talk state machine as one table: every state, every event, what is done and what comes next.

    idle ──press──▶ arming ──first buffer──▶ listening ──release──▶ thinking ──delta──▶ answering ──closed──▶ idle
                       │                        │ tap, shift
                       └────tap, shift──▶ latched ──press, silence──▶ thinking

Asking and dictating are the same machine: what differs is what the actions do. A dictation that is still being typed
goes on when the next press starts something else.

A pair that the table leaves out is *ignored*: the state stays and nothing is done.
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    IDLE = "idle"
    ARMING = "arming"
    """The key is down; the microphone has not delivered yet."""
    LISTENING = "listening"
    """Buffers arrive while the key is held."""
    LATCHED = "latched"
    """Hands-free: recording goes on without the key."""
    THINKING = "thinking"
    """The question is complete; no word of the answer yet. A dictation is recognised to its end and typed."""
    ANSWERING = "answering"


class Event(StrEnum):
    PRESS = "press"
    RELEASE = "release"
    TAP = "tap"
    """A release so soon after its press that hands-free was meant."""
    LATCH = "latch"
    """Shift was pressed while holding."""
    FIRST_BUFFER = "first_buffer"
    SILENCE = "silence"
    TOO_LONG = "too_long"
    DEVICE_LOST = "device_lost"
    SLEEP = "sleep"
    CANCEL = "cancel"
    ASKED = "asked"
    """A question came complete: typed, retried, or from a file."""
    NOTHING_HEARD = "nothing_heard"
    DELTA = "delta"
    CLOSED = "closed"
    """The answer ended: done, cancelled or failed."""


class Action(StrEnum):
    NONE = "none"
    START = "start"
    """Freeze the screen (to dictate: pin the window), record, let the engine work ahead."""
    RESTART = "restart"
    """Stop the answer under way (not a dictation that is still being typed), then start."""
    SEND = "send"
    """Stop recording and ask, or type."""
    KEEP = "keep"
    """Stop recording and keep what was said, as a draft or in the dictation history."""
    STOP = "stop"
    """Stop the answer; its text so far stays."""
    REPLACE = "replace"
    """Keep the recording under way as a draft, then ask the question that came complete."""


_RECORDING = (State.ARMING, State.LISTENING, State.LATCHED)
_WORKING = (State.THINKING, State.ANSWERING)

Row = tuple[State, Action]

TABLE: dict[tuple[State, Event], Row] = {
    (State.IDLE, Event.PRESS): (State.ARMING, Action.START),
    (State.IDLE, Event.ASKED): (State.THINKING, Action.NONE),
    (State.ARMING, Event.FIRST_BUFFER): (State.LISTENING, Action.NONE),
    (State.ARMING, Event.RELEASE): (State.THINKING, Action.SEND),
    (State.LISTENING, Event.RELEASE): (State.THINKING, Action.SEND),
    (State.ARMING, Event.TAP): (State.LATCHED, Action.NONE),
    (State.LISTENING, Event.TAP): (State.LATCHED, Action.NONE),
    (State.ARMING, Event.LATCH): (State.LATCHED, Action.NONE),
    (State.LISTENING, Event.LATCH): (State.LATCHED, Action.NONE),
    (State.LATCHED, Event.PRESS): (State.THINKING, Action.SEND),
    (State.LATCHED, Event.SILENCE): (State.THINKING, Action.SEND),
    **{(state, Event.TOO_LONG): (State.THINKING, Action.SEND) for state in _RECORDING},
    **{(state, Event.DEVICE_LOST): (State.IDLE, Action.KEEP) for state in _RECORDING},
    **{(state, Event.SLEEP): (State.IDLE, Action.KEEP) for state in _RECORDING},
    **{(state, Event.CANCEL): (State.IDLE, Action.KEEP) for state in _RECORDING},
    **{(state, Event.ASKED): (State.THINKING, Action.REPLACE) for state in _RECORDING},
    **{(state, Event.PRESS): (State.ARMING, Action.RESTART) for state in _WORKING},
    # The engine stops within its own bound; CLOSED then brings the state back.
    **{(state, Event.CANCEL): (state, Action.STOP) for state in _WORKING},
    # A question typed while another is answered waits in the engine's queue.
    **{(state, Event.ASKED): (State.THINKING, Action.NONE) for state in _WORKING},
    (State.THINKING, Event.NOTHING_HEARD): (State.IDLE, Action.NONE),
    (State.THINKING, Event.DELTA): (State.ANSWERING, Action.NONE),
    **{(state, Event.CLOSED): (State.IDLE, Action.NONE) for state in _WORKING},
}


def step(state: State, event: Event) -> Row:
    """The next state and what to do, for any pair."""
    return TABLE.get((state, event), (state, Action.NONE))
