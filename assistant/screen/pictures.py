"""Picture files in and out: every sort of image becomes the same plain RGB pixels; what can't be is said in words."""

from __future__ import annotations

import io
import os
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from assistant.core.errors import BadInput, StorageError
from assistant.core.media import Picture

_MOST_PIXELS = 64_000_000
"""What is decoded at most: 8K is 33 million. RGBA of it takes 256 MB. JPEGs beyond are decoded at a half, a quarter or
an eighth, which their format allows without decoding the whole."""

_ACTION = "Give a PNG, JPEG, WebP, GIF, BMP or TIFF file."

# The sizes are checked here before anything is decoded, with words for the user; Pillow's own limit only warns.
Image.MAX_IMAGE_PIXELS = None


def load_picture(source: str | Path | bytes, name: str = "") -> Picture:
    """Reads a picture: the first frame, turned as EXIF says, transparency on white, any depth brought to 8 bits.

    Args:
        source: a file, or its content.
        name: for people; the file's name when left out.

    Raises:
        BadInput: missing, empty, truncated, too large, or no picture; says which.
    """
    label = name or ("The picture" if isinstance(source, bytes) else Path(source).name)
    with _in_words(label), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which no user can mend
        with Image.open(io.BytesIO(_content(source, label))) as image:
            _bound(image, label)
            image.load()
            pixels = _rgb(ImageOps.exif_transpose(image))
    return Picture(pixels, name=name or ("" if isinstance(source, bytes) else label))


def save_png(picture: Picture, path: Path) -> None:
    """Writes a picture without loss, readable by the user alone; the file appears whole or not at all.

    Raises:
        StorageError: it can't be written.
    """
    try:
        handle, draft = tempfile.mkstemp(dir=path.parent, prefix=".picture-", suffix=".png")  # mode 0600
        try:
            with os.fdopen(handle, "wb") as file:
                # Level 1: a 4K screen in 74 ms instead of 360, for files a quarter larger.
                Image.fromarray(picture.pixels).save(file, format="PNG", compress_level=1)
            Path(draft).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(draft).unlink()
            raise
    except OSError as error:
        raise StorageError(
            f"The picture can't be saved in {path.parent}: {error.strerror or error}.",
            action="Free some space or choose another folder.",
        ) from error


def _content(source: str | Path | bytes, label: str) -> bytes:
    if isinstance(source, bytes):
        content = source
    else:
        try:
            content = Path(source).expanduser().read_bytes()
        except FileNotFoundError as error:
            raise BadInput(f"There is no file {source}.", action="Check the name and the folder.") from error
        except IsADirectoryError as error:
            raise BadInput(f"{label} is a folder, not a picture.", action=_ACTION) from error
        except OSError as error:
            raise BadInput(f"{label} can't be read: {error.strerror or error}.") from error
    if not content:
        raise BadInput(f"{label} is empty.", action=_ACTION)
    return content


@contextmanager
def _in_words(label: str) -> Iterator[None]:
    try:
        yield
    except BadInput:
        raise
    except UnidentifiedImageError as error:
        raise BadInput(f"{label} is not a picture that can be read.", action=_ACTION) from error
    except MemoryError as error:
        raise BadInput(f"{label} needs more memory than there is.", action="Make it smaller first.") from error
    except Exception as error:  # Pillow's decoders answer broken files with a dozen types, SyntaxError among them
        raise BadInput(
            f"{label} is damaged or incomplete.", action="Get the file again, or open and save it."
        ) from error


def _bound(image: Image.Image, label: str) -> None:
    """Makes a large JPEG decode smaller; refuses what would still not fit."""
    width, height = image.size
    part = next((part for part in (1, 2, 4, 8) if width * height <= _MOST_PIXELS * part**2), 8)
    image.draft(None, (width // part, height // part))  # only JPEG can; it may be asked once
    if image.width * image.height > _MOST_PIXELS:
        raise BadInput(
            f"{label} has {width:,} × {height:,} points; at most {_MOST_PIXELS // 1_000_000} million fit into memory.",
            action="Make it smaller, or save it as JPEG, which can be read at a lower resolution.",
        )


def _rgb(image: Image.Image) -> NDArray[np.uint8]:
    """Any mode of Pillow's as uint8, shape (height, width, 3)."""
    if image.mode.startswith(("I", "F")):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        image = Image.new("RGBA", seen.size, "white")
        image.alpha_composite(seen)
    return np.ascontiguousarray(np.asarray(image.convert("RGB"), np.uint8))


def _eight_bits(values: NDArray[Any]) -> NDArray[np.uint8]:
    """Brings deeper samples to 8 bits: 16-bit integers by their range, other numbers by what they hold."""
    top = float(np.nanmax(values)) if values.size else 0.0
    if np.issubdtype(values.dtype, np.integer):
        full = 65_535.0 if values.dtype.itemsize == 2 or 255 < top <= 65_535 else max(top, 255.0)
    else:
        full = top if top > 0 else 1.0
    scaled = np.nan_to_num(values.astype(np.float32)) * (255.0 / full)
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)
