"""A painted chart with a title, axes, labels, values and a legend."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

_COLOURS = ("#3b78c2", "#e08a2e", "#4a9d5b", "#b5484d", "#8064a2", "#6b6b6b")


class Chart(QWidget):
    """Draws `spec`: `style` (bars, lines or shares), `heading`, `labels`, `series` ({name: values}), `unit`, and
    `values` (whether the numbers stand at the marks)."""

    def __init__(self, spec: dict[str, Any]) -> None:
        super().__init__()
        self._spec = spec
        self._labels: list[str] = spec["labels"]
        self._series: dict[str, list[float]] = spec["series"]

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self.palette().base())
        self._text(painter, QRectF(0, 14, self.width(), 34), self._spec["heading"], 16)
        area = QRectF(90, 90, self.width() - 280, self.height() - 160)
        if self._spec["style"] == "shares":
            self._shares(painter, area)
        else:
            self._axes(painter, area)
            (self._bars if self._spec["style"] == "bars" else self._lines)(painter, area)
        self._legend(painter)

    def _text(self, painter: QPainter, place: QRectF, text: str, size: int = 10, *, align: str = "Center") -> None:
        painter.setPen(self.palette().text().color())
        painter.setFont(QFont(self.font().family(), size))
        painter.drawText(place, getattr(Qt.AlignmentFlag, f"Align{align}") | Qt.AlignmentFlag.AlignVCenter, text)

    def _top(self) -> float:
        return float(self._spec["top"])

    def _axes(self, painter: QPainter, area: QRectF) -> None:
        for step in range(6):
            y = area.bottom() - area.height() * step / 5
            painter.setPen(QPen(QColor("#c8c8c8"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            self._text(painter, QRectF(0, y - 10, 80, 20), f"{self._top() * step / 5:g}", align="Right")
        for at, label in enumerate(self._labels):
            width = area.width() / len(self._labels)
            self._text(painter, QRectF(area.left() + at * width, area.bottom() + 8, width, 20), label)
        self._text(painter, QRectF(10, 60, 200, 20), self._spec.get("unit", ""), align="Left")

    def _bars(self, painter: QPainter, area: QRectF) -> None:
        group = area.width() / len(self._labels)
        width = group * 0.7 / len(self._series)
        for order, values in enumerate(self._series.values()):
            for at, value in enumerate(values):
                height = area.height() * value / self._top()
                bar = QRectF(
                    area.left() + at * group + group * 0.15 + order * width, area.bottom() - height, width, height
                )
                painter.fillRect(bar, QColor(_COLOURS[order]))
                self._value(painter, bar.center().x(), bar.top() - 12, value)

    def _lines(self, painter: QPainter, area: QRectF) -> None:
        step = area.width() / len(self._labels)
        for order, values in enumerate(self._series.values()):
            points = [
                QPointF(area.left() + (at + 0.5) * step, area.bottom() - area.height() * value / self._top())
                for at, value in enumerate(values)
            ]
            painter.setPen(QPen(QColor(_COLOURS[order]), 2))
            painter.drawPolyline(points)
            for point, value in zip(points, values, strict=True):
                self._value(painter, point.x(), point.y() - 14, value)

    def _value(self, painter: QPainter, x: float, y: float, value: float) -> None:
        if self._spec.get("values", True):
            self._text(painter, QRectF(x - 40, y - 10, 80, 20), f"{value:g}")

    def _shares(self, painter: QPainter, area: QRectF) -> None:
        side = min(area.width(), area.height())
        circle = QRectF(area.left(), area.top(), side, side)
        values = next(iter(self._series.values()))
        start = 90 * 16
        for at, value in enumerate(values):
            span = -round(value / sum(values) * 360 * 16)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(_COLOURS[at % len(_COLOURS)]))
            painter.drawPie(circle, start, span)
            start += span

    def _legend(self, painter: QPainter) -> None:
        shares = self._spec["style"] == "shares"
        values = next(iter(self._series.values()))
        names = [f"{n} {v:g}%" for n, v in zip(self._labels, values, strict=True)] if shares else list(self._series)
        for at, name in enumerate(names):
            y = 110 + at * 30
            painter.fillRect(QRectF(self.width() - 175, y, 14, 14), QColor(_COLOURS[at % len(_COLOURS)]))
            self._text(painter, QRectF(self.width() - 152, y - 4, 150, 22), name, align="Left")
