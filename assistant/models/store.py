"""The folder of verified model files.

    <models>/<artefact>/<file>           a file whose full SHA-256 was right
    <models>/<artefact>/.verified.json   size and modification time of each file at that moment
    <models>/.incoming/<artefact>/       a download under way; what is finished stays for the next try

A full hash costs seconds, so it is taken after a download, on `verify` and after a failed load; at start the
recorded size and time are compared.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelBroken, ModelMissing
from assistant.models.artefacts import Artefact, ModelFile
from assistant.models.catalogue import find
from assistant.models.disk import plain_errors, sha256_of
from assistant.models.locks import locked
from assistant.models.progress import Meter, Report, ignore

log = logging.getLogger(__name__)

_RECORD = ".verified.json"
_INCOMING = ".incoming"
State = Literal["ready", "unverified", "broken", "partial", "missing"]


@dataclass(frozen=True)
class Stored:
    """What the store holds of one artefact.

    Attributes:
        state: `ready`; `unverified`: all files are there, but changed or never hashed; `broken`: a file has the wrong
            size; `partial`: a download was begun; `missing`.
        size: bytes on disk, including unfinished downloads.
    """

    artefact: Artefact
    state: State
    size: int


class ModelStore:
    """Finds, verifies and removes model files.

    Args:
        models: the store's folder; it may not exist yet.
        find: the catalogue to go by.
    """

    def __init__(self, models: Path, find: Callable[[str], Artefact] = find) -> None:
        self.folder = models
        self._find = find

    def path(self, name: str) -> Path:
        """The artefact's folder, with all its files present.

        Raises:
            ModelMissing: one isn't there.
            BadInput: the catalogue doesn't know the name.
        """
        artefact = self._find(name)
        self._require_files(artefact)
        return self.folder_of(artefact)

    def check_quick(self, name: str) -> bool:
        """Compares sizes and times with the record: says whether the files are those that were verified.

        Returns:
            False where they were never hashed or were touched since: call `verify`.

        Raises:
            ModelMissing: a file isn't there.
            ModelBroken: a file has the wrong size.
        """
        artefact = self._find(name)
        self._require_files(artefact)
        return self.is_recorded(artefact)

    def is_recorded(self, artefact: Artefact) -> bool:
        """`check_quick` for a given artefact, all of whose files are there."""
        record = self._read_record(artefact)
        for file in artefact.files:
            if self._stat(artefact, file)[0] != file.size:
                raise _broken(artefact, file)
            if record.get(file.name) != [file.sha256, *self._stat(artefact, file)]:
                return False
        return True

    def verify(self, name: str, report: Report = ignore, cancel: CancelToken | None = None) -> None:
        """Hashes every file in full and records the result. A file with a wrong hash is removed: it is of no use.

        Raises:
            ModelMissing: a file isn't there.
            ModelBroken: a file isn't what its hash says.
        """
        artefact = self._find(name)
        self._require_files(artefact)
        wrong = self.hash_files(artefact, report, cancel or CancelToken())
        if wrong:
            raise _broken(artefact, wrong[0], removed=True)

    def hash_files(self, artefact: Artefact, report: Report, cancel: CancelToken) -> list[ModelFile]:
        """Hashes what is there, removes what is wrong, records the rest. Returns the files that are not (any more)."""
        meter = Meter(artefact.name, "checking", artefact.size, report)
        wanting = []
        for file in artefact.files:
            path = self.folder_of(artefact) / file.name
            if not path.is_file():
                wanting.append(file)
            elif not _is_good(path, file, meter, cancel):
                path.unlink()
                wanting.append(file)
        self.record(artefact)
        return wanting

    def admit(self, artefact: Artefact, file: ModelFile, path: Path, *, report: Report, cancel: CancelToken) -> None:
        """Takes a finished file over, if its full hash is right; else removes it.

        Raises:
            ModelBroken: it isn't what its hash says.
        """
        meter = Meter(artefact.name, "checking", file.size, report)
        if not _is_good(path, file, meter, cancel):
            path.unlink()
            raise _broken(artefact, file, removed=True)
        path.chmod(0o600)
        folder = self.folder_of(artefact)
        folder.mkdir(mode=0o700, exist_ok=True)
        path.replace(folder / file.name)

    def record(self, artefact: Artefact) -> None:
        """Notes size and time of the files, all of which were just hashed."""
        folder = self.folder_of(artefact)
        present = [file for file in artefact.files if (folder / file.name).is_file()]
        data = {file.name: [file.sha256, *self._stat(artefact, file)] for file in present}
        try:
            draft = folder / f"{_RECORD}.new"
            draft.write_text(json.dumps(data), encoding="utf-8")
            draft.chmod(0o600)
            draft.replace(folder / _RECORD)
        except OSError as error:
            # A shared, read-only model folder is fine: the files were hashed, and will be again next time.
            log.info("No record of verified models in %s: %s", folder, error)

    def remove(self, name: str) -> int:
        """Deletes an artefact and what was begun of it.

        Returns:
            The bytes that were freed.
        """
        artefact = self._find(name)
        with plain_errors(self.folder), self.lock(artefact, ignore, CancelToken()):
            freed = self.stored(artefact).size
            for folder in (self.folder_of(artefact), self.incoming(artefact)):
                if folder.is_symlink():
                    folder.unlink()
                elif folder.exists():
                    shutil.rmtree(folder)
        return freed

    def stored(self, artefact: Artefact) -> Stored:
        """What is there of an artefact, by names, sizes and times."""
        folder, begun = self.folder_of(artefact), _bytes_in(self.incoming(artefact))
        size = sum(self._stat(artefact, file)[0] for file in artefact.files if (folder / file.name).is_file())
        return Stored(artefact, self._state(artefact, begun + size), begun + size)

    def _state(self, artefact: Artefact, size: int) -> State:
        try:
            self._require_files(artefact)
            return "ready" if self.is_recorded(artefact) else "unverified"
        except ModelBroken:
            return "broken"
        except ModelMissing:
            return "partial" if size else "missing"

    def folder_of(self, artefact: Artefact) -> Path:
        return self.folder / artefact.name

    def incoming(self, artefact: Artefact) -> Path:
        """Where a download of this artefact grows."""
        return self.folder / _INCOMING / artefact.name

    @contextmanager
    def lock(self, artefact: Artefact, report: Report, cancel: CancelToken) -> Iterator[None]:
        """Keeps two processes from fetching or removing the same artefact at once; the second one waits."""
        with locked(self.folder / _INCOMING, artefact.name, report, cancel):
            yield

    def _require_files(self, artefact: Artefact) -> None:
        for file in artefact.files:
            if not (self.folder_of(artefact) / file.name).is_file():
                raise ModelMissing(
                    f"The model “{artefact.name}” isn't on this machine.",
                    action=f"Fetch it with: hearsight models pull {artefact.name}",
                )

    def _stat(self, artefact: Artefact, file: ModelFile) -> tuple[int, int]:
        stat = (self.folder_of(artefact) / file.name).stat()
        return stat.st_size, stat.st_mtime_ns

    def _read_record(self, artefact: Artefact) -> dict[str, Any]:
        try:
            data = json.loads((self.folder_of(artefact) / _RECORD).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return data if isinstance(data, dict) else {}


def _is_good(path: Path, file: ModelFile, meter: Meter, cancel: CancelToken) -> bool:
    if path.stat().st_size != file.size:
        return False
    return sha256_of(path, cancel, lambda done: meter.set(file.name, done)) == file.sha256


def _broken(artefact: Artefact, file: ModelFile, *, removed: bool = False) -> ModelBroken:
    return ModelBroken(
        f"The model “{artefact.name}” is damaged: {file.name} isn't what its SHA-256 says"
        + (", and was removed." if removed else "."),
        action=f"Fetch it again with: hearsight models pull {artefact.name}",
    )


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) if folder.is_dir() else 0
