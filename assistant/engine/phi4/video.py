"""Frames of a video file as pictures whose names say when they were: "talk.mp4 at 1:05" stands in the prompt.

Files only: no network, and no playlists, whose entries could name any address or file.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput
from assistant.core.media import Picture

MOST_FRAMES = 16
"""Each is a picture of up to 753 tokens at 6 tiles; the model is weak with many."""

_MOST_PER_SECOND = 2
_LONGEST_SIDE = 1344
"""Pixels: three tiles. Sixteen frames in 4K would be 400 MB."""
_NEAR = 2.0
"""Seconds up to which decoding on is quicker than jumping to a key frame before the place and decoding from there."""
_AV_TIME_BASE = 1_000_000
_PLAYLISTS = frozenset({"concat", "dash", "hls", "imf", "rtsp", "sdp", "webm_dash_manifest"})
_ACTION = "Give a video file, such as MP4, MKV, WebM, MOV or AVI."


@dataclass(frozen=True)
class Frames:
    """What was taken from a video.

    Attributes:
        pictures: in order, RGB, upright.
        times: of each, in seconds from the start.
        seconds: length of the video as far as it is known.
        missing: how many could not be read: the file is cut off or damaged.
    """

    pictures: tuple[Picture, ...]
    times: tuple[float, ...]
    seconds: float
    missing: int = 0


@dataclass(frozen=True)
class _Frame:
    at: float
    pixels: NDArray[np.uint8]


def read_frames(path: Path, most: int = MOST_FRAMES, cancel: CancelToken | None = None) -> Frames:
    """Frames from the middle of equal stretches of a video, at most two a second.

    Raises:
        BadInput: the file is missing, empty, damaged, or no video; says which.
        Cancelled: the token was set.
    """
    cancel = cancel or CancelToken()
    with _opened(path) as (container, stream):
        seconds = _length(container, stream)
        wanted = max(1, min(most, math.floor(seconds * _MOST_PER_SECOND)))
        if seconds:
            times = [(index + 0.5) * seconds / wanted for index in range(wanted)]
            found = list(_at(container, stream, times, cancel))
        else:
            found = _thinned(container, stream, most, cancel)
            seconds, wanted = (found[-1].at if found else 0.0), len(found)
    if not found:
        raise BadInput(f"No frame of {path.name} can be read: it is damaged or cut off.", action=_ACTION)
    digits = 1 if seconds < 10 else 0
    pictures = tuple(Picture(frame.pixels, f"{path.name} at {_clock(frame.at, digits)}") for frame in found)
    return Frames(pictures, tuple(frame.at for frame in found), seconds, wanted - len(found))


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any]]:
    """The container and its video stream; errors of the library, from here to the end, in words."""
    import av

    if not path.is_file():
        raise BadInput(f"There is no file {path}.")
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(av.formats_available - _PLAYLISTS)}
    try:
        with av.open(f"file:{path.absolute()}", options=options) as container:
            streams = [each for each in container.streams.video if not _is_cover(each)]
            if not streams:
                raise BadInput(f"{path.name} holds no video.", action=_ACTION)
            streams[0].thread_type = "AUTO"
            yield container, streams[0]
    except (av.FFmpegError, OSError) as error:
        raise BadInput(f"{path.name} is damaged, cut off, or no video file.", action=_ACTION) from error


def _is_cover(stream: Any) -> bool:
    """Whether it is the picture on a sound file's sleeve."""
    import av

    return bool(stream.disposition & av.stream.Disposition.attached_pic)


def _length(container: Any, stream: Any) -> float:
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return float(container.duration or 0) / _AV_TIME_BASE


def _at(container: Any, stream: Any, times: list[float], cancel: CancelToken) -> Iterator[_Frame]:
    """The first frame at or after each time, or else the last one; each frame once."""
    start = float((stream.start_time or 0) * stream.time_base)
    decoded, now, last = _decoded(container, stream, cancel), 0.0, -1.0
    for time in times:
        if time > now + _NEAR:
            container.seek(int((time + start) * _AV_TIME_BASE))
            decoded = _decoded(container, stream, cancel)
        shown = None
        for shown in decoded:
            now = float(shown.time or 0.0) - start
            if now >= time:
                break
        if shown is not None and now > last:
            last = now
            yield _Frame(now, _pixels(shown))


def _decoded(container: Any, stream: Any, cancel: CancelToken) -> Iterator[Any]:
    """Frames from where the container stands; damaged packets are skipped."""
    import av

    try:
        for packet in container.demux(stream):
            cancel.check()
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            yield from frames
    except av.FFmpegError:
        return


def _thinned(container: Any, stream: Any, most: int, cancel: CancelToken) -> list[_Frame]:
    """Of a video that doesn't say how long it is: every frame, then every second of them, then every fourth …"""
    kept: list[_Frame] = []
    step = 1
    for index, frame in enumerate(_decoded(container, stream, cancel)):
        if index % step == 0:
            kept.append(_Frame(float(frame.time or 0.0), _pixels(frame)))
        if len(kept) > most:
            kept, step = kept[::2], step * 2
    return kept


def _pixels(frame: Any) -> NDArray[np.uint8]:
    """Upright, at most `_LONGEST_SIDE` long."""
    share = min(1.0, _LONGEST_SIDE / max(frame.width, frame.height))
    width, height = max(1, round(frame.width * share)), max(1, round(frame.height * share))
    pixels = frame.to_ndarray(format="rgb24", width=width, height=height)
    # PyAV before 14 doesn't tell how the camera was held.
    return np.ascontiguousarray(np.rot90(pixels, getattr(frame, "rotation", 0) // 90))


def _clock(seconds: float, digits: int) -> str:
    """5.25 → "0:05.2" with a digit, 3725 → "1:02:05" without."""
    whole = round(seconds, digits)
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(int(minutes), 60)
    clock = f"{minutes:02d}" if hours else f"{minutes}"
    return (f"{hours}:" if hours else "") + f"{clock}:{rest:0{3 + digits if digits else 2}.{digits}f}"
