"""The light engine's pieces of speech: found by faster-whisper's own voice detector. See `engine.speech_chunks`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.media import SAMPLE_RATE
from assistant.engine import speech_chunks
from assistant.engine.speech_chunks import END_SILENCE_MS, LONGEST, SHORTEST_MS, Chunk

__all__ = ["LONGEST", "Chunk", "Cutter", "cut"]


class Cutter(speech_chunks.Cutter):
    """Cuts with Silero as faster-whisper runs it."""

    def __init__(self) -> None:
        super().__init__(_spans)


def cut(samples: NDArray[np.float32]) -> list[Chunk]:
    """See `Cutter.cut`."""
    return Cutter().cut(samples)


def _spans(window: NDArray[np.float32]) -> list[tuple[int, int]]:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        min_silence_duration_ms=END_SILENCE_MS,
        speech_pad_ms=0,
        min_speech_duration_ms=SHORTEST_MS,
        max_speech_duration_s=LONGEST / SAMPLE_RATE,
    )
    found: list[dict[str, Any]] = get_speech_timestamps(window, options)
    return [(int(span["start"]), int(span["end"])) for span in found]
