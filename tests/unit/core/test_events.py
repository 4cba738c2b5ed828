"""Events cross threads and processes: frozen, and the same after pickling."""

from __future__ import annotations

import dataclasses
import pickle
from typing import get_args

import pytest

from assistant.core import events
from assistant.core.errors import EngineCrashed

SAMPLES = [
    events.Stage("thinking"),
    events.Partial("half a"),
    events.Heard("text", "en"),
    events.ScreenRead("text"),
    events.Notice("older turns were left out"),
    events.Delta("wor"),
    events.Segment(0.0, 1.5, "text"),
    events.Done(events.Completion("text", usage=events.Usage(1, 2, 3), timings={"total": 1.0})),
    events.Stopped("half"),
]


def test_every_event_has_a_sample() -> None:
    assert {type(sample) for sample in SAMPLES} | {events.Failed} == set(get_args(events.Event))


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: type(event).__name__)
def test_an_event_stays_what_it_is(event: events.Event) -> None:
    assert pickle.loads(pickle.dumps(event)) == event
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(event, dataclasses.fields(event)[0].name, "other")


def test_a_failure_carries_its_error_across() -> None:
    failed = pickle.loads(pickle.dumps(events.Failed(EngineCrashed("It ended.", kept="The turn."), "half")))
    assert (str(failed.error), failed.text) == ("It ended. The turn.", "half")
