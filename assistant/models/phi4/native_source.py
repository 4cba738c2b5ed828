"""A checkpoint that is in the native layout already: used where it lies, its adapters where Hearsight expects them.

Native layouts on the hub keep the adapters in `vision-lora/` and `speech-lora/`. Such a folder gets a small one in
the store with links to its weights, and the adapters under `adapters/`.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelMissing
from assistant.models.phi4.adapters import WEIGHTS, published_folder
from assistant.models.phi4.keys import adapter_key, lora_parts
from assistant.models.phi4.layout import ADAPTERS
from assistant.models.phi4.record import RECORD, conversion_errors, write_record
from assistant.models.phi4.shards import Writer, broken, copy_tensor, read_header

_CONFIG = "adapter_config.json"


def with_adapters(folder: Path, models: Path, cancel: CancelToken) -> Path:
    """The folder itself if it has `adapters/`, else one in the store that links to it.

    Raises:
        ModelMissing: it has no adapters in either place.
        ModelBroken: an adapter's file is damaged.
        StorageError: the store can't be written.
    """
    if all((folder / "adapters" / adapter / WEIGHTS).is_file() for adapter in ADAPTERS):
        return folder
    for adapter in ADAPTERS:
        if not (published_folder(folder, adapter) / WEIGHTS).is_file():
            raise ModelMissing(
                f"The model in {folder} has no {adapter} adapter: {adapter}-lora/{WEIGHTS} is missing.",
                action="Fetch it again with: hearsight models pull phi4",
            )
    target = models / f"phi4-native-{_mark(folder)}"
    if not (target / RECORD).is_file():
        with conversion_errors(target):
            _link(folder, target, cancel)
    return target


def _mark(folder: Path) -> str:
    stats = [f"{path}{path.stat().st_size}{path.stat().st_mtime_ns}" for path in sorted(folder.rglob("*"))]
    return hashlib.sha256("\n".join([str(folder.resolve()), *stats]).encode()).hexdigest()[:16]


def _link(folder: Path, target: Path, cancel: CancelToken) -> None:
    work = target.with_name(f".{target.name}.part")
    if work.exists():
        shutil.rmtree(work)
    for path in sorted(folder.iterdir()):
        if path.is_file():
            work.mkdir(parents=True, exist_ok=True, mode=0o700)
            _place(path, work / path.name)
    for adapter in ADAPTERS:
        _take_adapter(published_folder(folder, adapter), work / "adapters" / adapter, cancel)
    if (folder / "examples").is_dir():
        shutil.copytree(folder / "examples", work / "examples")
    write_record(work, {"source": str(folder), "files": {}})
    work.replace(target)


def _place(path: Path, link: Path) -> None:
    """A link where the system allows one; a copy where it doesn't (Windows without the right to make links)."""
    try:
        link.symlink_to(path.resolve())
    except OSError:
        try:
            os.link(path.resolve(), link)
        except OSError:
            shutil.copyfile(path, link)


def _take_adapter(source: Path, target: Path, cancel: CancelToken) -> None:
    """The adapter under PEFT's own names, of the three forms that occur."""
    target.mkdir(parents=True, mode=0o700)
    tensors = read_header(source / WEIGHTS)
    parts = {name: lora_parts(name) for name in tensors}
    names = {name: adapter_key(*found[:2]) for name, found in parts.items() if found is not None}
    if len(names) != len(tensors):
        raise broken(source / WEIGHTS, "it holds tensors that are no adapter's")
    specs = {names[name]: tensor.spec for name, tensor in tensors.items()}
    with (source / WEIGHTS).open("rb") as file, Writer(target / WEIGHTS, specs) as writer:
        for name, tensor in tensors.items():
            copy_tensor(file, tensor, writer.at(names[name]), cancel)
    shutil.copyfile(source / _CONFIG, target / _CONFIG)
