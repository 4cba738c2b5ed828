"""A sound file becomes text: streamed, cut at silences, recognised piece by piece. Hours long in constant memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.audio.chunks import Chunk, Chunker
from assistant.audio.files import open_sound
from assistant.audio.resample import Samples
from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput
from assistant.core.events import Progress, Segment, Transcript
from assistant.core.media import SAMPLE_RATE, Clip
from assistant.core.prompt import Options
from assistant.engine.base import Engine

Advance = Callable[[float, float], None]
"""Called with the seconds that are done and the seconds there are (0: unknown)."""


@dataclass(frozen=True)
class FileTranscript:
    """What a file says.

    Attributes:
        transcript: its segments count from the file's start; `duration` is how much sound could be read.
        problem: the file is cut off or damaged at its end: the transcript is of what could be read.
    """

    transcript: Transcript
    problem: BadInput | None = None


def transcribe_file(
    path: Path,
    engine: Engine,
    options: Options,
    *,
    emit: Callable[[Segment], None],
    advance: Advance,
    cancel: CancelToken,
) -> FileTranscript:
    """Recognises a file of any length; gives each segment to `emit` as it is recognised.

    Where nobody speaks the engine is not asked. The language is detected on the first piece with words and then kept:
    a short piece late in a file must not be taken for another language.

    Raises:
        BadInput: nothing of the file can be used.
        Cancelled: `cancel` was set.
    """
    sound = open_sound(path)
    work = _Work(engine, options, emit, cancel)
    chunker, done, problem = Chunker(), 0, None
    advance(0.0, sound.seconds)
    try:
        for block in sound.blocks():
            done += len(block)
            work.recognise(chunker, block)
            advance(done / SAMPLE_RATE, sound.seconds)
    except BadInput as error:
        if not done:
            raise
        problem = error
    work.recognise_rest(chunker)
    advance(done / SAMPLE_RATE, done / SAMPLE_RATE)
    return FileTranscript(work.transcript(done / SAMPLE_RATE), problem)


class _Work:
    """What was recognised so far."""

    def __init__(self, engine: Engine, options: Options, emit: Callable[[Segment], None], cancel: CancelToken) -> None:
        self._engine, self._options, self._emit, self._cancel = engine, options, emit, cancel
        self._texts: list[str] = []
        self._segments: list[Segment] = []
        self._language = options.language

    def recognise(self, chunker: Chunker, block: Samples) -> None:
        self._cancel.check()
        for chunk in chunker.feed(block):
            self._recognise(chunk)

    def recognise_rest(self, chunker: Chunker) -> None:
        for chunk in chunker.finish():
            self._recognise(chunk)

    def transcript(self, seconds: float) -> Transcript:
        text = " ".join(self._texts)
        return Transcript(text, tuple(self._segments), self._language, seconds)

    def _recognise(self, chunk: Chunk) -> None:
        self._cancel.check()
        options = replace(self._options, language=self._language)
        heard = self._engine.transcribe(Clip(chunk.samples), options, _ignore, self._cancel)
        if not heard.text.strip():
            return
        self._language = self._language or heard.language
        self._texts.append(heard.text.strip())
        for segment in heard.segments:
            moved = Segment(segment.start + chunk.start, segment.end + chunk.start, segment.text.strip())
            self._segments.append(moved)
            self._emit(moved)


def _ignore(_event: Progress) -> None:
    """The engine's own events count from the piece's start; the moved segments are given once it is done."""
