"""Subtitles have right times, can be read, and keep every word."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.events import Segment
from assistant.flows.subtitles import CUE_LINES, CUE_SECONDS, LINE_CHARACTERS, cues, srt, vtt

LONG = Segment(
    10.0,
    28.0,
    "And Mr. John Dashwood had then leisure to consider how much there might be prudently in his power to do for them, "
    "and having given it some thought he resolved upon a thousand pounds apiece, which warmed his heart.",
)


def test_srt_is_what_players_read() -> None:
    segments = [Segment(0.5, 2.25, "Hello there."), Segment(3_723.004, 3_725.0, "Late & <last>.")]
    assert srt(segments) == (
        "1\n00:00:00,500 --> 00:00:02,250\nHello there.\n\n2\n01:02:03,004 --> 01:02:05,000\nLate & <last>.\n"
    )


def test_vtt_is_what_browsers_read() -> None:
    segments = [Segment(0.5, 2.25, "Hello there."), Segment(3_723.004, 3_725.0, "Late & <last>.")]
    assert vtt(segments) == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.250\nHello there.\n\n"
        "01:02:03.004 --> 01:02:05.000\nLate &amp; &lt;last&gt;.\n"
    )


def test_nothing_said_gives_no_cue() -> None:
    assert srt([]) == "" and srt([Segment(0, 1, "  ")]) == ""
    assert vtt([]) == "WEBVTT\n"


def test_long_speech_becomes_cues_that_can_be_read() -> None:
    found = list(cues([LONG]))
    assert len(found) >= 3
    assert found[0].start == 10.0 and found[-1].end == 28.0
    assert " ".join(cue.text for cue in found) == LONG.text
    assert all(cue.end - cue.start <= CUE_SECONDS * 1.2 for cue in found)
    for block in srt([LONG]).strip().split("\n\n"):
        lines = block.split("\n")[2:]
        assert 1 <= len(lines) <= CUE_LINES and max(map(len, lines)) <= LINE_CHARACTERS


times = st.floats(0, 20_000, allow_nan=False)
words = st.text(st.sampled_from("abc déf 日本 ,.<&>-\n"), max_size=300)


@given(st.lists(st.tuples(times, st.floats(0, 60), words), max_size=8))
def test_cues_are_in_order_and_keep_every_word(given_segments: list[tuple[float, float, str]]) -> None:
    segments = [Segment(start, start + length, text) for start, length, text in sorted(given_segments)]
    found = list(cues(segments))
    assert all(cue.start < cue.end for cue in found)
    assert all(a.end <= b.start + 1e-6 for a, b in pairwise(found))
    squeezed = re.sub(r"\s", "", "".join(segment.text for segment in segments))
    assert re.sub(r"\s", "", "".join(cue.text for cue in found)) == squeezed


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0004, "00:00:00,000"), (59.9996, "00:01:00,000"), (360_000, "100:00:00")]
)
def test_times_are_rounded_to_the_millisecond(seconds: float, text: str) -> None:
    assert text in srt([Segment(seconds, seconds + 1, "x")])
