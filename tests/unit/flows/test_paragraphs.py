"""Paragraphs end at pauses, and keep every word."""

from __future__ import annotations

import pytest

from assistant.core.events import Segment
from assistant.flows.paragraphs import PAUSE_SECONDS, clock, paragraphs


def test_a_pause_ends_a_paragraph_and_a_breath_does_not() -> None:
    segments = [Segment(1, 3, "One."), Segment(4.5, 6, "Two."), Segment(6 + PAUSE_SECONDS, 9, "Three.")]
    found = paragraphs(segments)
    assert [each.text for each in found] == ["One. Two.", "Three."]
    assert [(each.start, each.end) for each in found] == [(1, 6), (8, 9)]


def test_a_long_one_ends_with_a_sentence_and_never_within_one() -> None:
    segments = [Segment(2 * n, 2 * n + 2, f"this goes on and on, part {n:03}" + "." * (n % 5 == 4)) for n in range(100)]
    found = paragraphs(segments)
    assert len(found) > 2 and all(800 <= len(each.text) < 1_000 and each.text.endswith(".") for each in found[:-1])
    assert " ".join(each.text for each in found) == " ".join(segment.text for segment in segments)


def test_nothing_said_is_no_paragraph() -> None:
    assert paragraphs([]) == [] and paragraphs([Segment(0, 1, " ")]) == []


@pytest.mark.parametrize(("seconds", "text"), [(0, "0:00"), (245.9, "4:05"), (3_723, "1:02:03")])
def test_times_for_people(seconds: float, text: str) -> None:
    assert clock(seconds) == text
