"""Segments of speech as subtitles: SRT and WebVTT (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Iterator

from assistant.core.events import Segment

LINE_CHARACTERS = 42
CUE_LINES = 2
CUE_SECONDS = 7.0
"""A cue that a viewer can read: two lines of 42 characters, seven seconds (the BBC's and Netflix's guides agree)."""
SHORTEST_SECONDS = 0.1


def srt(segments: Iterable[Segment]) -> str:
    """SubRip; empty when nothing was said."""
    blocks = [
        f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{_lines(cue.text)}\n"
        for number, cue in enumerate(cues(segments), start=1)
    ]
    return "\n".join(blocks)


def vtt(segments: Iterable[Segment]) -> str:
    """WebVTT; only its header when nothing was said."""
    blocks = [
        f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{html.escape(_lines(cue.text), quote=False)}\n"
        for cue in cues(segments)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def cues(segments: Iterable[Segment]) -> Iterator[Segment]:
    """Segments cut to cues that can be read, in order and never overlapping; time goes by the characters."""
    reached = 0.0
    for segment in segments:
        start = max(segment.start, reached)
        end = max(segment.end, start + SHORTEST_SECONDS)
        for part, share in _shares(_parts(segment.text, end - start)):
            reached = start + (end - start) * share
            yield Segment(start, reached, part)
            start = reached


def _shares(parts: list[str]) -> Iterator[tuple[str, float]]:
    """Each part with its share of what is left of the time; the last one's is 1."""
    left = sum(len(part) for part in parts)
    for part in parts:
        yield part, len(part) / left
        left -= len(part)


def _parts(text: str, seconds: float) -> list[str]:
    """The text in even parts, cut between words, each short enough in characters and in seconds."""
    text = " ".join(text.split())
    if not text:
        return []
    wanted = max(_ceil(len(text) / (CUE_LINES * LINE_CHARACTERS)), _ceil(seconds / CUE_SECONDS), 1)
    for count in range(wanted, len(text) + 1):
        parts = textwrap.wrap(text, _ceil(len(text) / count), break_long_words=True)
        if all(len(textwrap.wrap(part, LINE_CHARACTERS)) <= CUE_LINES for part in parts):
            return parts
    return list(text)


def _lines(text: str) -> str:
    return "\n".join(textwrap.wrap(text, LINE_CHARACTERS))


def _time(seconds: float, point: str) -> str:
    """Hours, minutes, seconds and milliseconds: 01:02:03,004."""
    total = round(seconds * 1000)
    hours, minutes = divmod(total // 60_000, 60)
    return f"{hours:02}:{minutes:02}:{total // 1000 % 60:02}{point}{total % 1000:03}"


def _ceil(value: float) -> int:
    return int(-(-value // 1))
