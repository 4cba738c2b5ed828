"""What the benches make of their numbers."""

from __future__ import annotations

import pytest

from assistant.bench.memory import slope
from assistant.bench.turn import Turn, long_screen, report


def turn(first: float, screen: float = 0.0, prefill: float = 0.0, answer: str = "640") -> Turn:
    return Turn(first, 0.3, screen, prefill, 400, 0, answer)


def test_the_turn_is_judged_by_medians_and_by_what_could_be_saved() -> None:
    pairs = [(turn(1.0), turn(5.0, 2.0, 2.0)), (turn(1.5), turn(6.0, 2.0, 2.5)), (turn(9.0), turn(9.0, 3.0, 4.0))]
    found = report(pairs, (turn(30.0), turn(60.0)), (500, 4000), 5.0)
    assert found.metrics["turn_ratio"] == pytest.approx(1.5 / 6.0)
    assert found.metrics["saved_share"] == pytest.approx(4.5 / 4.5)
    assert found.metrics["screen_4000_first_token_s"] == 30.0
    assert all(goal.met(found.metrics[goal.key]) for goal in found.goals)
    assert "Same prompt tokens" in found.notes[0]


def test_no_more_than_the_speech_could_have_been_saved() -> None:
    found = report([(turn(6.0), turn(9.5, 3.0, 6.0))], (turn(1), turn(1)), (1, 1), 5.0)
    assert found.metrics["saved_share"] == pytest.approx(3.5 / 5.0)


def test_different_answers_are_told() -> None:
    found = report([(turn(1.0, answer="a"), turn(2.0, 1.0, 1.0, answer="b"))], (turn(1), turn(1)), (1, 1), 5.0)
    assert "DIFFER" in found.notes[0]


def test_the_slope_is_growth_a_turn() -> None:
    assert slope([10.0 + 0.5 * number for number in range(100)]) == pytest.approx(0.5)
    assert slope([10.0, 12.0, 10.0, 12.0, 10.0]) == pytest.approx(0.0)


def test_the_long_screen_is_a_full_hd_screen() -> None:
    assert (long_screen(4000).width, long_screen(4000).height) == (1920, 1080)
