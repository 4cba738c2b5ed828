"""A number with its unit, to be typed, or stepped by its two buttons and the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QHBoxLayout, QWidget

from assistant.ui.buttons import IconButton


class NumberField(QWidget):
    """Says the number once it is complete, not at each key."""

    changed = Signal(float)

    def __init__(
        self, low: float, high: float, step: float, unit: str, decimals: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._spin = _Spin(self)
        self._spin.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self._spin.setDecimals(decimals)
        self._spin.setRange(low, high)
        self._spin.setSingleStep(step)
        self._spin.setSuffix(unit)
        self._spin.setKeyboardTracking(False)
        self._spin.valueChanged.connect(self.changed)
        self._less, self._more = IconButton("minus", "Less", self), IconButton("plus", "More", self)
        self._less.clicked.connect(self._spin.stepDown)
        self._more.clicked.connect(self._spin.stepUp)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self._spin, 1)
        layout.addWidget(self._less)
        layout.addWidget(self._more)
        self.setFocusProxy(self._spin)

    @property
    def number(self) -> float:
        return self._spin.value()

    def show_number(self, number: float) -> None:
        """Shows a number without saying that it changed."""
        self._spin.blockSignals(True)
        self._spin.setValue(number)
        self._spin.blockSignals(False)

    def setAccessibleName(self, name: str) -> None:
        self._spin.setAccessibleName(name)
        self._less.rename(f"{name}: less")
        self._more.rename(f"{name}: more")


class _Spin(QDoubleSpinBox):
    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the page, not the number."""
        event.ignore()
