"""Segments of speech as subtitle files: SubRip and WebVTT (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

import html
from collections.abc import Iterable

from assistant.core.events import Segment
from assistant.flows.subtitle_cues import cues


def srt(segments: Iterable[Segment]) -> str:
    """SubRip; empty when nothing was said."""
    blocks = [
        f"{number}\n{_time(cue.start, ',')} --> {_time(cue.end, ',')}\n{cue.text}\n"
        for number, cue in enumerate(cues(segments), start=1)
    ]
    return "\n".join(blocks)


def vtt(segments: Iterable[Segment]) -> str:
    """WebVTT; only its header when nothing was said."""
    blocks = [
        f"{_time(cue.start, '.')} --> {_time(cue.end, '.')}\n{html.escape(cue.text, quote=False)}\n"
        for cue in cues(segments)
    ]
    return "\n".join(["WEBVTT\n", *blocks])


def _time(seconds: float, point: str) -> str:
    """Hours, minutes, seconds and milliseconds: 01:02:03,004."""
    total = round(seconds * 1000)
    hours, minutes = divmod(total // 60_000, 60)
    return f"{hours:02}:{minutes:02}:{total // 1000 % 60:02}{point}{total % 1000:03}"
