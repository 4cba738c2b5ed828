"""One piece of text found on a picture, and the plain geometry that the layout is built from."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Box:
    """A stretch of text on one line, as the recogniser found it; pixels of the picture, `x`, `y` top left."""

    x: float
    y: float
    width: float
    height: float
    text: str
    score: float = 1.0

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


def columns_of(boxes: Sequence[Box]) -> Span:
    """The stretch of the x axis that the boxes cover."""
    return Span(min(box.x for box in boxes), max(box.right for box in boxes))


def rows_of(boxes: Sequence[Box]) -> Span:
    """The stretch of the y axis that the boxes cover."""
    return Span(min(box.y for box in boxes), max(box.bottom for box in boxes))


def text_height(boxes: Sequence[Box]) -> float:
    """The usual height of a line: the unit that every distance of the layout is measured in."""
    return statistics.median(box.height for box in boxes) if boxes else 1.0
