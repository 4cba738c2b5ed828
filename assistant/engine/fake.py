"""An engine without a model: the same input gives the same answer. For tests, benches and work on the window.

It is shipped and real (streams, stops, warms, recognises "speech"), and it is never chosen by itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from assistant.core.cancel import CancelToken
from assistant.core.events import Completion, Delta, Heard, Partial, ScreenRead, Segment, Stage, Transcript, Usage
from assistant.core.media import SAMPLE_RATE, Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Capabilities, Emit, Report

_TOKEN_CHARACTERS = 4
_FRAME = SAMPLE_RATE // 50
_SPEECH_LEVEL = 0.01
_SPEECH_FRAMES = 5

CAPABILITIES = Capabilities(
    name="fake", model="Fake engine (no model)", images="sees", audio=True, languages=("en",), context_tokens=1_000_000
)


class FakeEngine:
    """Echoes what it was given, as markdown.

    Args:
        tokens_per_second: how fast it answers, a token being four characters; 0 answers without waiting.
        script: the answer's text instead of the echo.
        characters: repeats or cuts the answer to this length; 0 leaves it.
    """

    def __init__(self, tokens_per_second: float = 200.0, script: str = "", characters: int = 0) -> None:
        self._rate = tokens_per_second
        self._script = script
        self._characters = characters
        self._loaded = False

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def load(self, report: Report, cancel: CancelToken) -> None:
        cancel.check()
        if not self._loaded:
            report("fake engine", 1.0)
        self._loaded = True

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        cancel.check()
        if prompt.clip is not None and (heard := _hear(prompt.clip)):
            emit(Partial(heard))

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        """Answers with the echo or the script. Without a question (no text, and a clip that holds no speech) the
        answer is empty."""
        started = time.perf_counter()
        self.load(lambda _what, _share: None, cancel)
        transcript = self._listen(prompt, emit)
        screen_text = _screen_text(prompt.pictures)
        if screen_text:
            emit(ScreenRead(screen_text))
        question = " ".join(part for part in (transcript, prompt.text.strip()) if part)
        if not question:
            return Completion("", screen_text=screen_text, timings=_timings(started, 0.0))
        emit(Stage("thinking"))
        answer = self._answer(prompt, question)[: options.max_tokens * _TOKEN_CHARACTERS]
        first = self._stream(answer, emit, cancel) - started
        usage = Usage(prompt_tokens=_tokens(question + screen_text), completion_tokens=_tokens(answer))
        return Completion(answer, transcript, screen_text, usage, _timings(started, first))

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:  # noqa: ARG002 - nothing to choose
        """One fixed segment over the whole clip where it is loud enough for speech; none in silence."""
        cancel.check()
        heard = _hear(clip)
        segments = (Segment(0.0, clip.seconds, heard),) if heard else ()
        for segment in segments:
            emit(segment)
        return Transcript(heard, segments, "en" if heard else "", clip.seconds)

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        """The picture's name, size and windows."""
        cancel.check()
        return _screen_text((picture,))

    def unload(self) -> None:
        self._loaded = False

    def _listen(self, prompt: Prompt, emit: Emit) -> str:
        if prompt.clip is None:
            return ""
        emit(Stage("transcribing"))
        heard = _hear(prompt.clip)
        emit(Heard(heard, "en" if heard else ""))
        return heard

    def _answer(self, prompt: Prompt, question: str) -> str:
        text = self._script or _echo(prompt, question)
        return _fit(text, self._characters) if self._characters else text

    def _stream(self, answer: str, emit: Emit, cancel: CancelToken) -> float:
        """Emits the answer token by token on an even clock; returns when the first one left (perf_counter)."""
        started = first = time.perf_counter()
        for number, token in enumerate(_split(answer), start=1):
            if self._rate:
                cancel.wait(started + number / self._rate - time.perf_counter())
            cancel.check()
            emit(Delta(token))
            if number == 1:
                first = time.perf_counter()
        return first


def _hear(clip: Clip) -> str:
    """What "was said": says only how long, where a tenth of a second is as loud as speech."""
    whole = len(clip.samples) // _FRAME * _FRAME
    frames = clip.samples[:whole].reshape(-1, _FRAME)
    loud = int(np.count_nonzero(np.sqrt(np.mean(frames**2, axis=1)) > _SPEECH_LEVEL)) if len(frames) else 0
    return f"I spoke for {clip.seconds:.1f} seconds." if loud >= _SPEECH_FRAMES else ""


def _screen_text(pictures: tuple[Picture, ...]) -> str:
    """One line for each picture: its name, size and windows."""
    return "\n".join(
        f"{picture.name or 'Picture'} ({picture.width} × {picture.height}): "
        + (", ".join(window.title for window in picture.windows) or "no windows known")
        for picture in pictures
    )


def _echo(prompt: Prompt, question: str) -> str:
    lines = [f"You asked: **{question}**", "", "I was given:", "", f"- {len(prompt.history)} earlier messages"]
    lines += [f"- {line}" for line in _screen_text(prompt.pictures).splitlines()]
    if prompt.clip is not None:
        lines.append(f"- {prompt.clip.seconds:.1f} s of sound")
    lines += ["", "```python", "answer = 6 * 7", "```", "", "This engine holds no model: it only repeats."]
    return "\n".join(lines)


def _fit(text: str, characters: int) -> str:
    block = text.rstrip() + "\n\n"
    return (block * (characters // len(block) + 1))[:characters]


def _split(answer: str) -> Iterator[str]:
    for start in range(0, len(answer), _TOKEN_CHARACTERS):
        yield answer[start : start + _TOKEN_CHARACTERS]


def _tokens(text: str) -> int:
    return -(-len(text) // _TOKEN_CHARACTERS)


def _timings(started: float, first_token: float) -> dict[str, float]:
    total = time.perf_counter() - started
    return {"speech": 0.0, "screen": 0.0, "prefill": 0.0, "first_token": first_token, "total": total}
