"""Files to attachments, off the GUI thread. What can't be used is said in words."""

from __future__ import annotations

import mimetypes
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from assistant.core.errors import BadInput, HearsightError
from assistant.ui import images
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.core.media import Clip, Picture

NAME_FILTER = (
    "Pictures and sound (*.png *.jpg *.jpeg *.webp *.gif *.bmp *.tif *.tiff "
    "*.wav *.mp3 *.flac *.ogg *.opus *.m4a *.aac *.mp4 *.mkv *.webm);;All files (*)"
)


class FileLoading(QObject):
    """Reads what was given and says what it was."""

    picture_loaded = Signal(object)
    clip_loaded = Signal(object)
    failed = Signal(str)

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background

    @Slot(list)
    def load_files(self, paths: Iterable[Path]) -> None:
        for path in paths:
            self._background.run(partial(read_file, path), self._loaded, self._on_error)

    @Slot(QImage)
    def load_image(self, image: QImage) -> None:
        self._background.run(partial(images.picture_of, image, "Pasted picture"), self._loaded, self._on_error)

    @Slot(object)
    def _loaded(self, found: object) -> None:
        from assistant.core.media import Picture

        if isinstance(found, Picture):
            self.picture_loaded.emit(found)
        else:
            self.clip_loaded.emit(found)

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self.failed.emit(str(error))


def read_file(path: Path) -> Picture | Clip:
    """Reads a picture, or the sound of an audio or video file.

    Raises:
        BadInput: it is neither, or it can't be read.
    """
    kind = (mimetypes.guess_type(path.name)[0] or "").partition("/")[0]
    if kind == "image":
        from assistant.screen.pictures import load_picture

        return load_picture(path)
    if kind in ("audio", "video"):
        from assistant.audio.files import read_clip

        return read_clip(path)
    raise BadInput(
        f"“{path.name}” is neither a picture nor a recording.", action="Attach an image, an audio or a video file."
    )
