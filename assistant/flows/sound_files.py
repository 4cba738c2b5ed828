"""Which files are meant where the user names folders: the sound and video files in them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.core.errors import BadInput

_SOUND = "wav mp3 flac ogg oga opus m4a m4b aac wma aiff aif au caf ac3 amr mka mp2 w64 weba"
_VIDEO = "mp4 m4v mov mkv webm avi mpg mpeg mts m2ts wmv flv 3gp ogv vob"
EXTENSIONS = frozenset(f".{name}" for name in f"{_SOUND} {_VIDEO}".split())
"""Of files that are taken from a folder; a file that is named itself is tried whatever it is called."""


@dataclass(frozen=True)
class Source:
    """A file to transcribe.

    Attributes:
        below: its folder, relative to the named folder that it was found in; "." for a file that was named itself.
    """

    path: Path
    below: Path = Path()


def is_sound(path: Path) -> bool:
    """By its name."""
    return path.suffix.lower() in EXTENSIONS


def find(paths: Iterable[Path], *, recursive: bool = False) -> list[Source]:
    """The files that are meant, in order, those of a folder by name.

    Args:
        recursive: also what lies in folders of a folder. Hidden files and linked folders are left out.

    Raises:
        BadInput: a folder holds no sound or video file, or can't be read.
    """
    found: list[Source] = []
    for path in paths:
        if path.is_dir():
            known = {each.path.absolute() for each in found}
            found += [each for each in _in_folder(path, recursive=recursive) if each.path.absolute() not in known]
        else:
            found.append(Source(path))
    return found


def _in_folder(folder: Path, *, recursive: bool) -> Sequence[Source]:
    try:
        sources = [Source(path, path.parent.relative_to(folder)) for path in _walk(folder, recursive=recursive)]
    except OSError as error:
        raise BadInput(f"The folder {folder} can't be read: {error.strerror}.") from error
    if not sources:
        further = "" if recursive else " Add --recursive to look into the folders in it."
        raise BadInput(f"The folder {folder} holds no sound or video file.", action=further.strip())
    return sources


def _walk(folder: Path, *, recursive: bool) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        if Path(error.filename) == folder:
            raise error

    for place, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = sorted(name for name in folders if not name.startswith(".")) if recursive else []
        for name in sorted(names):
            if not name.startswith(".") and is_sound(Path(name)):
                yield Path(place) / name
