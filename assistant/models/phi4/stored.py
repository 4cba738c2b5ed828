"""What of Phi-4-multimodal is on this machine: for lists, removing, and checking the files in full."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelBroken, ModelMissing
from assistant.models.disk import plain_errors, sha256_of
from assistant.models.phi4.check import check_structure
from assistant.models.phi4.hub import Hub
from assistant.models.phi4.install import POINTER, installed, read_pointer
from assistant.models.phi4.pull import NAME
from assistant.models.phi4.record import read_record
from assistant.models.progress import Meter, Report, ignore

ABOUT = "Phi-4-multimodal: hears, sees and answers; for a GPU of 8 GB or more"
LICENCE = "MIT"
SIZE = 11_148_920_768
"""Bytes of the published weights; the converted copy has as many."""
FETCHED = SIZE + 2 * (369_098_752 + 461_373_440) + 23_000_000
"""What comes from the hub: the weights, the two adapters once more in folders of their own, the tokenizer's files."""

State = Literal["ready", "partial", "missing"]


@dataclass(frozen=True)
class StoredPhi4:
    """Like `store.Stored`, for this model.

    Attributes:
        size: bytes in the model store, copies of other folders and unfinished ones included.
        folder: the native folder that is ready.
    """

    state: State
    size: int
    folder: Path | None
    source: str


def stored(models: Path, hub: Hub | None = None) -> StoredPhi4:
    """What is there, by names and sizes."""
    folder, pointer = installed(models), read_pointer(models)
    size = sum(_bytes_in(copy) for copy in _copies(models))
    if folder is not None:
        return StoredPhi4("ready", size, folder, pointer.source if pointer else "")
    begun = size + (hub or Hub()).on_disk()
    return StoredPhi4("partial" if begun else "missing", begun, None, "")


def verify_files(folder: Path, report: Report = ignore, cancel: CancelToken | None = None) -> str:
    """Checks the structure, and hashes every weight file of a converted copy.

    Returns:
        What was found, in words.

    Raises:
        ModelMissing, ModelBroken: a file is missing or damaged.
        Cancelled: `cancel` was set.
    """
    checkpoint = check_structure(folder)
    files = read_record(folder).get("files", {})
    meter = Meter(NAME, "checking", sum(file["size"] for file in files.values()), report)
    for name, file in files.items():
        _require_same(folder / name, file, meter, cancel or CancelToken())
    tensors = sum(len(shard) for shard in checkpoint.shards.values())
    if not files:
        return f"All {tensors} tensors are there; a folder that Hearsight didn't convert has no hashes to compare."
    return f"All {tensors} tensors are there, and {len(files)} files are what their SHA-256 says."


def _require_same(path: Path, file: dict[str, object], meter: Meter, cancel: CancelToken) -> None:
    if not path.is_file():
        raise ModelMissing(
            f"The model “phi4” isn't whole: {path.name} is missing.", action="Make it anew: hearsight models pull phi4"
        )
    if sha256_of(path, cancel, lambda done: meter.set(str(path), done)) != file["sha256"]:
        path.unlink()
        raise ModelBroken(
            f"The model “phi4” is damaged: {path.name} isn't what its SHA-256 says, and was removed.",
            action="Make it anew with: hearsight models pull phi4",
        )


def remove(models: Path) -> int:
    """Deletes the converted copies and what was begun of one; not the hub's cache, nor folders of the user's.

    Returns:
        The bytes that were freed.
    """
    with plain_errors(models):
        freed = sum(_bytes_in(copy) for copy in _copies(models))
        for copy in _copies(models):
            shutil.rmtree(copy)
        (models / POINTER).unlink(missing_ok=True)
    return freed


def _copies(models: Path) -> list[Path]:
    if not models.is_dir():
        return []
    return [path for pattern in ("phi4-*", ".phi4-*.part") for path in sorted(models.glob(pattern)) if path.is_dir()]


def _bytes_in(folder: Path) -> int:
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())
