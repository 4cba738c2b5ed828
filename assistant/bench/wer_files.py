"""The files that `bench wer` works on: sounds, what is said in them, and what stood on the screen."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from assistant.core.errors import BadInput

TEXT, SCREEN = ".txt", ".screen"
_NO_SOUND = frozenset({TEXT, SCREEN, ".md", ".json", ".csv", ".toml"})


@dataclass(frozen=True)
class Sample:
    """A sound file.

    Attributes:
        said: its text; "" where nothing is said in it.
        screen: the text on the screen while it was said; "" when unknown.
    """

    sound: Path
    said: str
    screen: str


def samples(folder: Path) -> list[Sample]:
    """The folder's sound files, by name. A file without NAME.txt holds no speech, and must give no text.

    Raises:
        BadInput: there is no such folder, or no sound in it.
    """
    if not folder.is_dir():
        raise BadInput(f"There is no folder {folder}.", action="Give a folder of sound files with a NAME.txt for each.")
    found = sorted(
        path
        for path in folder.iterdir()
        if path.is_file() and path.suffix.lower() not in _NO_SOUND and path.name[0] != "."
    )
    if not found:
        raise BadInput(f"{folder} holds no sound files.", action="Put NAME.wav and NAME.txt with what it says there.")
    return [Sample(path, _text(path.with_suffix(TEXT)), _text(path.with_suffix(SCREEN))) for path in found]


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig").strip()
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} can't be read as UTF-8 text.") from error
