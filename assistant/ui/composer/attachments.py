"""The composer's attachments: what the question will take along, as chips that can be removed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from assistant.ui import images
from assistant.ui.buttons import IconButton
from assistant.ui.conversation.chips import AudioChip, Thumbnail, load_thumbnail
from assistant.ui.flow_layout import FlowLayout
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.core.media import Clip, Picture
    from assistant.ui.conversation.chips import Play

_THUMBNAIL = QSize(96, 54)


class Attachments(QWidget):
    """Any number of pictures, and at most one recording: an engine hears one a question."""

    changed = Signal()
    picture_opened = Signal(object)

    def __init__(self, background: Background, play: Play | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._background = background
        self._play = play
        self._pictures: list[tuple[Picture, QWidget]] = []
        self._clip: tuple[Clip, QWidget] | None = None
        self._layout = FlowLayout(self)
        self.setVisible(False)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """A captured screen comes first: that is what the question is about."""
        return tuple(sorted((picture for picture, _ in self._pictures), key=lambda each: not each.is_screen))

    @property
    def clip(self) -> Clip | None:
        return self._clip[0] if self._clip else None

    def add_picture(self, picture: Picture) -> None:
        thumbnail = Thumbnail(f"{picture.name or 'Picture'}: show it", _THUMBNAIL)
        self._background.run(partial(_thumbnail, picture), thumbnail.show_image)
        thumbnail.clicked.connect(partial(self.picture_opened.emit, picture))
        chip = _Chip(thumbnail, picture.name or "Picture", lambda: self._remove_picture(picture))
        self._pictures.append((picture, chip))
        self._place(chip)

    def set_clip(self, clip: Clip) -> None:
        """Takes a recording in the place of the one before."""
        self._drop_clip()
        audio = AudioChip(lambda: clip, self._background, self._play)
        chip = _Chip(audio, clip.name or "Recording", self._remove_clip)
        self._clip = (clip, chip)
        self._place(chip)

    def clear(self) -> None:
        for _, chip in self._pictures:
            self._discard(chip)
        self._pictures.clear()
        self._drop_clip()
        self._announce()

    def _place(self, chip: QWidget) -> None:
        self._layout.addWidget(chip)
        chip.show()
        self._announce()

    def _remove_picture(self, picture: Picture) -> None:
        for each, chip in self._pictures:
            if each is picture:
                self._discard(chip)
        self._pictures = [pair for pair in self._pictures if pair[0] is not picture]
        self._announce()

    def _remove_clip(self) -> None:
        self._drop_clip()
        self._announce()

    def _drop_clip(self) -> None:
        if self._clip is not None:
            self._discard(self._clip[1])
            self._clip = None

    def _discard(self, chip: QWidget) -> None:
        self._layout.removeWidget(chip)
        chip.hide()
        chip.deleteLater()

    def _announce(self) -> None:
        self.setVisible(bool(self._pictures or self._clip))
        self.changed.emit()


class _Chip(QFrame):
    """An attachment with its name and ×."""

    def __init__(self, inner: QWidget, name: str, remove: Callable[[], None]) -> None:
        super().__init__()
        self.setObjectName("chip")
        inner.setParent(self)
        if isinstance(inner, QFrame):
            inner.setFrameShape(QFrame.Shape.NoFrame)
            inner.setObjectName("plain")
        label = QLabel(self)
        label.setObjectName("meta")
        label.setText(label.fontMetrics().elidedText(name, Qt.TextElideMode.ElideMiddle, 140))
        label.setToolTip(name)
        close = IconButton("close", f"Remove {name}", self)
        close.clicked.connect(remove)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(6)
        layout.addWidget(inner)
        layout.addWidget(label)
        layout.addWidget(close)


def _thumbnail(picture: Picture) -> QImage:
    return load_thumbnail(images.image_of(picture), _THUMBNAIL)
