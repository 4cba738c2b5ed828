"""The line icons: SVG files in one colour, drawn in the palette's."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QGuiApplication, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from assistant.ui.theme import tokens

SIZE = 18
"""Pixels of an icon inside a button."""


def icon(name: str, role: str = "muted") -> QIcon:
    """An icon of `resources/icons`, in the colour that the theme calls `role`; paler where its button is disabled."""
    look = tokens()
    made = QIcon()
    made.addPixmap(pixmap(name, getattr(look, role)), QIcon.Mode.Normal)
    made.addPixmap(pixmap(name, look.muted), QIcon.Mode.Disabled)
    return made


@lru_cache(maxsize=256)
def pixmap(name: str, colour: str, size: int = SIZE) -> QPixmap:
    """An icon as pixels, sharp on the densest screen there is."""
    application = QGuiApplication.instance()
    assert isinstance(application, QGuiApplication), "icons need the application"
    ratio = application.devicePixelRatio()
    drawn = QPixmap(QSize(size, size) * ratio)
    drawn.setDevicePixelRatio(ratio)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    QSvgRenderer(QByteArray(_source(name).replace("currentColor", colour).encode())).render(
        painter, QRectF(0, 0, size, size)
    )
    painter.end()
    return drawn


def application_icon() -> QIcon:
    made = QIcon()
    for size in (24, 64):
        made.addPixmap(pixmap("hearsight", "", size))
    return made


@lru_cache(maxsize=64)
def _source(name: str) -> str:
    return (resources.files("resources") / "icons" / f"{name}.svg").read_text(encoding="utf-8")
