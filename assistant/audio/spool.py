"""The recording's file on disk while it is being made: readable at any moment, also after a kill.

A WAV file whose sizes stay at "unknown" until it is closed (as FFmpeg writes to a pipe); recovery takes the sound's
length from the file's size. Every write goes to the operating system at once, so that the death of the process loses
nothing that was written. It isn't forced onto the disk: a power cut may lose the last seconds, a sync may stall.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from assistant.audio.resample import Resampler, Samples
from assistant.audio.ring import Frames
from assistant.core.errors import BadInput
from assistant.core.media import Clip

FILE_NAME = "speech.wav"
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
"""RIFF, `fmt ` and `data` headers of 16-bit PCM: http://soundfile.sapp.org/doc/WaveFormat/"""
_UNKNOWN = 0xFFFFFFFF
_BLOCK_FRAMES = 65_536
_MOST_CHANNELS, _RATES = 256, (1_000, 1_000_000)
"""What a header may say; beyond that it is damaged, and believing it would cost gigabytes."""


class Spool:
    """Writes one recording. Every method raises OSError when the disk refuses (full, read-only)."""

    def __init__(self, folder: Path, rate: int, channels: int) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.path = folder / FILE_NAME
        self._format = (rate, channels)
        self._bytes = 0
        self._file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
        self._write(_header(rate, channels, None))

    def write(self, frames: Frames) -> None:
        """Appends frames of shape (frames, channels); they are the operating system's when this returns."""
        data = np.ascontiguousarray(frames, "<i2").tobytes()
        self._write(data)
        self._bytes += len(data)

    def close(self) -> None:
        """Writes the true length into the header, for players that insist on it. Does nothing when closed."""
        if self._file < 0:
            return
        try:
            os.lseek(self._file, 0, os.SEEK_SET)
            self._write(_header(*self._format, self._bytes))
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Closes the file as it is."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]


def recover(folder: Path) -> Clip:
    """The recording in a folder, finished or not, as 16 kHz mono; without samples when nothing was recorded yet.

    Raises:
        BadInput: there is no recording, or the file is not one of ours.
    """
    path = folder / FILE_NAME
    resampler: Resampler | None = None
    for rate, frames in _blocks(path):
        resampler = resampler or Resampler(rate, frames.shape[1])
        resampler.feed(frames)
    if resampler is None:
        return Clip(np.zeros(0, np.float32), name="Recording", path=str(path))
    resampler.finish()
    return Clip(resampler.so_far(), name="Recording", path=str(path))


def stream(folder: Path) -> Iterator[Samples]:
    """The recording in a folder as blocks of 16 kHz mono: of any length in constant memory.

    Raises:
        BadInput: there is no recording, or the file is not one of ours.
    """
    resampler: Resampler | None = None
    for rate, frames in _blocks(folder / FILE_NAME):
        resampler = resampler or Resampler(rate, frames.shape[1])
        resampler.feed(frames)
        yield resampler.take()
    if resampler is not None:
        resampler.finish()
        yield resampler.take()


def seconds(folder: Path) -> float:
    """How long the recording in a folder is, from its size alone; 0 where there is none that can be read."""
    path = folder / FILE_NAME
    try:
        with path.open("rb") as file:
            rate, channels = _parse(file.read(_HEADER.size))
        return max(0, path.stat().st_size - _HEADER.size) / (2 * channels * rate)
    except (OSError, struct.error, BadInput):
        return 0.0


def _blocks(path: Path) -> Iterator[tuple[int, Frames]]:
    """The file's rate and its whole frames, block by block; a frame that was half written is dropped."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER.size)
            if len(head) < _HEADER.size:
                return
            rate, channels = _parse(head)
            while block := file.read(_BLOCK_FRAMES * 2 * channels):
                whole = len(block) - len(block) % (2 * channels)
                yield rate, np.frombuffer(block[:whole], "<i2").reshape(-1, channels)
    except OSError as error:
        raise BadInput(f"The recording can't be read: {error.strerror or error}.") from error


def _header(rate: int, channels: int, length: int | None) -> bytes:
    riff, data = (_UNKNOWN, _UNKNOWN) if length is None else (length + _HEADER.size - 8, length)
    width = 2 * channels
    return _HEADER.pack(b"RIFF", riff, b"WAVE", b"fmt ", 16, 1, channels, rate, rate * width, width, 16, b"data", data)


def _parse(head: bytes) -> tuple[int, int]:
    """Rate in Hz and channels."""
    riff, _, wave, fmt, _, coding, channels, rate, _, _, bits, data, _ = _HEADER.unpack(head)
    if (riff, wave, fmt, data) != (b"RIFF", b"WAVE", b"fmt ", b"data") or coding != 1 or bits != 16:
        raise BadInput("This file is not a recording of Hearsight's.")
    if not 1 <= channels <= _MOST_CHANNELS or not _RATES[0] <= rate <= _RATES[1]:
        raise BadInput("The recording's header is damaged.")
    return rate, channels
