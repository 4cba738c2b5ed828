"""The push-to-talk state machine: every pair of state and event, and the sequences that real keys make."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.flows.coordinator import Coordinator
from assistant.flows.transitions import TABLE, Action, Event, State, step

RECORDING = {State.ARMING, State.LISTENING, State.LATCHED}
STOPS_RECORDING = {Action.SEND, Action.KEEP, Action.REPLACE}


@pytest.mark.parametrize(("state", "event"), list(itertools.product(State, Event)))
def test_every_pair_has_one_meaning(state: State, event: Event) -> None:
    after, action = step(state, event)
    if (state, event) not in TABLE:
        assert (after, action) == (state, Action.NONE)
    # A recording is opened by START or RESTART alone, and closed by SEND, KEEP or REPLACE alone.
    assert (state not in RECORDING and after in RECORDING) == (action in {Action.START, Action.RESTART})
    assert (state in RECORDING and after not in RECORDING) == (action in STOPS_RECORDING)


@pytest.mark.parametrize("event", [Event.CANCEL, Event.SLEEP, Event.DEVICE_LOST, Event.TOO_LONG])
@pytest.mark.parametrize("state", sorted(RECORDING))
def test_nothing_keeps_recording_after_its_end(state: State, event: Event) -> None:
    after, _ = step(state, event)
    assert after not in RECORDING


class Machine:
    """A coordinator with a clock that the test turns."""

    def __init__(self, mode: str = "hold") -> None:
        self.now = 100.0
        self.actions: list[Action] = []
        self.states: list[State] = []
        self.it = Coordinator(self.actions.append, self.states.append, mode=mode, clock=lambda: self.now)  # type: ignore[arg-type]

    def wait(self, seconds: float) -> None:
        self.now += seconds


def test_hold_speak_release() -> None:
    machine = Machine()
    machine.it.press()
    machine.it.handle(Event.FIRST_BUFFER)
    machine.wait(2.0)
    machine.it.release()
    machine.it.handle(Event.DELTA)
    machine.it.handle(Event.CLOSED)
    assert machine.actions == [Action.START, Action.SEND]
    assert machine.states == [State.ARMING, State.LISTENING, State.THINKING, State.ANSWERING, State.IDLE]


def test_a_tap_goes_hands_free_and_a_second_one_sends() -> None:
    machine = Machine()
    machine.it.press()
    machine.wait(0.1)
    machine.it.release()
    assert machine.it.state is State.LATCHED
    machine.wait(1.0)
    machine.it.press()
    machine.it.release()
    assert machine.actions == [Action.START, Action.SEND]


def test_a_tap_released_before_the_first_buffer_still_listens() -> None:
    machine = Machine()
    machine.it.press()
    machine.wait(0.05)
    machine.it.release()
    machine.it.handle(Event.FIRST_BUFFER)
    assert machine.it.state is State.LATCHED


def test_silence_sends_only_hands_free() -> None:
    machine = Machine()
    machine.it.press()
    machine.it.handle(Event.SILENCE)
    assert machine.it.state is State.ARMING
    machine.it.handle(Event.LATCH)
    machine.it.handle(Event.SILENCE)
    assert machine.it.state is State.THINKING


def test_release_after_latching_does_not_send() -> None:
    machine = Machine()
    machine.it.press()
    machine.wait(1.0)
    machine.it.handle(Event.LATCH)
    machine.it.release()
    assert machine.it.state is State.LATCHED


def test_repeated_and_bouncing_presses_count_once() -> None:
    machine = Machine()
    machine.it.press()
    machine.it.press()
    machine.wait(0.5)
    machine.it.release()
    machine.it.release()
    assert machine.actions == [Action.START, Action.SEND]


def test_toggle_mode_needs_no_release() -> None:
    machine = Machine("toggle")
    machine.it.press()
    machine.it.release()
    assert machine.it.state is State.LATCHED
    machine.wait(2.0)
    machine.it.press()
    machine.it.release()
    assert machine.actions == [Action.START, Action.SEND]


def test_pressing_while_an_answer_streams_starts_over() -> None:
    machine = Machine()
    machine.it.handle(Event.ASKED)
    machine.it.handle(Event.DELTA)
    machine.wait(1.0)
    machine.it.press()
    assert machine.actions == [Action.RESTART]
    assert machine.it.state is State.ARMING


def test_a_typed_question_keeps_the_recording_under_way() -> None:
    machine = Machine()
    machine.it.press()
    machine.it.handle(Event.ASKED)
    assert machine.actions == [Action.START, Action.REPLACE]


@given(st.lists(st.sampled_from(["press", "release", *Event]), max_size=60), st.sampled_from(["hold", "toggle"]))
def test_no_sequence_leaves_a_recording_open_or_closes_one_twice(moves: list[str], mode: str) -> None:
    machine = Machine(mode)
    open_recordings = 0
    for move in moves:
        machine.wait(0.2)
        before = len(machine.actions)
        if move == "press":
            machine.it.press()
        elif move == "release":
            machine.it.release()
        else:
            machine.it.handle(Event(move))
        for action in machine.actions[before:]:
            open_recordings += action in {Action.START, Action.RESTART}
            open_recordings -= action in STOPS_RECORDING
        assert open_recordings == int(machine.it.recording)
    machine.it.handle(Event.CANCEL)
    assert not machine.it.recording


def test_the_other_key_does_nothing_while_one_job_records() -> None:
    machine = Machine()
    machine.it.press(job="dictate")
    machine.wait(1.0)
    machine.it.press(job="ask")
    machine.it.release(job="ask")
    assert (machine.it.job, machine.it.state, machine.actions) == ("dictate", State.ARMING, [Action.START])
    machine.it.release(job="dictate")
    assert machine.actions == [Action.START, Action.SEND]
    machine.wait(1.0)
    machine.it.press(job="ask")
    assert machine.it.job == "ask"
    assert machine.actions[-1] is Action.RESTART


def test_hands_free_only_its_own_key_sends() -> None:
    machine = Machine()
    machine.it.press(job="dictate")
    machine.it.release(job="dictate")
    assert machine.it.state is State.LATCHED
    machine.wait(1.0)
    machine.it.press(job="ask")
    machine.it.release(job="ask")
    assert machine.it.state is State.LATCHED
    machine.it.press(job="dictate")
    assert machine.it.state is State.THINKING


def test_a_key_whose_job_was_taken_over_can_be_pressed_again() -> None:
    machine = Machine()
    machine.it.press(job="dictate")
    machine.it.handle(Event.ASKED)
    machine.it.job = "ask"
    machine.wait(1.0)
    machine.it.release(job="dictate")
    assert not machine.it.holding
    machine.it.press(job="dictate")
    assert machine.it.state is State.ARMING
