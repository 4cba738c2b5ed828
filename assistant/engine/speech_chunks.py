"""Where a clip holds speech, cut into pieces that a recogniser takes, so that a longer clip begins with the same ones.

That is what lets a pass over half a question share its work with the pass over all of it: a piece, once the clip has
gone on far enough to close it, never changes again, and the silence after the last word is in no piece.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from assistant.core.media import SAMPLE_RATE

LONGEST = 28 * SAMPLE_RATE
"""Samples of a piece at most. Recognisers take 30 s; the rest is left for the padding on both sides."""

_WINDOW = 30 * SAMPLE_RATE
_PAD = SAMPLE_RATE // 5
END_SILENCE_MS = 300
"""Silence that ends a stretch of speech; above the padding, so that what follows cannot change the piece before it."""
_CLOSING_SILENCE = int(0.7 * SAMPLE_RATE)
_CLOSING_LENGTH = 6 * SAMPLE_RATE
"""A piece this long is closed by a silence this long, so that earlier sentences needn't be recognised again."""
SHORTEST_MS = 100
FRAME = 512
"""Samples of one decision of the voice detector (Silero)."""

Samples = NDArray[np.float32]
Spans = Callable[[Samples], Iterable[tuple[int, int]]]
"""Where speech is in at most 30 s of 16 kHz mono, in samples: stretches of at least `SHORTEST_MS`, apart by at least
`END_SILENCE_MS`, none longer than `LONGEST`, and what lies 300 ms behind one can't change it."""


@dataclass(frozen=True)
class Chunk:
    """A piece of the clip: samples `start` to `end`. `settled`: a longer clip has the very same piece."""

    start: int
    end: int
    settled: bool


class Cutter:
    """Cuts clips; where a clip goes on from the last one, only what is new costs anything.

    Args:
        spans: the voice detector.
    """

    def __init__(self, spans: Spans) -> None:
        self._spans = spans
        self._samples: Samples = np.zeros(0, np.float32)
        self._closed: list[Chunk] = []
        self._position = 0

    def cut(self, samples: Samples) -> list[Chunk]:
        """The speech in `samples` (16 kHz mono), oldest first; empty for silence, noise and clicks.

        The voice detector starts anew after each closed piece, so the pieces depend on nothing that lies behind them.
        """
        if not np.array_equal(samples[: self._position], self._samples[: self._position]):
            self._closed, self._position = [], 0
        self._samples = samples
        chunks, position = list(self._closed), self._position
        while len(samples) - position > FRAME:
            chunk, position, closed = _next(samples, position, self._spans)
            chunks += [chunk] if chunk is not None else []
            if closed:
                self._closed, self._position = list(chunks), position
        return chunks

    def forget(self) -> None:
        self._samples = np.zeros(0, np.float32)
        self._closed, self._position = [], 0


def _next(samples: Samples, position: int, find: Spans) -> tuple[Chunk | None, int, bool]:
    """The first piece at or after `position`, where to go on, and whether nothing that follows can change that."""
    window = samples[position : position + _WINDOW]
    spans = iter(find(window))
    first = next(spans, None)
    if first is None:
        full = len(window) == _WINDOW
        # Keep the last moment: a word may begin in it.
        return None, position + len(window) - (_PAD if full else 0), full
    start, end, closed = *first, False
    for next_start, next_end in spans:
        sentence = next_start - end >= _CLOSING_SILENCE and end - start >= _CLOSING_LENGTH
        if closed := sentence or next_end - start > LONGEST:
            break
        end = next_end
    settled = len(window) - end >= END_SILENCE_MS * SAMPLE_RATE // 1000
    piece = Chunk(position + max(0, start - _PAD), position + min(len(window), end + _PAD), settled)
    return piece, piece.end, closed
