"""The line that shows a download."""

from __future__ import annotations

import io

import pytest

from assistant.cli import progress
from assistant.cli.progress import ProgressLine, duration
from assistant.models.progress import Progress


class _Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    clock = _Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_speed_and_time_left(clock: _Clock) -> None:
    out = io.StringIO()
    with ProgressLine(out) as line:
        line.show(Progress("m", "fetching", 0, 100_000_000))
        clock.now += 6
        line.show(Progress("m", "fetching", 20_000_000, 100_000_000))
        clock.now += 5
        line.show(Progress("m", "fetching", 40_000_000, 100_000_000))
    assert out.getvalue().splitlines()[-1] == "m: fetching, 40 %, 40 MB of 100 MB, 4 MB/s, 15 s left"


def test_a_file_gets_few_lines_and_a_terminal_one(clock: _Clock) -> None:
    log, terminal = io.StringIO(), _Terminal()
    for out in (log, terminal):
        with ProgressLine(out) as line:
            for done in range(1001):
                clock.now += 0.01
                line.show(Progress("m", "fetching", done * 1_000_000, 1_000_000_000))
    assert len(log.getvalue().splitlines()) <= 4
    assert terminal.getvalue().count("\n") == 1
    assert 40 <= terminal.getvalue().count("\r") <= 60
    assert log.getvalue().splitlines()[-1].startswith("m: fetching, 100 %")


def test_what_has_no_bytes_has_words() -> None:
    assert ProgressLine(io.StringIO()).text(Progress("m", "waiting")) == "m: waiting for another download of it"


@pytest.mark.parametrize(("seconds", "words"), [(0.2, "1 s"), (89, "89 s"), (120, "2 min"), (7200, "2.0 h")])
def test_durations(seconds: float, words: str) -> None:
    assert duration(seconds) == words
