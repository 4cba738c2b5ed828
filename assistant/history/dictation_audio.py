"""Recordings of dictations as FLAC files, written and read block by block: of any length in constant memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import StorageError
from assistant.core.files import PRIVATE, part_of, storage_error
from assistant.core.media import SAMPLE_RATE

_BLOCK = 1 << 16


def write(path: Path, blocks: Iterable[NDArray[np.float32]]) -> int:
    """Returns the samples written; a recording without any leaves no file."""
    import soundfile

    part, written = part_of(path), 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, PRIVATE), "w+b") as file:
            with soundfile.SoundFile(file, "w", SAMPLE_RATE, 1, "PCM_16", format="FLAC") as sound:
                for block in blocks:
                    sound.write(np.clip(block, -1.0, 1.0))
                    written += len(block)
            file.flush()
            os.fsync(file.fileno())
        if written:
            part.replace(path)
    except soundfile.LibsndfileError as error:
        # What the disk said is lost on the way through the library.
        raise StorageError("The recording can't be kept: the disk may be full.", action="Free some space.") from error
    except OSError as error:
        raise storage_error(error, path) from error
    finally:
        part.unlink(missing_ok=True)
    return written


def read(path: Path | None) -> Iterator[NDArray[np.float32]]:
    import soundfile

    gone = StorageError("This dictation's recording is no longer on the disk.")
    if path is None or not path.exists():
        raise gone
    try:
        with soundfile.SoundFile(path) as sound:
            yield from sound.blocks(_BLOCK, dtype="float32")
    except soundfile.LibsndfileError as error:
        raise gone from error
