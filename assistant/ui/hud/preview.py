"""The captured screen, enlarged from the HUD; a click puts it away."""

from __future__ import annotations

from PySide6.QtCore import QRect, Qt, Slot
from PySide6.QtGui import QGuiApplication, QImage, QMouseEvent, QPixmap
from PySide6.QtWidgets import QLabel

from assistant.ui.hud.placement import prepare
from assistant.ui.theme import tokens

SHARE = 0.7
"""Of the screen's width and height."""


class Preview(QLabel):
    """Floats like the HUD: looking at it takes no focus from anyone."""

    def __init__(self) -> None:
        super().__init__()
        prepare(self)
        self.setAccessibleName("The captured screen")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)

    @Slot(QImage)
    def show_image(self, image: QImage) -> None:
        """Takes an image that is scaled to its place already."""
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatio())
        self.setPixmap(pixmap)
        self.setStyleSheet(f"border: 1px solid {tokens().line};")
        screen = self.screen() or QGuiApplication.primaryScreen()
        size = pixmap.deviceIndependentSize().toSize()
        place = QRect(0, 0, size.width() + 2, size.height() + 2)
        place.moveCenter(screen.availableGeometry().center())
        self.setGeometry(place)
        self.show()

    def mousePressEvent(self, _event: QMouseEvent) -> None:
        self.hide()
