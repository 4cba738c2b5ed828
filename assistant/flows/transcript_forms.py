"""A file's transcript as the text of an output file: plain paragraphs, subtitles, or JSON."""

from __future__ import annotations

import json
from typing import Any, Literal

from assistant.flows import subtitles
from assistant.flows.paragraphs import paragraphs
from assistant.flows.transcribe import FileTranscript

Form = Literal["txt", "srt", "vtt", "json"]
FORMS: tuple[Form, ...] = ("txt", "srt", "vtt", "json")


def written(result: FileTranscript, form: Form, engine: str) -> str:
    """The whole text of a file in that form, with a line break at its end (empty where nothing is to be written)."""
    segments = result.transcript.segments
    if form == "srt":
        return subtitles.srt(segments)
    if form == "vtt":
        return subtitles.vtt(segments)
    if form == "json":
        return json.dumps(as_json(result, engine), ensure_ascii=False, indent=1) + "\n"
    return "\n".join(paragraph.text + "\n" for paragraph in paragraphs(segments))


def as_json(result: FileTranscript, engine: str) -> dict[str, Any]:
    """Text, segments with their seconds, language, duration, the engine's name; `error` where the file is damaged."""
    transcript = result.transcript
    found: dict[str, Any] = {
        "text": transcript.text,
        "segments": [{"start": round(s.start, 3), "end": round(s.end, 3), "text": s.text} for s in transcript.segments],
        "language": transcript.language,
        "duration": round(transcript.duration, 3),
        "engine": engine,
    }
    return found if result.problem is None else {**found, "error": str(result.problem)}
