"""Recognised speech as paragraphs: a new one where the speaker paused, or at a sentence's end where one grows long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from assistant.core.events import Segment
from assistant.flows.cue_lines import ends_sentence

PAUSE_SECONDS = 2.0
"""The silence that ends a piece for the recogniser, too: see `audio.chunks.Cutting.gap`."""
SENTENCE_PAUSE_SECONDS = 1.0
_FULL, _LONG = 300, 800
"""Characters: from the first on a shorter pause after a sentence is enough, from the second on its end alone. About
four and ten lines of a page; our own choice."""


@dataclass(frozen=True)
class Paragraph:
    """`start` and `end` in seconds."""

    start: float
    end: float
    text: str


class Paragraphs:
    """Fed with segments in order of time.

    Attributes:
        began: whether the segment that was fed last began a paragraph.
    """

    def __init__(self) -> None:
        self.began = False
        self._start = self._end = 0.0
        self._texts: list[str] = []

    def feed(self, segment: Segment) -> Iterator[Paragraph]:
        """Gives the paragraph that ends before the segment, if one does."""
        text = " ".join(segment.text.split())
        if not text:
            return
        if self._texts and self._ends(segment.start - self._end):
            yield from self.finish()
        self.began = not self._texts
        if self.began:
            self._start = segment.start
        self._texts.append(text)
        self._end = max(segment.end, self._start)

    def finish(self) -> Iterator[Paragraph]:
        """Gives the last one."""
        if self._texts:
            yield Paragraph(self._start, self._end, " ".join(self._texts))
            self._texts = []

    def _ends(self, pause: float) -> bool:
        if pause >= PAUSE_SECONDS:
            return True
        length = sum(map(len, self._texts))
        ended = ends_sentence(self._texts[-1])
        return ended and (length >= _LONG or (length >= _FULL and pause >= SENTENCE_PAUSE_SECONDS))


def paragraphs(segments: Iterable[Segment]) -> list[Paragraph]:
    growing = Paragraphs()
    return [done for segment in segments for done in growing.feed(segment)] + list(growing.finish())


def clock(seconds: float) -> str:
    """A time for people: 4:05, 1:02:03."""
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
