"""The light engine: Whisper hears, OCR reads the screen, a small language model answers. For a machine without GPU.

The parts run one after the other in one thread, each with all the threads that were chosen: at once they would only
slow each other down.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput, EngineOutOfMemory
from assistant.core.events import Completion, Delta, Heard, Notice, Partial, ScreenRead, Stage, Transcript, Usage
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt, Task
from assistant.engine.base import Capabilities, Emit, Report
from assistant.engine.light import catalogue
from assistant.engine.light import prompt as template
from assistant.engine.light import threads as cores
from assistant.engine.light.known_part import KnownPart, known_part
from assistant.engine.light.language_model import Answer
from assistant.engine.light.missing import missing
from assistant.engine.light.parts import Parts

SCREEN_CHARACTERS = 3000
"""The most characters of screen text in a prompt, unless told otherwise."""

_MOST_READ = 16_000
"""Characters of a screen's text that is read for its words alone."""

_SLICE_SECONDS = 1.5
_SHORTEST_ANSWER = 64


class LightEngine:
    """Whisper, OCR and a language model as one engine.

    Args:
        models: the folder of model files.
        speech, language_model: names of folders in it.
        threads: of the CPU; 0 chooses by cores and load.
        language: of the speech, where a request names none; "" detects it.
        screen_characters: of screen text, where a request names none; 0 takes `SCREEN_CHARACTERS`.
    """

    def __init__(
        self,
        models: Path,
        *,
        speech: str = "whisper-base",
        language_model: str = "qwen2.5-coder-1.5b",
        threads: int = 0,
        language: str = "",
        screen_characters: int = 0,
    ) -> None:
        self._models = models
        self._names = speech, language_model
        self._threads = threads
        self._language = language
        self._characters = screen_characters or SCREEN_CHARACTERS
        self._loaded: Parts | None = None

    @property
    def capabilities(self) -> Capabilities:
        return catalogue.capabilities(*self._names)

    def load(self, report: Report, cancel: CancelToken) -> None:
        """Loads the three parts.

        Raises:
            ModelMissing, ModelBroken, EngineOutOfMemory, Cancelled: nothing stays loaded then.
        """
        parts = self._made()
        if not parts.ready:
            with _memory_errors():
                parts.load(report, cancel)

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        """One slice: reads the pictures, or recognises new speech and prefills for the rest of the slice."""
        parts = self._parts(cancel)
        started = time.perf_counter()
        with _memory_errors():
            known = self._known(parts, prompt, self._characters, cancel)
            if prompt.clip is not None and parts.listening.is_due(prompt.clip, self._language):
                emit(Partial(parts.listening.hear(prompt.clip, self._language, cancel).text))
            left = _SLICE_SECONDS - (time.perf_counter() - started)
            parts.model.prefill(known.tokens, cancel, max(0.0, left))

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        """Answers. Where there is no question (nothing typed, nothing said) the answer is empty.

        Raises:
            BadInput: the question is too long for the model.
        """
        started = time.perf_counter()
        parts = self._parts(cancel)
        with _memory_errors():
            transcript = self._hear(parts, prompt, options, emit, cancel)
            heard = time.perf_counter()
            question = "\n\n".join(part for part in (transcript, prompt.text.strip()) if part)
            if not question:
                return Completion("", timings=_timings(started, heard, heard, 0.0, 0.0))
            known = self._read(parts, prompt, options, emit, cancel)
            read = time.perf_counter()
            emit(Stage("thinking"))
            answer, first = self._answer(parts, prompt, known, question, options, emit, cancel)
        tokens = Usage(answer.prompt_tokens, answer.tokens, answer.cached)
        timings = _timings(started, heard, read, answer.prefill_seconds, first - started)
        return Completion(answer.text, transcript, known.screen_text, tokens, timings, known.notices)

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        """Recognises with the speech model alone: the language model is neither loaded nor needed for that."""
        cancel.check()
        language = options.language or self._language
        with _memory_errors():
            return self._made().recogniser.recognise(clip, language, cancel, emit, options.hints)

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        """Reads with the OCR networks alone; a stop need not wait until those are loaded."""
        cancel.check()
        with _memory_errors():
            reader = self._made().reader
            reader.load_beside(cancel)
            return reader.read(picture, cancel, characters=_MOST_READ).text

    def unload(self) -> None:
        if self._loaded is not None:
            self._loaded.unload()
        self._loaded = None

    def forget(self) -> None:
        """Drops all that was heard, read and prefilled, but for the instructions."""
        if self._loaded is not None:
            self._loaded.forget()

    def _parts(self, cancel: CancelToken) -> Parts:
        cancel.check()
        self.load(lambda _what, _share: None, cancel)
        return self._made()

    def _made(self) -> Parts:
        """The parts, none of which need be loaded yet."""
        if self._loaded is None:
            # Under load, threads that spin while they wait starve those they wait for: with every core busy, two
            # sleeping threads answered at 20 tokens/s and two spinning ones at 4. Read when the library loads.
            os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
            self._loaded = Parts(self._models, *self._names, cores.choose(self._threads))
        return self._loaded

    def _hear(self, parts: Parts, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> str:
        if prompt.clip is None:
            return ""
        emit(Stage("transcribing"))
        transcript = parts.recogniser.recognise(prompt.clip, options.language or self._language, cancel)
        emit(Heard(transcript.text, transcript.language))
        return transcript.text

    def _read(self, parts: Parts, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> KnownPart:
        if prompt.pictures:
            emit(Stage("reading the screen"))
        known = self._known(parts, prompt, options.screen_characters or self._characters, cancel)
        if prompt.pictures:
            emit(ScreenRead(known.screen_text))
        for notice in known.notices:
            emit(Notice(notice))
        return known

    def _known(self, parts: Parts, prompt: Prompt, characters: int, cancel: CancelToken) -> KnownPart:
        return known_part(prompt, characters, catalogue.CONTEXT_TOKENS, parts.model, parts.reader, cancel)

    def _answer(
        self,
        parts: Parts,
        prompt: Prompt,
        known: KnownPart,
        question: str,
        options: Options,
        emit: Emit,
        cancel: CancelToken,
    ) -> tuple[Answer, float]:
        """The answer, and when its first piece left (perf_counter)."""
        tokens = known.tokens + parts.model.tokens(template.question(question, _missing(prompt, known, question)))
        _refuse_if_too_long(len(tokens))
        first = 0.0

        def on_text(text: str) -> None:
            nonlocal first
            first = first or time.perf_counter()
            emit(Delta(text))

        temperature = 0.0 if prompt.task is Task.SCREEN else options.temperature
        answer = parts.model.answer(
            tokens,
            known=len(known.tokens),
            temperature=temperature,
            max_tokens=options.max_tokens,
            on_text=on_text,
            cancel=cancel,
        )
        return answer, first or time.perf_counter()


def _missing(prompt: Prompt, known: KnownPart, question: str) -> list[str]:
    """What of the question stands nowhere; nothing where the budget left text out, which may hold it."""
    if not prompt.pictures or known.notices:
        return []
    past = (part for turn in prompt.history for part in (turn.text, turn.screen_text))
    return missing(question, "\n".join([known.screen_text, *past]))


def _refuse_if_too_long(tokens: int) -> None:
    if tokens > catalogue.CONTEXT_TOKENS - _SHORTEST_ANSWER:
        raise BadInput(
            "The question is too long for the light engine's language model.",
            kept="It is kept.",
            action="Shorten it, or ask it in a new conversation.",
        )


def _timings(started: float, heard: float, read: float, prefill: float, first_token: float) -> dict[str, float]:
    """Seconds by stage, from times of `perf_counter`."""
    return {
        "speech": heard - started,
        "screen": read - heard,
        "prefill": prefill,
        "first_token": first_token,
        "total": time.perf_counter() - started,
    }


@contextmanager
def _memory_errors() -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise EngineOutOfMemory(
            "The light engine ran out of memory.",
            kept="Your question is kept.",
            action="Close other programs, or choose a smaller language model in the settings.",
        ) from error
