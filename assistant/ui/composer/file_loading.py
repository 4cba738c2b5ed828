"""Files to attachments or, where they are long, to be transcribed; off the GUI thread. What can't be used is said."""

from __future__ import annotations

import mimetypes
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QImage

from assistant.core.errors import BadInput, HearsightError
from assistant.flows import sound_files
from assistant.ui import images
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.core.media import Clip, Picture

NAME_FILTER = (
    "Pictures and sound (*.png *.jpg *.jpeg *.webp *.gif *.bmp *.tif *.tiff "
    "*.wav *.mp3 *.flac *.ogg *.opus *.m4a *.aac *.mp4 *.mkv *.webm);;All files (*)"
)


SHORT_SECONDS = 60.0
"""A recording up to this length is attached to the question, so that one can be asked by a voice message; a longer one
is written down, piece by piece."""


class FileLoading(QObject):
    """Reads what was given and says what it was."""

    picture_loaded = Signal(object)
    clip_loaded = Signal(object)
    long_given = Signal(list)
    """Paths of sound and video files that are too long, or too many, to be attached."""
    failed = Signal(str)

    def __init__(self, background: Background, parent: QObject) -> None:
        super().__init__(parent)
        self._background = background

    @Slot(list)
    def load_files(self, paths: Sequence[Path]) -> None:
        sounds = [path for path in paths if is_sound(path)]
        for path in paths:
            if path not in sounds:
                self._background.run(partial(read_picture, path), self._loaded, self._on_error)
        if sounds:
            self._background.run(partial(read_sounds, sounds), self._loaded, self._on_error)

    @Slot(QImage)
    def load_image(self, image: QImage) -> None:
        self._background.run(partial(images.picture_of, image, "Pasted picture"), self._loaded, self._on_error)

    @Slot(object)
    def _loaded(self, found: Picture | Clip | list[Path]) -> None:
        from assistant.core.media import Picture

        if isinstance(found, Picture):
            self.picture_loaded.emit(found)
        elif isinstance(found, list):
            self.long_given.emit(found)
        else:
            self.clip_loaded.emit(found)

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self.failed.emit(str(error))


def is_sound(path: Path) -> bool:
    """Whether it is taken for sound or a film by its name, or is a folder, which may hold such files."""
    return path.is_dir() or sound_files.is_sound(path) or _kind(path) in ("audio", "video")


def read_picture(path: Path) -> Picture:
    """Raises:
    BadInput: it is none, or can't be read.
    """
    if _kind(path) != "image":
        raise BadInput(
            f"“{path.name}” is neither a picture nor a recording.", action="Attach an image, an audio or a video file."
        )
    from assistant.screen.pictures import load_picture

    return load_picture(path)


def read_sounds(paths: Sequence[Path]) -> Clip | list[Path]:
    """One short recording as a clip; all else as the list of files that are transcribed.

    Raises:
        BadInput: a folder holds no such file, or the one file can't be used.
    """
    from assistant.audio.files import open_sound, read_clip

    found = [source.path for source in sound_files.find(paths, recursive=True)]
    if len(found) == 1 and 0 < open_sound(found[0]).seconds <= SHORT_SECONDS:
        return read_clip(found[0])
    return found


def _kind(path: Path) -> str:
    return (mimetypes.guess_type(path.name)[0] or "").partition("/")[0]
