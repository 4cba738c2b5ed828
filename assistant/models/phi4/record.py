"""Notes on the disk: how far a conversion has come, and what a finished one is."""

from __future__ import annotations

import errno
import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.core.errors import StorageError
from assistant.core.files import write_atomic

RECORD = "hearsight.json"
_PROGRESS = "progress.json"


@dataclass
class Progressed:
    """Which shards of a conversion are finished and on the disk.

    Attributes:
        fingerprint: of the source; another one makes an unfinished folder worthless.
        done: shard → bytes of its tensors.
    """

    work: Path
    fingerprint: str
    done: dict[str, int] = field(default_factory=dict)

    @classmethod
    def open(cls, work: Path, fingerprint: str) -> Progressed:
        """Goes on with what is in `work`, or begins there anew."""
        noted = _read(work / _PROGRESS)
        if noted.get("fingerprint") == fingerprint and isinstance(noted.get("done"), dict):
            return cls(work, fingerprint, noted["done"])
        if work.exists():
            shutil.rmtree(work)
        work.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        work.mkdir(mode=0o700)
        begun = cls(work, fingerprint)
        begun._write()
        return begun

    @property
    def size(self) -> int:
        return sum(self.done.values())

    def add(self, shard: str, size: int) -> None:
        """Called when the shard's bytes are on the disk."""
        self.done[shard] = size
        self._write()

    def forget(self) -> None:
        (self.work / _PROGRESS).unlink()

    def _write(self) -> None:
        text = json.dumps({"fingerprint": self.fingerprint, "done": self.done})
        write_atomic(self.work / _PROGRESS, text.encode())


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Makes a folder a converted one: written last."""
    write_atomic(folder / RECORD, json.dumps(record, indent=2).encode())


def read_record(folder: Path) -> dict[str, Any]:
    """What `write_record` wrote; empty where it is another folder."""
    return _read(folder / RECORD)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


@contextmanager
def conversion_errors(target: Path) -> Iterator[None]:
    """The system's refusals while converting, in plain words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(target) from error
        raise StorageError(
            f"The model can't be converted to {target}: {error.strerror or error}.",
            kept="What is finished of it is kept.",
            action="Make the model folder readable and writable, or set HEARSIGHT_MODELS to another folder.",
        ) from error


def _full(target: Path) -> StorageError:
    return StorageError(
        f"The disk of {target.parent} became full while the model was converted.",
        kept="The finished parts are kept.",
        action="Free some space and start it again: it goes on where it stopped. "
        "Or set HEARSIGHT_MODELS to a folder on another disk.",
    )
