"""A number with its unit, to be typed, or stepped by its two buttons and the arrow keys."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QAbstractSpinBox, QDoubleSpinBox, QFrame, QHBoxLayout, QWidget

from assistant.ui.buttons import IconButton


class NumberField(QWidget):
    """Says the number once it is complete, not at each key."""

    changed = Signal(float)

    def __init__(
        self, low: float, high: float, step: float, unit: str, decimals: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._box = box = QFrame(self)
        box.setObjectName("number")
        self._spin = _Spin(box)
        self._spin.focused.connect(self._mark)
        self._spin.setFrame(False)
        inner = QHBoxLayout(box)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.addWidget(self._spin)
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
        layout.addWidget(box, 1)
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

    @Slot(bool)
    def _mark(self, active: bool) -> None:
        """Shows the focus ring around the number."""
        self._box.setProperty("active", active)
        self._box.style().unpolish(self._box)
        self._box.style().polish(self._box)

    def setAccessibleName(self, name: str) -> None:
        self._spin.setAccessibleName(name)
        self._less.rename(f"{name}: less")
        self._more.rename(f"{name}: more")


class _Spin(QDoubleSpinBox):
    """The number itself; its frame is drawn by the box around it, as a style sheet breaks that of spin boxes."""

    focused = Signal(bool)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.focused.emit(True)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.focused.emit(False)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The wheel scrolls the page, not the number."""
        event.ignore()
