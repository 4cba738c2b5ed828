"""What the model saw: a captured screen at full size, beside the text that was read from it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QImage, QKeyEvent, QPixmap
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from assistant.ui import images
from assistant.ui.theme import SPACE
from assistant.workers.background import Background

_NOT_READ = "No text was read from this picture yet. It is read when the question is asked."


class PictureWindow(QDialog):
    """A window of its own, beside the main one: nothing waits for it.

    Args:
        source: the file of a kept picture, or an image in memory.
        text: what was read from the pictures of the turn; "" where nothing was (yet); None leaves the pane out.
    """

    def __init__(
        self, title: str, source: Path | QImage, text: str | None, background: Background, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self._image = QImage()
        self._background = background
        self._scaling: CancelToken | None = None
        self._build(title, text)
        self.resize(1040, 660)
        if isinstance(source, QImage):
            self._show_image(source)
        else:
            background.run(partial(images.load, source), self._show_image, self._on_error)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _build(self, title: str, text: str | None) -> None:
        heading = QLabel(title, self)
        heading.setObjectName("heading")
        self._size = QLabel("", self)
        self._size.setObjectName("muted")
        self._whole = QPushButton("Actual size", self)
        self._whole.setCheckable(True)
        self._whole.setAutoDefault(False)
        self._whole.toggled.connect(self._fit)
        top = QHBoxLayout()
        top.addWidget(heading)
        top.addWidget(self._size)
        top.addStretch(1)
        top.addWidget(self._whole)
        self._picture = QLabel("Opening the picture…", self)
        self._picture.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._picture.setAccessibleName(title)
        # In fitted mode the picture must not hold the area at its own size.
        self._picture.setMinimumSize(1, 1)
        self._area = QScrollArea(self)
        self._area.setWidget(self._picture)
        self._area.setWidgetResizable(True)
        self._area.viewport().installEventFilter(self)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self._area)
        if text is not None:
            split.addWidget(self._read_pane(text))
        split.setStretchFactor(0, 1)
        split.setSizes([700, 320])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE[3], SPACE[2], SPACE[3], SPACE[3])
        layout.addLayout(top)
        layout.addWidget(split, 1)

    def _read_pane(self, text: str) -> QWidget:
        pane = QWidget(self)
        heading = QLabel("What the model read", pane)
        heading.setObjectName("heading")
        words = QPlainTextEdit(text or _NOT_READ, pane)
        words.setObjectName("boxed")
        words.setReadOnly(True)
        words.setAccessibleName("What the model read")
        words.setTabChangesFocus(True)
        layout = QVBoxLayout(pane)
        layout.setContentsMargins(SPACE[2], 0, 0, 0)
        layout.addWidget(heading)
        layout.addWidget(words, 1)
        return pane

    @Slot(QImage)
    def _show_image(self, image: QImage) -> None:
        self._image = image
        self._size.setText(f"{image.width():,} × {image.height():,}")
        self._fit()

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self._picture.setText(str(error))

    @Slot()
    def _fit(self) -> None:
        """Scales in the pool: a 4K picture would hold up the window."""
        if self._image.isNull():
            return
        if self._whole.isChecked():
            self._show_pixels(self._image)
        else:
            size = (self._area.viewport().size() - QSize(2, 2)) * self.devicePixelRatio()
            if self._scaling is not None:
                self._scaling.set()
            self._scaling = self._background.run(partial(images.scaled_to_fit, self._image, size), self._show_fitted)

    @Slot(QImage)
    def _show_fitted(self, image: QImage) -> None:
        if not self._whole.isChecked():
            self._show_pixels(image)

    def _show_pixels(self, image: QImage) -> None:
        pixmap = QPixmap.fromImage(image)
        pixmap.setDevicePixelRatio(self.devicePixelRatio())
        self._picture.setPixmap(pixmap)
