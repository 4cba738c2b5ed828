"""Pictures and clips as the bytes of a file, and back."""

from __future__ import annotations

import io
from dataclasses import asdict
from typing import Any

import numpy as np

from assistant.core.errors import StorageError
from assistant.core.geometry import Rect
from assistant.core.media import SAMPLE_RATE, Clip, Picture, Window
from assistant.history.models import Attachment

_PCM_SCALE = 32768.0
"""Float to 16-bit and back by the same power of two, so that a clip that is read and kept again stays the same."""


def png_of(picture: Picture) -> bytes:
    """Lossless. Level 1 is the quickest that compresses (a 1080p screen: 0.13 s, level 6: 0.6 s)."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture.pixels)).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def picture_meta(picture: Picture) -> dict[str, Any]:
    """What of a picture is not in its pixels."""
    return {
        "width": picture.width,
        "height": picture.height,
        "is_screen": picture.is_screen,
        "windows": [asdict(window) for window in picture.windows],
    }


def picture_from(data: bytes, attachment: Attachment) -> Picture:
    """Raises:
    StorageError: these bytes are no picture.
    """
    from PIL import Image, ImageOps, PngImagePlugin

    source = io.BytesIO(data)
    try:
        # Not `Image.open` for our own PNGs: it refuses pictures above a size that was accepted when this was kept.
        png = attachment.media_type == "image/png"
        with PngImagePlugin.PngImageFile(source) if png else Image.open(source) as image:
            upright = image if png else ImageOps.exif_transpose(image)
            pixels = np.array(upright.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise StorageError(f"The picture {attachment.name!r} of this conversation can't be read.") from error
    return Picture(pixels, attachment.name, _windows(attachment.meta), bool(attachment.meta.get("is_screen", False)))


def flac_of(clip: Clip) -> tuple[bytes, str]:
    """16-bit FLAC, or WAV for a clip without a sample, which FLAC can't hold.

    Returns:
        The bytes and their media type.
    """
    import soundfile

    samples = np.nan_to_num(clip.samples, nan=0.0, posinf=1.0, neginf=-1.0)
    whole = np.clip(np.rint(samples * _PCM_SCALE), -_PCM_SCALE, _PCM_SCALE - 1).astype(np.int16)
    kind = "FLAC" if len(whole) else "WAV"
    buffer = io.BytesIO()
    soundfile.write(buffer, whole, SAMPLE_RATE, format=kind, subtype="PCM_16")
    return buffer.getvalue(), f"audio/{kind.lower()}"


def clip_from(data: bytes, attachment: Attachment) -> Clip:
    """Reads what `flac_of` wrote.

    Raises:
        StorageError: the bytes are no such sound (other files are read with the audio area's reader, by path).
    """
    import soundfile

    try:
        samples, rate = soundfile.read(io.BytesIO(data), dtype="int16")
    except soundfile.LibsndfileError as error:
        raise StorageError(f"The recording {attachment.name!r} of this conversation can't be read.") from error
    if rate != SAMPLE_RATE or samples.ndim != 1:
        raise StorageError(f"The recording {attachment.name!r} was not made by Hearsight.")
    return Clip(samples.astype(np.float32) / np.float32(_PCM_SCALE), attachment.name, str(attachment.path))


def _windows(meta: dict[str, Any]) -> tuple[Window, ...]:
    """The windows as they were kept; none where damage made them unreadable."""
    try:
        return tuple(Window(w["title"], Rect(**w["rect"]), w["active"], w["program"]) for w in meta.get("windows", ()))
    except (KeyError, TypeError):
        return ()
