"""The menu of the composer's screenshot button."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QKeySequence, QScreen
from PySide6.QtWidgets import QMenu, QToolButton


class ScreenMenu(QMenu):
    """This screen; where there are several, each of them, and all."""

    chosen = Signal(str)
    """"pointer", "all", or a screen's number."""

    def __init__(self, button: QToolButton, key: str) -> None:
        super().__init__(button)
        self._button, self._key = button, key
        self.aboutToShow.connect(self.fill)
        button.setMenu(self)

    @Slot()
    def fill(self) -> None:
        """Offers the screens that there are now."""
        self.clear()
        self._offer("This screen", "pointer", self._key)
        screens = self._button.screen().virtualSiblings()
        if len(screens) > 1:
            for number, screen in enumerate(screens, 1):
                self._offer(f"Screen {number} ({_size(screen)})", str(number))
            self._offer("All screens", "all")

    def _offer(self, text: str, target: str, key: str = "") -> None:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(key))
        action.triggered.connect(partial(self.chosen.emit, target))
        self.addAction(action)


def _size(screen: QScreen) -> str:
    pixels = screen.size() * screen.devicePixelRatio()
    return f"{pixels.width()} × {pixels.height()}"
