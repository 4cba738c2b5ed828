"""What Whisper decoded, as segments of text with times and how sure the model was."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from assistant.core.events import Segment

if TYPE_CHECKING:
    from faster_whisper.tokenizer import Tokenizer

_REPETITIVE = 2.4
"""Whisper's own threshold (Radford et al. 2022, section 4.5; the same in openai/whisper and faster-whisper)."""
TIMESTAMP_SECONDS = 0.02


@dataclass(frozen=True)
class Decoded:
    """Tokens, and how sure the model is of them: see `Segment`."""

    tokens: list[int]
    no_speech_prob: float
    avg_logprob: float


def moved(segment: Segment, seconds: float) -> Segment:
    """The segment so much later."""
    return replace(segment, start=round(segment.start + seconds, 3), end=round(segment.end + seconds, 3))


def repeats(text: str) -> bool:
    """Whether the text compresses as only a loop does."""
    return _compression_ratio(text) > _REPETITIVE


def _compression_ratio(text: str) -> float:
    data = text.strip().encode()
    return len(data) / len(zlib.compress(data))


def segments(tokenizer: Tokenizer, decoded: Decoded, seconds: float) -> tuple[Segment, ...]:
    """Splits at the time stamps among the tokens (each counts 0.02 s from the piece's start)."""
    found: list[Segment] = []
    words: list[int] = []
    start = 0.0
    for token in [*decoded.tokens, tokenizer.timestamp_begin + int(seconds / TIMESTAMP_SECONDS)]:
        if token < tokenizer.timestamp_begin:
            words.append(token)
            continue
        time = min(seconds, (token - tokenizer.timestamp_begin) * TIMESTAMP_SECONDS)
        text = tokenizer.decode(words).strip()
        if any(character.isalnum() for character in text):
            sure = decoded.no_speech_prob, decoded.avg_logprob, _compression_ratio(text)
            found.append(Segment(start, max(start, time), text, *sure))
        start, words = time, []
    return tuple(found)
