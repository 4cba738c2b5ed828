"""Draws loudness as bars: of a finished recording, or live as it is heard."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from assistant.ui.theme import color, tokens

if TYPE_CHECKING:
    from assistant.core.media import Clip

BAR, GAP = 3, 2
_QUIET, _LOUD = 0.003, 0.25
"""RMS of a silent room and of loud speech into a near microphone: the bars' bottom and top (about 38 dB apart)."""


def height_of(level: float) -> float:
    """RMS to a bar's height in [0, 1], by loudness as it is heard (logarithmic)."""
    import math

    if level <= _QUIET:
        return 0.0
    return min(1.0, math.log(level / _QUIET) / math.log(_LOUD / _QUIET))


def outline_of(clip: Clip, bars: int) -> list[float]:
    """The bars' heights of a whole recording; for a thread in the background."""
    import numpy as np

    parts = np.array_split(clip.samples, bars)
    return [height_of(float(np.sqrt(np.mean(part**2))) if len(part) else 0.0) for part in parts]


class Waveform(QWidget):
    """Bars from left to right. `role` names the theme's colour; `played` in [0, 1] shows how far a clip is."""

    def __init__(self, bars: int, height: int, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._role = role
        self._height = height
        self._bars: deque[float] = deque([0.0] * bars, maxlen=bars)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Loudness")

    def sizeHint(self) -> QSize:
        return QSize(len(self._bars) * (BAR + GAP) - GAP, self._height)

    @property
    def heights(self) -> tuple[float, ...]:
        return tuple(self._bars)

    def show_heights(self, heights: Sequence[float]) -> None:
        self._bars.extend(heights)
        self.update()

    def push(self, level: float) -> None:
        """One more bar at the right, from a level (RMS)."""
        self._bars.append(height_of(level))
        self.update()

    def clear(self) -> None:
        self._bars.extend([0.0] * len(self._bars))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color(getattr(tokens(), self._role)))
        for index, share in enumerate(self._bars):
            tall = max(float(BAR), share * self.height())
            painter.drawRoundedRect(QRectF(index * (BAR + GAP), (self.height() - tall) / 2, BAR, tall), 1.5, 1.5)
        painter.end()
