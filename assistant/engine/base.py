"""The Engine protocol: what every engine promises, and what it says of itself before it is loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from assistant.core.cancel import CancelToken
from assistant.core.events import Completion, Progress, Transcript
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt

Emit = Callable[[Progress], None]
"""Called from the engine's own thread with each event as it arises."""

Report = Callable[[str, float], None]
"""Called while loading: what is being loaded, and the share done in [0, 1]."""


@dataclass(frozen=True)
class Capabilities:
    """What an engine can take, known without loading it.

    Attributes:
        name: as `--engine` spells it.
        model: for people, and for the history ("Qwen2.5-Coder 1.5B + Whisper base").
        images: how pictures are used: "sees" (pixels), "reads" (text by OCR) or "no".
        context_tokens: prompt and answer together.
        unavailable: why it can't run here, with what to do; empty when it can.
    """

    name: str
    model: str
    images: str = "no"
    audio: bool = False
    languages: tuple[str, ...] = ()
    context_tokens: int = 0
    device: str = "CPU"
    unavailable: str = ""


class Engine(Protocol):
    """One model, or a set of them that acts as one. Called from one thread at a time; tokens are set from any.

    Every call but `unload` raises `Cancelled` once its token is set (within 0.5 s while decoding, 1.5 s elsewhere)
    and a `HearsightError` on failure; the engine stays usable after both.
    """

    @property
    def capabilities(self) -> Capabilities: ...

    def load(self, report: Report, cancel: CancelToken) -> None:
        """Brings the weights into memory. Does nothing when they are."""
        ...

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        """Does ahead what `generate` of a prompt that begins like this one will need: reads its pictures,
        recognises the speech so far (emitting `Partial`), prefills the KV cache. Returns after a slice of about two
        seconds of work or when nothing is left; call it again as the clip grows. Never changes a result, only its
        latency."""
        ...

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        """Answers, emitting `Stage`, `Heard`, `ScreenRead`, `Notice` and `Delta` on the way."""
        ...

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        """Recognises a clip of at most 30 s (longer ones are cut by the caller), emitting each `Segment`."""
        ...

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        """The words on a picture of the screen, as far as that is cheap: never by the language model, which it doesn't
        load. Empty where there are none, or where the engine has no text of a picture. Heeds a stop between slices of
        at most about half a second; the next call for the same picture goes on from there."""
        ...

    def unload(self) -> None:
        """Gives the memory back. Does nothing when not loaded."""
        ...
