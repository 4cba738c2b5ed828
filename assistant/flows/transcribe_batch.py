"""Many files into one folder: what is done and unchanged isn't done again, what was interrupted goes on, and a text
that the user edited is never overwritten.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.core.errors import BadInput
from assistant.core.files import storage_error, write_atomic
from assistant.engine.base import Capabilities
from assistant.flows.done_files import DoneFiles
from assistant.flows.sound_files import Source
from assistant.flows.transcribe import FileTranscript
from assistant.flows.transcribe_pieces import PiecesFile
from assistant.flows.transcript_forms import Form, written

State = Literal["done", "to do", "not ours"]


@dataclass(frozen=True)
class Job:
    """One file and where its text goes.

    Attributes:
        name: of the target, relative to the output folder.
    """

    source: Path
    target: Path
    name: str


def plan(sources: Sequence[Source], output: Path, form: Form) -> list[Job]:
    """Where each text goes: beside each other as in the folders they come from, as `talk.srt`; as `talk.mp3.srt`
    where several would be called so, with a number where even these are the same."""
    short = Counter(_target(source, source.path.stem, form) for source in sources)
    jobs, taken = [], set[Path]()
    for source in sources:
        place = _target(source, source.path.stem, form)
        if short[place] > 1:
            place = _target(source, source.path.name, form)
        number = 1
        while place in taken:
            number += 1
            place = _target(source, f"{source.path.name} {number}", form)
        taken.add(place)
        jobs.append(Job(source.path, output / place, place.as_posix()))
    return jobs


class Batch:
    """One output folder.

    Args:
        engine: which one recognises.
        language: that is given; "" when it is detected.
        again: do everything anew and overwrite whatever is there.

    Raises:
        StorageError: the folder can't be made.
    """

    def __init__(self, output: Path, form: Form, engine: Capabilities, language: str, *, again: bool = False) -> None:
        self._output, self._form, self._engine, self._language, self._again = output, form, engine, language, again
        _make(output)
        self._done = DoneFiles(output)

    def state(self, job: Job) -> State:
        """Whether there is something to do."""
        if self._again or not job.target.exists():
            return "to do"
        record = self._done.get(job.name)
        if record is not None and record.get("key") == self._key(job):
            return "done"
        is_ours = record is not None and record.get("sha256") == _sha256(job.target)
        return "to do" if is_ours else "not ours"

    def problem(self, job: Job) -> str:
        """What was wrong with a file that is done, in words; "" when nothing was."""
        return str((self._done.get(job.name) or {}).get("problem", ""))

    def pieces(self, job: Job) -> PiecesFile:
        """What an interrupted run has recognised of it.

        Raises:
            StorageError: the folder can't be made.
        """
        _make(job.target.parent)
        path = job.target.with_name(f".{job.target.name}.pieces")
        if self._again:
            path.unlink(missing_ok=True)
        return PiecesFile(path, self._key(job))

    def finish(self, job: Job, result: FileTranscript) -> None:
        """Writes the text and notes that it is done.

        Raises:
            StorageError: it can't be written; what was there before is intact.
        """
        data = written(result, self._form, self._engine.name).encode()
        write_atomic(job.target, data)
        problem = "" if result.problem is None else str(result.problem)
        sha256 = hashlib.sha256(data).hexdigest()
        self._done.put(job.name, {"key": self._key(job), "sha256": sha256, "problem": problem})

    def _key(self, job: Job) -> dict[str, Any]:
        """What the text depends on. Size and time of change stand for a file's bytes, as they do in build tools."""
        try:
            told = job.source.stat()
        except OSError as error:
            raise BadInput(f"{job.source} can't be read: {error.strerror}.") from error
        return {
            "source": str(job.source.absolute()),
            "size": told.st_size,
            "changed": told.st_mtime_ns,
            "engine": self._engine.name,
            "model": self._engine.model,
            "language": self._language,
        }


def _target(source: Source, stem: str, form: Form) -> Path:
    return source.below / f"{stem}.{form}"


def _make(folder: Path) -> None:
    """Makes the folders that are missing, for the user alone."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    try:
        for each in reversed(missing):
            each.mkdir(mode=0o700, exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError(0, "it is a file", str(folder))
    except OSError as error:
        raise storage_error(error, folder) from error


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
