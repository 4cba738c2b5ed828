"""What belongs to a question, as chips: captured screens, pictures, recordings."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPixmap
from PySide6.QtWidgets import QAbstractButton, QFrame, QHBoxLayout, QLabel, QSizePolicy, QWidget

from assistant.core.cancel import CancelToken
from assistant.ui import images
from assistant.ui.buttons import IconButton
from assistant.ui.theme import RADIUS, color, tokens
from assistant.ui.waveform import Waveform, outline_of
from assistant.ui.words import clock
from assistant.workers.background import Background

if TYPE_CHECKING:
    from collections.abc import Callable

    from assistant.core.errors import HearsightError
    from assistant.core.media import Clip

    Play = Callable[[Clip, CancelToken], None]
    """Plays a clip on the calling thread and returns when it is over, or soon after the token was set."""

THUMBNAIL = QSize(160, 90)
_BARS = 28


class Thumbnail(QAbstractButton):
    """A small picture that opens the large one."""

    def __init__(self, name: str, size: QSize = THUMBNAIL, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size = size
        self._pixmap = QPixmap()
        self.setAccessibleName(name)
        self.setToolTip(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return self._size

    @property
    def has_picture(self) -> bool:
        return not self._pixmap.isNull()

    @Slot(QImage)
    def show_image(self, image: QImage) -> None:
        """Takes an image of twice this chip's size, so that it is sharp on dense screens."""
        self._pixmap = QPixmap.fromImage(image)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        look, rect = tokens(), QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        path = QPainterPath()
        path.addRoundedRect(rect, RADIUS[0], RADIUS[0])
        painter.fillPath(path, color(look.hover))
        painter.setClipPath(path)
        if self.has_picture:
            painter.drawPixmap(rect, self._pixmap, QRectF(self._pixmap.rect()))
        painter.setClipping(False)
        painter.setPen(color(look.accent if self.hasFocus() else look.muted if self.underMouse() else look.line))
        painter.drawPath(path)
        painter.end()


class AudioChip(QFrame):
    """A recording: play, its waveform, how long it is."""

    failed = Signal(str)

    def __init__(
        self, load: Callable[[], Clip], background: Background, play: Play | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("chip")
        self._background = background
        self._play = play
        self._clip: Clip | None = None
        self._playing: CancelToken | None = None
        self._wave = Waveform(_BARS, 22, "accent", self)
        self._length = QLabel("", self)
        self._length.setObjectName("meta")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(6, 4, 10, 4)
        if play is not None:
            self._button = IconButton("play", "Play the recording", self, role="accent")
            self._button.clicked.connect(self._toggle)
            layout.addWidget(self._button)
        layout.addWidget(self._wave)
        layout.addWidget(self._length)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        background.run(partial(_with_outline, load), self._show, self._on_error)

    @property
    def clip(self) -> Clip | None:
        return self._clip

    @Slot(object)
    def _show(self, loaded: tuple[Clip, list[float]]) -> None:
        self._clip, heights = loaded
        self._wave.show_heights(heights)
        self._length.setText(clock(self._clip.seconds))
        self.setAccessibleName(f"Recording of {clock(self._clip.seconds)}")

    @Slot()
    def _toggle(self) -> None:
        if self._playing is not None:
            self._playing.set()
        elif self._clip is not None and self._play is not None:
            self._playing = CancelToken()
            self._button.show_icon("stop")
            self._button.rename("Stop")
            self._background.run(partial(self._play, self._clip, self._playing), self._ended, self._on_error)

    @Slot(object)
    def _ended(self, _nothing: object = None) -> None:
        self._playing = None
        self._button.show_icon("play")
        self._button.rename("Play the recording")

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        if self._playing is not None:
            self._ended()
        else:
            self._length.setText("no longer on the disk")
        self.failed.emit(str(error))


def _with_outline(load: Callable[[], Clip]) -> tuple[Clip, list[float]]:
    clip = load()
    return clip, outline_of(clip, _BARS)


def load_thumbnail(path_or_image: object, size: QSize = THUMBNAIL) -> QImage:
    """For the pool: a thumbnail from a file or from an image in memory, at twice the size that it is shown at."""
    image = path_or_image if isinstance(path_or_image, QImage) else images.load(path_or_image)  # type: ignore[arg-type]
    return images.scaled_to_fill(image, size * 2)
