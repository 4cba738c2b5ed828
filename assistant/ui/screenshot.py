"""The composer's screenshot: our window steps aside, the screen is taken, the window comes back."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint, QTimer, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

if TYPE_CHECKING:
    from assistant.workers.controller import Controller

_REPAINT_MS = 250
"""What lay under our window needs this long to draw itself before the screen is taken (compositors animate)."""
_LONGEST_MS = 8000
"""The window comes back after this even if neither a picture nor a reason came."""


class Screenshot(QObject):
    """Takes one screenshot at a time; the picture itself comes by the controller's `composer_picture`."""

    def __init__(self, controller: Controller, window: QWidget) -> None:
        super().__init__(window)
        self._controller = controller
        self._window = window
        self._target = ""
        self._position = QPoint()
        self._before = self._timer(_REPAINT_MS, self._take)
        self._longest = self._timer(_LONGEST_MS, self._come_back)
        controller.composer_picture.connect(self._come_back)
        controller.notice.connect(self._come_back)

    @Slot()
    def start(self, target: str = "pointer") -> None:
        """`target`: "pointer" (the screen under it), "all", or a screen's number."""
        if self._target:
            return
        self._target = target or "pointer"
        self._position = self._window.pos()
        self._window.hide()
        QGuiApplication.sync()
        self._before.start()
        self._longest.start()

    @Slot()
    def _take(self) -> None:
        self._controller.take_screenshot(self._target)

    @Slot()
    def _come_back(self) -> None:
        if not self._target:
            return
        self._target = ""
        self._before.stop()
        self._longest.stop()
        self._window.move(self._position)
        self._window.show()
        self._window.raise_()
        self._window.activateWindow()

    def _timer(self, wait: int, action: Callable[[], None]) -> QTimer:
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.setInterval(wait)
        timer.timeout.connect(action)
        return timer
