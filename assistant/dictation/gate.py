"""Nothing from nothing: what a recogniser wrote where nobody spoke is dropped before it is typed.

Recognisers that learned from subtitles invent text for silence, noise and music, most often at a clip's end. What
holds against a segment, in this order: it names a sound; it is a loop; the recogniser doubts it itself; nobody speaks
there (the voice detector); it is more text than can be said in the speech that is there; it is a well-known invention
with little sound behind it; it only repeats the hints.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from itertools import groupby

from assistant.core.events import Segment, Transcript
from assistant.dictation.loops import is_loop, unlooped

Span = tuple[float, float]
"""Where speech is, in seconds from the clip's start."""
_Judged = tuple[Segment, str]
"""A segment, and why it must go; "" when it stays."""

# Whisper's own thresholds (Radford et al. 2022, section 4.5).
NO_SPEECH = 0.6
LOW_PROBABILITY = -1.0

_SHORTEST_SPEECH = 0.1
"""Seconds; the voice detector takes shorter sounds for clicks."""
_SLACK = 0.5
"""Seconds by which a recogniser's times are off."""
_FASTEST, _FASTEST_DENSE = 30.0, 12.0
"""Characters a second that nobody reaches: fast speech has 7 syllables a second, about 20 letters, or 7 of the
characters that stand for syllables (Chinese, Japanese, Korean)."""
_BACKED = 0.5
"""The share of a well-known invention's usual length that must be speech."""
_ECHO = 0.75
"""The same for words that all stand among the hints."""
_USUAL, _USUAL_DENSE = 15.0, 5.0
"""Characters a second of unhurried speech."""
_DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_RUN = 4
_SOUND_NAME = re.compile(r"\s*(?:[\[(*♪♫][^\])*]*[\])*♪♫.]*\s*)+")


@dataclass(frozen=True)
class Dropped:
    """A text that is not typed, and why, in plain words."""

    text: str
    reason: str


@dataclass(frozen=True)
class Sifted:
    """What was said, and what was only written.

    Attributes:
        transcript: without the dropped segments; its text is "" where nothing was said.
    """

    transcript: Transcript
    dropped: tuple[Dropped, ...] = ()


def sift(transcript: Transcript, spans: Sequence[Span] | None = None, hints: Sequence[str] = ()) -> Sifted:
    """Drops what nobody said.

    Args:
        transcript: of one clip; where it has no segments its text counts as one over the whole clip.
        spans: where the voice detector hears speech in that clip; None when it was not asked.
        hints: what the recogniser was told to expect.
    """
    judged = [_judged(segment, spans, hints) for segment in transcript.segments or _whole(transcript)]
    judged = _without_runs(judged)
    kept = tuple(segment for segment, reason in judged if not reason)
    dropped = tuple(Dropped(segment.text, reason) for segment, reason in judged if reason)
    text = " ".join(segment.text.strip() for segment in kept)
    language = transcript.language if kept else ""
    return Sifted(replace(transcript, text=text, segments=kept, language=language), dropped)


def _whole(transcript: Transcript) -> tuple[Segment, ...]:
    return (Segment(0.0, transcript.duration, transcript.text),) if transcript.text.strip() else ()


def _judged(segment: Segment, spans: Sequence[Span] | None, hints: Sequence[str]) -> _Judged:
    """The segment without loops, and why it must go."""
    if not any(map(str.isalnum, segment.text)) or _SOUND_NAME.fullmatch(segment.text):
        return segment, "a sound, no words"
    segment = replace(segment, text=unlooped(segment.text))
    if is_loop(segment.text):
        return segment, "a loop"
    if _is_doubted(segment):
        return segment, "the recogniser itself doubts it"
    if spans is None:
        return segment, "an invention of recognisers" if _is_invented(segment, None) else ""
    return _judged_by_sound(segment, spans, hints)


def _judged_by_sound(segment: Segment, spans: Sequence[Span], hints: Sequence[str]) -> _Judged:
    near = _speech(segment.start - _SLACK, segment.end + _SLACK, spans)
    if near < _SHORTEST_SPEECH:
        return segment, "nobody speaks there"
    if near < _seconds(segment.text, _FASTEST, _FASTEST_DENSE):
        return segment, "more words than the speech is long"
    within = _speech(segment.start, segment.end, spans)
    if _is_invented(segment, within):
        return segment, "an invention of recognisers"
    if (
        len(hints) > 1
        and _echoes(segment.text, hints)
        and within < _ECHO * _seconds(segment.text, _USUAL, _USUAL_DENSE)
    ):
        return segment, "only the hints"
    return segment, ""


def _is_doubted(segment: Segment) -> bool:
    """Whisper's own rule; where an engine gives no numbers there is no doubt."""
    if segment.no_speech_prob is None or segment.avg_logprob is None:
        return False
    return segment.no_speech_prob > NO_SPEECH and segment.avg_logprob < LOW_PROBABILITY


def _is_invented(segment: Segment, speech: float | None) -> bool:
    """Whether this is a well-known invention that too little speaks for.

    Args:
        speech: seconds of it within the segment; None when unknown, where the recogniser's own numbers decide.
    """
    plain = _plain(segment.text)
    courtesies, credit_lines = _known()
    is_credit = plain.startswith(credit_lines)
    if plain not in courtesies and not is_credit:
        return False
    unsure = (segment.no_speech_prob or 0.0) > NO_SPEECH or (segment.avg_logprob or 0.0) < LOW_PROBABILITY
    if speech is None:
        return unsure or is_credit
    share = 1.0 if is_credit else _BACKED
    return unsure or speech < share * _seconds(segment.text, _USUAL, _USUAL_DENSE)


def _echoes(text: str, hints: Sequence[str]) -> bool:
    """Whether every word is one of the hints'."""
    known = {word for hint in hints for word in _plain(hint).split()}
    return all(word in known for word in _plain(text).replace(",", " ").split())


def _without_runs(judged: Sequence[_Judged]) -> list[_Judged]:
    """Of a sentence of several words that comes four times in a row or more, only the first one stays."""
    result: list[_Judged] = []
    for words, group in groupby(judged, key=lambda one: _plain(one[0].text)):
        run = list(group)
        if len(run) >= _RUN and len(words.split()) > 1:
            run[1:] = [(segment, reason or "a loop") for segment, reason in run[1:]]
        result += run
    return result


def _speech(start: float, end: float, spans: Sequence[Span]) -> float:
    """Seconds of speech between two times."""
    return sum(max(0.0, min(end, b) - max(start, a)) for a, b in spans)


def _seconds(text: str, pace: float, dense_pace: float) -> float:
    """How long the text takes at so many characters a second."""
    letters = [c for c in text if c.isalnum()]
    dense = sum(1 for c in letters if _DENSE.match(c))
    return (len(letters) - dense) / pace + dense / dense_pace


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("’", "'").split()).strip(" .,!?…。！？-–\"'")


@cache
def _known() -> tuple[frozenset[str], tuple[str, ...]]:
    text = (resources.files(__package__) / "hallucinations.toml").read_text("utf-8")
    values: dict[str, list[str]] = tomllib.loads(text)
    return frozenset(values["courtesies"]), tuple(values["credits"])
