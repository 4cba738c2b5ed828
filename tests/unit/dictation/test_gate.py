"""The gate on segments as recognisers give them. Real recognisers on real noise are in test_gate_models.py."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.events import Segment, Transcript
from assistant.dictation.gate import sift
from assistant.dictation.loops import is_loop, unlooped

SAID = "Please send the report to the office before noon."
SPEECH = [(0.2, 3.0)]


def transcript(*segments: Segment) -> Transcript:
    return Transcript(" ".join(s.text for s in segments), segments, "en", 10.0)


def reasons(
    *segments: Segment, spans: list[tuple[float, float]] | None = SPEECH, hints: tuple[str, ...] = ()
) -> list[str]:
    return [dropped.reason for dropped in sift(transcript(*segments), spans, hints).dropped]


def test_what_was_said_stays_as_it_is() -> None:
    given_ = transcript(Segment(0.0, 3.0, SAID, 0.02, -0.3, 1.1))
    sifted = sift(given_, SPEECH)
    assert sifted.transcript == given_ and not sifted.dropped


def test_text_where_nobody_speaks_is_dropped_and_the_rest_kept() -> None:
    sifted = sift(transcript(Segment(0.0, 3.0, SAID), Segment(6.0, 8.0, "I'm going to the shop.")), SPEECH)
    assert sifted.transcript.text == SAID
    assert [d.reason for d in sifted.dropped] == ["nobody speaks there"]


def test_without_any_speech_there_is_no_text_and_no_language() -> None:
    sifted = sift(transcript(Segment(0.0, 3.0, SAID)), [])
    assert (sifted.transcript.text, sifted.transcript.segments, sifted.transcript.language) == ("", (), "")


def test_a_transcript_without_segments_is_judged_as_one() -> None:
    whole = Transcript(SAID, (), "en", 4.0)
    assert sift(whole, SPEECH).transcript.text == SAID
    assert sift(whole, []).transcript.text == ""
    assert sift(Transcript(""), []).dropped == ()


def test_more_words_than_the_speech_is_long() -> None:
    assert reasons(Segment(0.0, 1.0, SAID), spans=[(0.2, 0.5)]) == ["more words than the speech is long"]
    assert reasons(Segment(0.0, 1.0, "今天天气很好我们去公园散步吧"), spans=[(0.2, 0.5)]) == [
        "more words than the speech is long"
    ]


def test_the_recognisers_own_doubt() -> None:
    assert reasons(Segment(0.0, 3.0, SAID, 0.9, -1.5)) == ["the recogniser itself doubts it"]
    assert reasons(Segment(0.0, 3.0, SAID, 0.9, -0.3)) == []
    assert reasons(Segment(0.0, 3.0, SAID, 0.1, -1.5)) == []


@pytest.mark.parametrize("text", ["[Music]", "(applause)", "♪ ♪", "...", "*sighs*", "[BLANK_AUDIO] [Music]", "♪ la ♪"])
def test_names_of_sounds_are_no_words(text: str) -> None:
    assert reasons(Segment(0.0, 3.0, text)) == ["a sound, no words"]


@pytest.mark.parametrize(
    "text", ["Thank you.", "Thanks for watching!", "Vielen Dank.", "Merci.", "ご視聴ありがとうございました"]
)
def test_a_well_known_tail_needs_sound_behind_it(text: str) -> None:
    tail = Segment(3.2, 6.0, text, 0.4, -0.5)
    assert reasons(Segment(0.0, 3.0, SAID), tail, spans=[(0.2, 3.1)]) != []
    assert reasons(Segment(0.0, 3.0, SAID), tail, spans=[(0.2, 3.1), (3.5, 6.0)]) == []


def test_subtitle_credits_need_more() -> None:
    text = "Untertitel der Amara.org-Community"
    assert reasons(Segment(0.0, 3.0, text), spans=[(0.5, 2.0)]) == ["an invention of recognisers"]
    assert reasons(Segment(0.0, 3.0, text), spans=None) == ["an invention of recognisers"]
    assert reasons(Segment(0.0, 3.0, "Subtitles by Anna"), spans=[(0.0, 3.0)]) == []


def test_thank_you_that_was_said_stays() -> None:
    assert reasons(Segment(0.0, 2.0, "Thank you.", 0.3, -0.4), spans=[(0.6, 1.2)]) == []
    assert reasons(Segment(0.0, 2.0, "Thank you."), spans=None) == []


def test_a_sentence_that_comes_again_and_again_stays_once() -> None:
    loop = [Segment(i, i + 1.0, "I'm going to the shop.") for i in range(8)]
    sifted = sift(transcript(*loop), [(0.0, 8.0)])
    assert sifted.transcript.text == "I'm going to the shop."
    assert {d.reason for d in sifted.dropped} == {"a loop"}


def test_echoed_hints_are_not_typed() -> None:
    hints = ("Kowalski", "Szymanski", "Kubernetes", "Grafana")
    assert reasons(
        Segment(0.0, 5.0, "Kowalski, Szymanski, Kubernetes, Grafana", 0.3, -0.3), spans=[(0.2, 1.5)], hints=hints
    ) == ["only the hints"]
    assert reasons(Segment(0.0, 2.0, "Grafana.", 0.1, -0.3), spans=[(0.4, 1.2)], hints=hints) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no, no, no, no, no", "no, no, no, no, no"),
        ("one two three one two three one two three", "one two three one two three one two three"),
        ("We met. " + "I'm so tired of it. " * 12, "We met. I'm so tired of it."),
        ("it was very very very very good", "it was very very very very good"),
        ("ha" * 60, "ha"),
        ("你好" * 30, "你好"),
    ],
)
def test_loops_are_said_once_and_what_people_repeat_stays(text: str, expected: str) -> None:
    assert unlooped(text).strip() == expected


def test_a_loop_that_varies_is_dropped_whole() -> None:
    text = " ".join(f"the man said that the man said that he saw the man {n % 2}" for n in range(12))
    assert is_loop(text)
    assert sift(transcript(Segment(0.0, 30.0, text)), [(0.0, 30.0)]).transcript.text.count("the man said") <= 2


@settings(deadline=None)
@given(st.text(alphabet="ab, ", max_size=200))
def test_unlooping_ends_and_never_adds(text: str) -> None:
    assert len(unlooped(text)) <= len(text)


@settings(deadline=None)
@given(st.lists(st.sampled_from(SAID.lower().strip(".").split()), max_size=12, unique=True), st.floats(0, 1))
def test_backed_ordinary_words_are_never_dropped(words: list[str], start: float) -> None:
    text = " ".join(words)
    seconds = max(0.3, len(text) / 15)
    segment = Segment(start, start + seconds, text, 0.1, -0.3)
    kept = sift(Transcript(text, (segment,) if words else (), "en", 20.0), [(start, start + seconds)]).transcript
    assert kept.text == text
