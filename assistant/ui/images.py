"""Pictures between Qt and the core. Everything here is safe off the GUI thread."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage, QImageReader

from assistant.core.errors import BadInput

if TYPE_CHECKING:
    from assistant.core.media import Picture

MEGABYTES = 2048
"""The most memory that one decoded file may take: a 20,000 × 20,000 screenshot of our own is 1.6 GB."""


def image_of(picture: Picture) -> QImage:
    """A copy of the picture's pixels as an image."""
    pixels = picture.pixels
    view = QImage(pixels.data, picture.width, picture.height, 3 * picture.width, QImage.Format.Format_RGB888)
    return view.copy()


def picture_of(image: QImage, name: str) -> Picture:
    """An image from the clipboard as the core's picture."""
    import numpy as np

    from assistant.core.media import Picture

    rgb = image.convertToFormat(QImage.Format.Format_RGB888)
    lines = np.frombuffer(rgb.constBits(), np.uint8).reshape(rgb.height(), rgb.bytesPerLine())
    pixels = lines[:, : 3 * rgb.width()].reshape(rgb.height(), rgb.width(), 3)
    return Picture(np.ascontiguousarray(pixels.copy()), name)


def load(path: Path) -> QImage:
    """Reads an image file of the history.

    Raises:
        BadInput: it is gone or damaged.
    """
    QImageReader.setAllocationLimit(MEGABYTES)
    reader = QImageReader(str(path))
    image = reader.read()
    if image.isNull():
        raise BadInput("This picture is no longer on the disk, or its file is damaged.")
    return image


def scaled_to_fill(image: QImage, size: QSize) -> QImage:
    """Cropped to the size's shape (the middle), and scaled down to it."""
    filled = image.scaled(size, Qt.AspectRatioMode.KeepAspectRatioByExpanding, _SMOOTH)
    x, y = (filled.width() - size.width()) // 2, (filled.height() - size.height()) // 2
    return filled.copy(x, y, size.width(), size.height())


def scaled_to_fit(image: QImage, size: QSize) -> QImage:
    """Scaled down so that all of it is inside the size; never enlarged."""
    if image.width() <= size.width() and image.height() <= size.height():
        return image
    return image.scaled(size, Qt.AspectRatioMode.KeepAspectRatio, _SMOOTH)


_SMOOTH = Qt.TransformationMode.SmoothTransformation
