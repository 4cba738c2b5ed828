"""What an engine and a flow say while they work. Frozen, small, and safe to hand across threads and processes.

A request emits any number of the first group and is closed by exactly one of the second.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from assistant.core.errors import HearsightError


@dataclass(frozen=True)
class Stage:
    """What is being done now, in words for the HUD: "reading the screen", "transcribing", "thinking"."""

    text: str


@dataclass(frozen=True)
class Partial:
    """What was understood of the speech so far; the next one replaces it."""

    text: str


@dataclass(frozen=True)
class Heard:
    """The final transcript of the question's clip."""

    text: str
    language: str = ""


@dataclass(frozen=True)
class ScreenRead:
    """The text that was read from the turn's pictures, as it enters the prompt."""

    text: str


@dataclass(frozen=True)
class Notice:
    """Something the user should know that stops nothing ("older turns were left out")."""

    text: str


@dataclass(frozen=True)
class Delta:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True)
class Segment:
    """A recognised stretch of speech: seconds from the clip's start.

    Attributes:
        no_speech_prob: the recogniser's own probability in [0, 1] that nobody speaks there; None where it gives none.
        avg_logprob: mean log probability of the text's tokens; None likewise.
        compression_ratio: bytes of the text by those of its zlib form: loops are far above 2; None likewise.
    """

    start: float
    end: float
    text: str
    no_speech_prob: float | None = None
    avg_logprob: float | None = None
    compression_ratio: float | None = None


@dataclass(frozen=True)
class Usage:
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    """Prompt tokens that were already in the KV cache."""


@dataclass(frozen=True)
class Completion:
    """A whole answer.

    Attributes:
        timings: seconds by stage: `speech`, `screen`, `prefill`, `first_token`, `total`; the last two count from
            the call with the engine loaded.
        notices: see `Notice`; also emitted as they arise.
        screen_text: what was read from the pictures.
    """

    text: str
    transcript: str = ""
    screen_text: str = ""
    usage: Usage = Usage()
    timings: dict[str, float] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Transcript:
    """A recognised clip."""

    text: str
    segments: tuple[Segment, ...] = ()
    language: str = ""
    duration: float = 0.0


@dataclass(frozen=True)
class Done:
    completion: Completion


@dataclass(frozen=True)
class Stopped:
    """The user cancelled; `text` is what had been answered by then."""

    text: str = ""


@dataclass(frozen=True)
class Failed:
    error: HearsightError
    text: str = ""


Progress = Stage | Partial | Heard | ScreenRead | Notice | Delta | Segment
Outcome = Done | Stopped | Failed
Event = Progress | Outcome
