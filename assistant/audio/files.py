"""Sound files: everything that FFmpeg reads, streamed as 16 kHz mono, and WAV to write. Only this module imports av.

Files only: no network, and no playlists, whose entries could name any address or file.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.audio.resample import Samples
from assistant.core.errors import BadInput
from assistant.core.media import SAMPLE_RATE, Clip

_log = logging.getLogger(__name__)
CLIP_LIMIT_SECONDS = 30 * 60
BLOCK = SAMPLE_RATE
"""Samples of a streamed block (one second); the last one is shorter."""
_PLAYLISTS = frozenset({"concat", "dash", "hls", "imf", "rtsp", "sdp", "webm_dash_manifest"})
_EXACT_LENGTH = frozenset({"aiff", "au", "flac", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "w64"})
"""Containers that declare how long they are; the others' length is FFmpeg's estimate from the file's size."""
_MP3_HEADERS = (b"Xing", b"Info")
"""Either stands in the first frame of an MP3 file that declares its length."""
_AV_TIME_BASE = 1_000_000
_UNKNOWN_SIZES = (0, 0xFFFFFFFF)
_SHORT = 0.9
"""A file that gives less than this share of what it declares (and half a second less) was cut off."""
_USE_ANOTHER = "Give a sound or video file, such as WAV, MP3, FLAC, OGG, M4A or MP4."


@dataclass(frozen=True)
class SoundFile:
    """A file that holds sound.

    Attributes:
        seconds: how long it is, by its header or estimated; 0 when nothing is known.
        exact: whether its header says so.
        tracks: of sound; the first one is read.
    """

    path: Path
    seconds: float
    exact: bool = False
    tracks: int = 1

    def blocks(self) -> Iterator[Samples]:
        """The sound in blocks of one second, 16 kHz mono; any length in constant memory.

        Channels are mixed down as FFmpeg does (5.1: centre and surround at -3 dB, without the low-frequency one).

        Raises:
            BadInput: after the last block that could be read, when the file is cut off or holds no sound.
        """
        given, problem = 0, None
        pieces: list[Samples] = []
        held = 0
        try:
            for piece in _decoded(self.path):
                pieces.append(piece)
                held += len(piece)
                if held >= BLOCK:
                    joined = _in_range(pieces)
                    whole = held - held % BLOCK
                    yield from np.split(joined[:whole], whole // BLOCK)
                    given, held, pieces = given + whole, held - whole, [joined[whole:]]
        except BadInput as error:
            problem = error
        if held:
            yield _in_range(pieces)
        given += held
        self._check_complete(given / SAMPLE_RATE)
        if problem is not None:
            raise problem

    def _check_complete(self, given: float) -> None:
        if given == 0:
            raise BadInput(f"{self.path.name} holds no sound that can be read.", action=_USE_ANOTHER)
        if self.exact and given < _SHORT * self.seconds and given < self.seconds - 0.5:
            raise _cut_off(self.path, f"of {self.seconds:.1f} s only the first {given:.1f} s can be read")


def open_sound(path: Path) -> SoundFile:
    """Looks into a file.

    Raises:
        BadInput: it is missing, empty, no sound file or cut off before its sound; says which.
    """
    _check_readable(path)
    with _container(path) as container:
        seconds, only_sound = _declared(container)
        name, tracks = container.format.name, len(container.streams.audio)
    if name == "wav":
        return SoundFile(path, seconds * _riff_share(path), exact=True, tracks=tracks)
    exact = name in _EXACT_LENGTH or (name == "mp3" and _has_mp3_header(path))
    return SoundFile(path, seconds, exact=exact and only_sound, tracks=tracks)


def read_clip(path: Path) -> Clip:
    """A whole file as one clip.

    Raises:
        BadInput: it can't be used, see `open_sound`, is cut off, or is longer than half an hour.
    """
    sound = open_sound(path)
    blocks: list[Samples] = []
    for block in sound.blocks():
        blocks.append(block)
        if len(blocks) > CLIP_LIMIT_SECONDS:
            raise BadInput(
                f"{path.name} is longer than half an hour.", action="Use `hearsight transcribe` for long recordings."
            )
    return Clip(np.concatenate(blocks), name=path.name, path=str(path))


def stream_blocks(path: Path) -> Iterator[Samples]:
    """The sound of a file in blocks of one second; see `SoundFile.blocks`."""
    return open_sound(path).blocks()


def write_wav(path: Path, clip: Clip) -> None:
    """Writes a clip as 16-bit WAV.

    Raises:
        OSError: it can't be written.
    """
    import soundfile

    with path.open("wb") as file:
        soundfile.write(file, clip.samples, SAMPLE_RATE, format="WAV", subtype="PCM_16")


def _check_readable(path: Path) -> None:
    try:
        size = path.stat().st_size
        with path.open("rb"):
            pass
    except FileNotFoundError as error:
        raise BadInput(f"There is no file {path}.") from error
    except IsADirectoryError as error:
        raise BadInput(f"{path} is a folder.", action="Give the sound files in it.") from error
    except OSError as error:
        raise BadInput(f"{path.name} can't be read: {error.strerror or error}.") from error
    if size == 0 and path.is_file():
        raise BadInput(f"{path.name} is empty.")


def _container(path: Path) -> Any:
    """The opened container; it has at least one sound stream."""
    import av

    # Each try of a stopped network is minutes: only the file itself may be opened.
    options = {"protocol_whitelist": "file", "format_whitelist": ",".join(av.formats_available - _PLAYLISTS)}
    try:
        container = av.open(f"file:{path.absolute()}", options=options)
    except av.FFmpegError as error:
        text = f"{path.name} is damaged, cut off, or no sound file."
        raise BadInput(text, action=_USE_ANOTHER) from error
    if not container.streams.audio:
        container.close()
        raise BadInput(f"{path.name} holds no sound.", action=_USE_ANOTHER)
    return container


def _declared(container: Any) -> tuple[float, bool]:
    """The seconds that the container declares, and whether they are the sound's own: a film may go on without."""
    stream = container.streams.audio[0]
    if stream.duration:
        return float(stream.duration * stream.time_base), True
    return float(container.duration or 0) / _AV_TIME_BASE, len(container.streams) == 1


def _decoded(path: Path) -> Iterator[Samples]:
    """Every piece that can be decoded, 16 kHz mono; damaged packets are skipped.

    Raises:
        BadInput: at the end, when the very last packets were damaged.
    """
    import av

    broken = 0
    with _container(path) as container:
        converter = _Converter()
        try:
            for packet in container.demux(container.streams.audio[0]):
                try:
                    frames = packet.decode()
                except av.FFmpegError:
                    broken += 1
                    continue
                broken = 0 if frames else broken
                for frame in frames:
                    yield from converter.convert(frame)
        except av.FFmpegError:
            broken += 1
        yield from converter.finish()
    if broken:
        raise _cut_off(path, "its end can't be read")


class _Converter:
    """Any decoded frames to 16 kHz mono, also where rate or channels change within the file."""

    def __init__(self) -> None:
        self._resampler: Any = None
        self._format: tuple[object, ...] = ()

    def convert(self, frame: Any) -> Iterator[Samples]:
        import av

        given = (frame.format.name, frame.layout.name, frame.sample_rate)
        if given != self._format:
            yield from self.finish()
            self._resampler = av.AudioResampler(format="flt", layout="mono", rate=SAMPLE_RATE)
            self._format = given
        yield from map(_samples, self._resampler.resample(frame))

    def finish(self) -> Iterator[Samples]:
        """What the filter still holds."""
        if self._resampler is not None:
            yield from map(_samples, self._resampler.resample(None))
            self._resampler = None


def _samples(frame: Any) -> Samples:
    """The frame's samples without a copy; its plane may be longer than what it holds."""
    return np.frombuffer(frame.planes[0], np.float32, frame.samples)


def _in_range(pieces: list[Samples]) -> Samples:
    """The pieces as one, in [-1, 1]: a loud mix-down goes above, a damaged float file may hold anything."""
    samples: Samples = np.nan_to_num(np.concatenate(pieces), copy=False, posinf=1.0, neginf=-1.0)
    return np.clip(samples, -1.0, 1.0, out=samples)


def _cut_off(path: Path, how: str) -> BadInput:
    return BadInput(f"{path.name} is cut off: {how}.", action="Copy or download the whole file again.")


def _riff_share(path: Path) -> float:
    """How much longer a WAV file says it is than its bytes on disk: FFmpeg itself goes by the bytes."""
    with path.open("rb") as file:
        head = file.read(8)
    declared = int.from_bytes(head[4:8], "little")
    size = path.stat().st_size
    return 1.0 if declared in _UNKNOWN_SIZES or not size else max(1.0, (declared + 8) / size)


def _has_mp3_header(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(65_536)
    return any(word in head for word in _MP3_HEADERS)
