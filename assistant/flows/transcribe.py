"""A sound or video file becomes text: streamed, cut at silences, recognised piece by piece. Hours long in constant
memory, and stoppable between any two pieces.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from assistant.audio.chunks import Chunk, Chunker
from assistant.audio.files import SoundFile, open_sound
from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput
from assistant.core.events import Progress, Segment, Transcript
from assistant.core.media import SAMPLE_RATE, Clip
from assistant.core.prompt import Options
from assistant.dictation import gate
from assistant.engine.base import Engine

Advance = Callable[[float, float], None]
"""Called with the seconds that are done and the seconds there are (0: unknown)."""


_STEP_SECONDS = 10
"""Of sound without speech that are looked through at once."""


@dataclass(frozen=True)
class FileTranscript:
    """What a file says.

    Attributes:
        transcript: its segments count from the file's start; `duration` is how much sound could be read.
        problem: the file is cut off or damaged at its end: the transcript is of what could be read.
        notice: what of the file was left aside, in words; empty when nothing was.
    """

    transcript: Transcript
    problem: BadInput | None = None
    notice: str = ""


class Pieces(Protocol):
    """What was recognised of the file before; see `transcribe_pieces`."""

    def find(self, start: float, seconds: float) -> Transcript | None: ...

    def keep(self, start: float, seconds: float, heard: Transcript) -> None: ...


def transcribe_file(
    path: Path,
    engine: Engine,
    options: Options,
    *,
    emit: Callable[[Segment], None],
    advance: Advance,
    cancel: CancelToken,
    pieces: Pieces | None = None,
) -> FileTranscript:
    """Recognises a file of any length; gives each segment to `emit` as it is recognised.

    Where nobody speaks the engine is not asked. The language is detected on the first piece with words and then kept:
    a short piece late in a file must not be taken for another language.

    Args:
        pieces: those that it has are not recognised again.

    Raises:
        BadInput: nothing of the file can be used.
        Cancelled: `cancel` was set.
    """
    work = FileWork(open_sound(path), lambda: engine, options, emit=emit, advance=advance, cancel=cancel, pieces=pieces)
    for _ in work.steps():
        pass
    return work.result()


class FileWork:
    """The same in steps, so that whoever owns the engine's thread can do something else in between.

    Args:
        engine: asked anew for each piece: it may be exchanged meanwhile.
    """

    def __init__(
        self,
        sound: SoundFile,
        engine: Callable[[], Engine],
        options: Options,
        *,
        emit: Callable[[Segment], None],
        advance: Advance,
        cancel: CancelToken,
        pieces: Pieces | None = None,
    ) -> None:
        self._sound, self._engine, self._options = sound, engine, options
        self._emit, self._advance, self._cancel, self._pieces = emit, advance, cancel, pieces
        self._samples = 0
        self._problem: BadInput | None = None
        self._texts: list[str] = []
        self._segments: list[Segment] = []
        self._language = options.language

    def steps(self) -> Iterator[None]:
        """Each recognises at most one piece (30 s of speech), or looks for speech in ten seconds.

        Raises: as `transcribe_file` does.
        """
        chunker = Chunker()
        self._advance(0.0, self._sound.seconds)
        try:
            for block in self._sound.blocks():
                self._cancel.check()
                self._samples += len(block)
                for chunk in chunker.feed(block):
                    self._recognise(chunk)
                    yield
                if self._samples % (_STEP_SECONDS * SAMPLE_RATE) == 0:
                    yield
                self._advance(self._seconds, self._sound.seconds)
        except BadInput as error:
            if not self._samples:
                raise
            self._problem = error
        for chunk in chunker.finish():
            self._recognise(chunk)
            yield
        self._advance(self._seconds, self._seconds)

    def result(self) -> FileTranscript:
        """What was recognised until now."""
        transcript = Transcript(" ".join(self._texts), tuple(self._segments), self._language, self._seconds)
        return FileTranscript(transcript, self._problem, _left_aside(self._sound))

    @property
    def _seconds(self) -> float:
        return self._samples / SAMPLE_RATE

    def _recognise(self, chunk: Chunk) -> None:
        self._cancel.check()
        heard = self._heard(chunk)
        if not heard.text.strip():
            return
        self._language = self._language or heard.language
        self._texts.append(heard.text.strip())
        for segment in heard.segments or (Segment(0.0, chunk.seconds, heard.text),):
            moved = Segment(segment.start + chunk.start, segment.end + chunk.start, segment.text.strip())
            self._segments.append(moved)
            self._emit(moved)

    def _heard(self, chunk: Chunk) -> Transcript:
        """What is said in a piece, without what a recogniser writes where nobody speaks."""
        if self._pieces is not None and (before := self._pieces.find(chunk.start, chunk.seconds)) is not None:
            return before
        options = replace(self._options, language=self._language)
        heard = self._engine().transcribe(Clip(chunk.samples), options, _ignore, self._cancel)
        # Only what is known for an invention or a loop goes. The voice detector chose the piece already, and its finer
        # judgement may be wrong where people speak over music.
        heard = gate.sift(heard, None, options.hints).transcript
        if self._pieces is not None:
            self._pieces.keep(chunk.start, chunk.seconds, heard)
        return heard


def _left_aside(sound: SoundFile) -> str:
    if sound.tracks < 2:
        return ""
    return f"{sound.path.name} has {sound.tracks} sound tracks: the first one is transcribed."


def _ignore(_event: Progress) -> None:
    """The engine's own events count from the piece's start; the moved segments are given once it is done."""
