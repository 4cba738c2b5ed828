"""The native model folder that an engine loads, from whatever folder the user names.

<models>/phi4-<fingerprint>/    a converted copy (see conversion.py)
<models>/phi4.json              which folder `hearsight models pull phi4` made ready
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.files import write_atomic
from assistant.models.locks import locked
from assistant.models.phi4 import native_source
from assistant.models.phi4.check import check_structure
from assistant.models.phi4.conversion import convert
from assistant.models.phi4.fingerprint import FORMAT, fingerprint
from assistant.models.phi4.layout import detect
from assistant.models.phi4.record import conversion_errors, read_record
from assistant.models.progress import Report, ignore

POINTER = "phi4.json"
_INCOMING = ".incoming"
_DIGITS = 16


@dataclass(frozen=True)
class Installed:
    """What `pull` made ready.

    Attributes:
        folder: the native folder.
        source: the hub's name and revision, or the folder that it came from.
    """

    folder: Path
    source: str


def prepare(folder: Path, models: Path, report: Report = ignore, cancel: CancelToken | None = None) -> Path:
    """A native folder ready to load, from a folder in the published or in the native layout.

    A published layout is converted once; the copy is found again by the fingerprint of its source. A native one is
    taken as it is.

    Args:
        folder: the checkpoint; only read.
        models: the model store, where the copy goes.

    Raises:
        ModelMissing, ModelBroken: the folder isn't a whole Phi-4-multimodal checkpoint.
        StorageError: the disk is full or can't be written.
        Cancelled: `cancel` was set; finished parts are kept.
    """
    cancel = cancel or CancelToken()
    if detect(folder) == "native":
        check_structure(folder)
        return native_source.with_adapters(folder, models, cancel)
    mark = fingerprint(folder)
    target = models / f"phi4-{mark[:_DIGITS]}"
    if is_converted(target, mark):
        return target
    with conversion_errors(target), locked(models / _INCOMING, target.name, report, cancel):
        if not is_converted(target, mark):
            convert(folder, target, report, cancel)
    return target


def is_converted(target: Path, mark: str) -> bool:
    """Whether this is a whole finished copy of that source."""
    record = read_record(target)
    return record.get("format") == FORMAT and record.get("source") == mark and is_whole(target)


def is_whole(folder: Path) -> bool:
    """Whether a native folder's files are there; of a converted one, in their sizes."""
    files = [(folder / name, file["size"]) for name, file in read_record(folder).get("files", {}).items()]
    sizes = all(path.is_file() and path.stat().st_size == size for path, size in files)
    return sizes and (folder / "config.json").is_file()


def installed(models: Path) -> Path | None:
    """The native folder of the pulled model; None where there is none (any more), or not a whole one."""
    found = read_pointer(models)
    return found.folder if found and is_whole(found.folder) else None


def read_pointer(models: Path) -> Installed | None:
    """What `pull` noted."""
    try:
        data = json.loads((models / POINTER).read_text(encoding="utf-8"))
        return Installed(models / data["folder"], data["source"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def note(models: Path, folder: Path, source: str) -> None:
    """Makes `folder` the installed one. Copies in the store are noted by name, so that the store can be moved."""
    inside = folder.parent == models
    pointer = asdict(Installed(Path(folder.name) if inside else folder, source))
    write_atomic(models / POINTER, json.dumps({**pointer, "folder": str(pointer["folder"])}, indent=2).encode())
