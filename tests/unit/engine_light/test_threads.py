"""How many threads a model gets: what is wished, else one for each core that nobody else keeps busy."""

from __future__ import annotations

import psutil
import pytest

from assistant.engine.light import threads


@pytest.fixture
def four_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: 4)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: {0, 1, 2, 3}, raising=False)


@pytest.mark.parametrize(
    ("shares", "expected"),
    [([0.0, 5.0, 2.0, 1.0], 4), ([100.0, 3.0, 97.0, 0.0], 2), ([100.0] * 4, 1), ([60.0, 70.0, 10.0, 5.0], 4)],
)
def test_a_busy_core_is_left_to_whom_it_belongs(
    four_cores: None, monkeypatch: pytest.MonkeyPatch, shares: list[float], expected: int
) -> None:
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: shares)
    assert threads.choose(0) == expected


def test_a_wish_is_obeyed(four_cores: None) -> None:
    assert threads.choose(3) == 3


def test_the_load_of_the_minutes_before_does_not_count(four_cores: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "getloadavg", lambda: (9.0, 9.0, 9.0))
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval, percpu: [1.0] * 4)
    assert threads.choose(0) == 4
