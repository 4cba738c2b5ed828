"""Recognising a dictation while it is spoken: closed pieces at once, the open one now and then for the live text.

When the speaker stops, only the last piece is left to do. The screen is read in between (`dictation_screen`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from assistant.audio.chunks import FILES, Chunk, Chunker
from assistant.audio.resample import Samples
from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import HearsightError
from assistant.core.events import Progress
from assistant.core.media import SAMPLE_RATE, Clip
from assistant.core.prompt import Options
from assistant.dictation import gate, spelling
from assistant.dictation.agreement import Agreed, LocalAgreement
from assistant.engine.base import Engine
from assistant.flows import dictation_joint
from assistant.flows.dictation_screen import ScreenWords
from assistant.flows.dictation_speech import LiveSpeech

_WAIT = 0.1
_NEW_SECONDS = 1.0
"""Of new speech before the open piece is heard again for the live text."""
_REST = 2.0
"""Times as long as a pass took, the next one waits: the engine is free for most of the time when the key comes up."""
_READING = 1.5
"""Seconds of sound after which reading the screen makes way for a pass."""
_PAUSE = 0.4
"""Seconds without speech that are a pause: above what recognisers keep around a word, so that what is said next can't
change the piece before it."""


@dataclass(frozen=True)
class Live:
    """What is understood so far: `confirmed` never changes again, `unconfirmed` may."""

    confirmed: str
    unconfirmed: str


@dataclass(frozen=True)
class Spoken:
    """A whole dictation as it was recognised.

    Attributes:
        text: before any rule.
        language: ISO 639-1; "" where nothing was said.
        seconds: of sound.
        pieces: how many it was recognised in.
        work: seconds that recognising took in all, and after the speech was over.
        tail: of those, after the speech was over.
        terms: names and terms that stood on the screen, as far as they were read in time.
        error: why the end is missing; the recording is whole all the same.
    """

    text: str
    language: str = ""
    seconds: float = 0.0
    pieces: int = 0
    work: float = 0.0
    tail: float = 0.0
    error: HearsightError | None = None
    terms: tuple[str, ...] = ()


class Follower:
    """Follows one dictation on the thread that owns the engine.

    Args:
        options: how to recognise; without a language the one of the first words is kept.
        emit: gets each `Live`.
        cancel: ends it with what was recognised until then.
        screen: whose names bias the recogniser, once they are read and the language is known.
    """

    def __init__(
        self,
        engine: Engine,
        options: Options,
        emit: Callable[[Live], None],
        cancel: CancelToken,
        screen: ScreenWords | None = None,
    ) -> None:
        self._engine, self._options = engine, options
        self._emit, self._cancel = emit, cancel
        self._screen = screen or ScreenWords()
        self._terms: tuple[str, ...] = ()
        self._agreement, self._whole = LocalAgreement(), LocalAgreement()
        self._text = self._held = ""
        self._pieces = 0
        self._work = self._rest_until = 0.0
        self._looked_at = (-1.0, 0.0)

    def run(self, speech: LiveSpeech) -> Spoken:
        """Works until the speech is over and recognised; everything that goes wrong is in what it returns."""
        over_at = _Clock(speech.over)
        error: HearsightError | None = None
        try:
            while not speech.finished:
                self._read_screen(speech)
                chunk = speech.next(_WAIT)
                self._cancel.check()
                if chunk is not None:
                    self._close(chunk)
                else:
                    self._look_ahead(speech)
        except Cancelled:
            pass
        except HearsightError as problem:
            error = problem
        self._take_held()
        tail = over_at.seconds_since()
        self._screen.drop()
        return Spoken(
            self._text, self._options.language, speech.seconds, self._pieces, self._work, tail, error, self._terms
        )

    def run_recorded(self, blocks: Iterable[Samples]) -> Spoken:
        """The same for a recording that is complete; of any length in constant memory.

        Raises:
            HearsightError: it can't be read or recognised.
            Cancelled: the token was set.
        """
        chunker, samples = Chunker(FILES), 0
        for block in blocks:
            self._cancel.check()
            samples += len(block)
            for chunk in chunker.feed(block):
                self._close(chunk)
        for chunk in chunker.finish():
            self._close(chunk)
        seconds = samples / SAMPLE_RATE
        return Spoken(self._text, self._options.language, seconds, self._pieces, self._work, self._work)

    def _close(self, chunk: Chunk) -> None:
        """Recognises a whole piece. A part that the piece before has as well counts once."""
        text = self._heard(chunk)
        text, self._held = dictation_joint.joined(self._held, text) if self._held else text, ""
        if chunk.forced:
            text, self._held = dictation_joint.split(text)
        self._add(text)
        self._looked_at = (-1.0, 0.0)

    def _add(self, text: str) -> None:
        if text:
            self._text = self._whole.commit(text).confirmed
        self._show(self._agreement.commit(text))

    def _take_held(self) -> None:
        held, self._held = self._held, ""
        if held:
            self._add(held)

    def _read_screen(self, speech: LiveSpeech) -> None:
        """Reads until there may be something to recognise; the rest next time."""
        if not self._screen.waits:
            return
        stop = speech.spare_time(_PAUSE, _READING)
        forget = self._cancel.on_set(stop.set)
        try:
            self._screen.read(self._engine, stop)
        finally:
            forget()
        self._learn_terms()

    def _learn_terms(self) -> None:
        if self._terms or not self._options.language:
            return
        self._terms = self._screen.terms(self._options.language)
        if self._terms:
            hints = spelling.hints((), (*self._options.hints, *self._terms))
            self._options = replace(self._options, hints=hints)

    def _look_ahead(self, speech: LiveSpeech) -> None:
        """A pass over what is being said now, when there is something new; given up once the speech is over."""
        chunk = speech.open_piece()
        if chunk is None or not self._is_due(chunk, speech.silence):
            return
        self._looked_at = (chunk.start, chunk.seconds)
        began = time.monotonic()
        given_up = CancelToken()
        forget = [token.on_set(given_up.set) for token in (speech.over, self._cancel)]
        try:
            text = self._recognise(chunk, given_up)
            self._show(self._agreement.update(dictation_joint.joined(self._held, text) if self._held else text))
        except Cancelled:
            self._cancel.check()
        except HearsightError:
            # The piece is tried again when it is closed, and what is wrong is said then.
            pass
        finally:
            for each in forget:
                each()
            took = time.monotonic() - began
            self._rest_until = time.monotonic() + _REST * took

    def _is_due(self, chunk: Chunk, silence: float) -> bool:
        """At each pause at once: if the key comes up in it, that pass was the last one needed."""
        start, seconds = self._looked_at
        new = chunk.seconds - silence - (seconds if chunk.start == start else 0.0)
        if silence >= _PAUSE:
            return new > 0
        return new >= _NEW_SECONDS and time.monotonic() >= self._rest_until

    def _heard(self, chunk: Chunk) -> str:
        try:
            return self._recognise(chunk, self._cancel)
        except HearsightError:
            # An engine whose process died has a new one at the next call.
            return self._recognise(chunk, self._cancel)

    def _recognise(self, chunk: Chunk, cancel: CancelToken) -> str:
        began = time.monotonic()
        try:
            heard = self._engine.transcribe(Clip(chunk.samples), self._options, _ignore, cancel)
        finally:
            self._work += time.monotonic() - began
        text = gate.sift(heard, chunk.speech, self._options.hints).transcript.text.strip()
        if text and heard.language and not self._options.language:
            # A short piece late in a dictation must not be taken for another language.
            self._options = replace(self._options, language=heard.language)
            self._learn_terms()
        self._pieces += 1
        return text

    def _show(self, agreed: Agreed) -> None:
        self._emit(Live(agreed.confirmed, agreed.unconfirmed))


class _Clock:
    """How long ago a token was set."""

    def __init__(self, token: CancelToken) -> None:
        self._at = 0.0
        self._forget = token.on_set(self._note)

    def seconds_since(self) -> float:
        self._forget()
        return time.monotonic() - self._at if self._at else 0.0

    def _note(self) -> None:
        self._at = time.monotonic()


def _ignore(_event: Progress) -> None:
    """A piece's own events are not of use: what counts is shown by `Live`."""
