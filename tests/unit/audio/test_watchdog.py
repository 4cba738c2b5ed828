"""A microphone that went silent is noticed; a process that stood still is not mistaken for one."""

from __future__ import annotations

import pytest

from assistant.audio import watchdog
from assistant.audio.watchdog import FIRST_SECONDS, STALL_SECONDS, Watchdog


class Clock:
    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(watchdog.time, "monotonic", lambda: self.now)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def seconds_until_told(clock: Clock, dog: Watchdog, words: str) -> float:
    started = clock.now
    while clock.now < started + 10:
        clock.now += 0.025
        if found := dog.look(0, ended=False):
            assert words in found
            return clock.now - started
    raise AssertionError("nothing was noticed")


def test_no_first_buffer(clock: Clock) -> None:
    assert seconds_until_told(clock, Watchdog(), "gives no sound") == pytest.approx(FIRST_SECONDS, abs=0.06)


def test_buffers_that_stop(clock: Clock) -> None:
    dog = Watchdog()
    assert dog.look(480, ended=False) == ""
    assert seconds_until_told(clock, dog, "stopped giving sound") == pytest.approx(STALL_SECONDS, abs=0.06)


def test_buffers_that_come_slowly_are_fine(clock: Clock) -> None:
    dog = Watchdog()
    for number in range(200):
        clock.now += 0.1
        assert dog.look(480 if number % 9 == 8 else 0, ended=False) == ""


def test_a_process_that_stood_still_does_not_count(clock: Clock) -> None:
    dog = Watchdog()
    dog.look(480, ended=False)
    clock.now += 30
    assert dog.look(0, ended=False) == ""


def test_a_stream_that_ended_is_told_once_all_was_taken(clock: Clock) -> None:
    dog = Watchdog()
    assert dog.look(480, ended=True) == ""
    assert "removed" in dog.look(0, ended=True)
