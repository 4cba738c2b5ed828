"""One piece of text found on a picture, and the plain geometry that the layout is built from."""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Span:
    """An interval on one axis."""

    start: float
    end: float

    @property
    def length(self) -> float:
        return self.end - self.start

    def overlap(self, other: Span) -> float:
        """Length of the common part; negative where they lie apart."""
        return min(self.end, other.end) - max(self.start, other.start)


@dataclass(frozen=True)
class Box:
    """A stretch of text on one line, as the recogniser found it; pixels of the picture, `x`, `y` top left.

    Attributes:
        score: the recogniser's confidence in [0, 1].
        words: where each word of the text stands on the x axis; empty where that isn't known.
    """

    x: float
    y: float
    width: float
    height: float
    text: str
    score: float = 1.0
    words: tuple[Span, ...] = ()

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle_x(self) -> float:
        return self.x + self.width / 2

    @property
    def middle_y(self) -> float:
        return self.y + self.height / 2


def split(box: Box, before: Sequence[int]) -> list[Box]:
    """Cuts a box before the words of the given numbers (from 1); whole where there are none."""
    if not before:
        return [box]
    texts, bounds = box.text.split(), [0, *before, len(box.words)]
    return [
        replace(
            box,
            x=box.words[start].start,
            width=box.words[end - 1].end - box.words[start].start,
            text=" ".join(texts[start:end]),
            words=box.words[start:end],
        )
        for start, end in itertools.pairwise(bounds)
    ]


def columns_of(boxes: Sequence[Box]) -> Span:
    """The stretch of the x axis that the boxes cover."""
    return Span(min(box.x for box in boxes), max(box.right for box in boxes))


def rows_of(boxes: Sequence[Box]) -> Span:
    """The stretch of the y axis that the boxes cover."""
    return Span(min(box.y for box in boxes), max(box.bottom for box in boxes))


def text_height(boxes: Sequence[Box]) -> float:
    """The usual height of a line: the unit that every distance of the layout is measured in."""
    return statistics.median(box.height for box in boxes) if boxes else 1.0
