"""Subtitles have right times, can be read, and keep every word."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.events import Segment
from assistant.flows.cue_lines import CUE_LINES, LINE_CHARACTERS
from assistant.flows.subtitle_cues import CHARACTERS_A_SECOND, LONGEST_SECONDS, SHORTEST_SECONDS, cues
from assistant.flows.subtitles import srt, vtt

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
    assert found[0].start == 10.0 and found[-1].end == pytest.approx(28.0, abs=0.1)
    assert " ".join(" ".join(cue.lines) for cue in found) == LONG.text
    assert all(cue.end - cue.start <= LONGEST_SECONDS for cue in found)
    for cue in found:
        assert 1 <= len(cue.lines) <= CUE_LINES and max(map(len, cue.lines)) <= LINE_CHARACTERS


def test_cues_end_where_clauses_do() -> None:
    text = (
        "I came to the harbour late in the evening, but the ship had left. Nobody was there, and it rained all night."
    )
    found = [" ".join(cue.lines) for cue in cues([Segment(0, 8, text)])]
    assert found[0].endswith("left.") and found[1].startswith("Nobody")
    assert found == [text[:65], text[66:]]


def test_lines_break_at_a_joint_rather_than_in_mid_phrase() -> None:
    (cue,) = cues([Segment(0, 4, "We waited for the train in the cold, because nobody had told us.")])
    assert cue.lines == ("We waited for the train in the cold,", "because nobody had told us.")


def test_a_cue_breaks_before_a_conjunction_and_no_line_after_an_article() -> None:
    text = "And we'll call the builder on Monday because the seedlings can not stand another very cold night."
    found = list(cues([Segment(0, 7.5, text)]))
    assert found[1].lines[0].startswith("because the seedlings")
    assert not any(line.split()[-1] in ("the", "a") for cue in found for line in cue.lines)


def test_a_short_cue_stays_until_it_is_read_but_never_into_the_next() -> None:
    found = list(
        cues([Segment(1.0, 1.2, "Yes."), Segment(1.9, 2.1, "No."), Segment(9.0, 9.3, "A quick remark of some length.")])
    )
    assert found[0].end == pytest.approx(1.0 + SHORTEST_SECONDS, abs=0.02) and found[0].end < found[1].start
    assert found[1].end == pytest.approx(1.9 + SHORTEST_SECONDS)
    assert found[2].end == pytest.approx(9.0 + len("A quick remark of some length.") / CHARACTERS_A_SECOND)


def test_segments_that_a_recogniser_cut_in_mid_sentence_are_joined() -> None:
    found = list(cues([Segment(0, 1.5, "This is the first"), Segment(1.5, 3, "half of a sentence.")]))
    assert [" ".join(cue.lines) for cue in found] == ["This is the first half of a sentence."]


def test_a_word_that_lasts_a_minute_is_shown_as_long_as_anybody_looks() -> None:
    (cue,) = cues([Segment(5, 65, "Aaah!")])
    assert (cue.start, cue.end) == (5, 5 + LONGEST_SECONDS)


def test_scripts_without_spaces_have_sixteen_characters_a_line_and_no_stray_full_stop() -> None:
    found = list(
        cues([Segment(0, 12, "今日はとても良い天気ですから、みんなで公園に行って、一緒にお弁当を食べましょう。" * 2)])
    )
    rows = [line for cue in found for line in cue.lines]
    assert max(map(len, rows)) <= 16 and not any(row[0] in "。、" for row in rows)
    assert len(found) > 1 and all(len(cue.lines) <= CUE_LINES for cue in found)


times = st.floats(0, 20_000, allow_nan=False)
words = st.text(st.sampled_from("abc déf 日本 ,.<&>-\n"), max_size=300)


@settings(deadline=None)
@given(st.lists(st.tuples(times, st.floats(0, 60), words), max_size=8))
def test_cues_are_in_order_and_keep_every_word(given_segments: list[tuple[float, float, str]]) -> None:
    segments = [Segment(start, start + length, text) for start, length, text in sorted(given_segments)]
    found = list(cues(segments))
    assert all(cue.start < cue.end <= cue.start + LONGEST_SECONDS + 1e-6 for cue in found)
    assert all(a.end <= b.start + 1e-6 for a, b in pairwise(found))
    assert all(len(cue.lines) <= CUE_LINES and max(map(len, cue.lines)) <= LINE_CHARACTERS for cue in found)
    squeezed = re.sub(r"\s", "", "".join(segment.text for segment in segments))
    assert re.sub(r"\s", "", "".join("".join(cue.lines) for cue in found)) == squeezed


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.0004, "00:00:00,000"), (59.9996, "00:01:00,000"), (360_000, "100:00:00")]
)
def test_times_are_rounded_to_the_millisecond(seconds: float, text: str) -> None:
    assert text in srt([Segment(seconds, seconds + 1, "x")])
