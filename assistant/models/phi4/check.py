"""Whether a checkpoint is whole: every tensor of its config.json is there, of the right type and shape, no other."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.core.errors import ModelBroken, ModelMissing
from assistant.models.phi4.keys import lora_parts, native_key
from assistant.models.phi4.layout import Layout, detect, expected, read_config
from assistant.models.phi4.native_config import sizes_of_native
from assistant.models.phi4.shards import Spec, Tensor, broken, read_header

INDEX = "model.safetensors.index.json"
_SINGLE = "model.safetensors"
_NAMED = 3
"""How many tensors a message names."""


@dataclass(frozen=True)
class Checkpoint:
    """A folder whose structure is right.

    Attributes:
        shards: file → its tensors, in the order of their data.
    """

    folder: Path
    layout: Layout
    config: dict[str, Any]
    shards: dict[Path, dict[str, Tensor]]

    @property
    def size(self) -> int:
        """Bytes of all tensors."""
        return sum(tensor.size for tensors in self.shards.values() for tensor in tensors.values())


def check_structure(folder: Path) -> Checkpoint:
    """Reads the headers of all weight files and compares them with what config.json makes of it.

    Raises:
        ModelMissing: a file isn't there.
        ModelBroken: a shard is damaged or cut off, or its tensors aren't those of this model.
    """
    layout, config = detect(folder), read_config(folder)
    wanted = expected(config) if layout == "hub" else _expected_native(config)
    _require_tokenizer(folder)
    index = _read_index(folder)
    shards = {path: _read_shard(path) for path in _shard_files(folder, index)}
    _require_indexed(index, shards)
    _compare(wanted, shards.values())
    return Checkpoint(folder, layout, config, shards)


def _expected_native(config: dict[str, Any]) -> dict[str, Spec]:
    specs = expected(sizes_of_native(config))
    return {native_key(name): spec for name, spec in specs.items() if lora_parts(name) is None}


def _require_tokenizer(folder: Path) -> None:
    if not (folder / "tokenizer.json").is_file():
        raise _absent(folder / "tokenizer.json")


def _read_index(folder: Path) -> dict[str, str]:
    """Tensor → file name; empty where the weights are one file without an index."""
    path = folder / INDEX
    if not path.is_file():
        return {}
    try:
        files: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))["weight_map"]
        if not all(isinstance(name, str) and Path(name).name == name for name in files.values()):
            raise ValueError(INDEX)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise broken(path, "it can't be read as an index") from error
    return files


def _shard_files(folder: Path, index: Mapping[str, str]) -> list[Path]:
    return [folder / name for name in sorted(set(index.values()) or {_SINGLE})]


def _read_shard(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise _absent(path)
    try:
        return read_header(path)
    except OSError as error:
        raise ModelBroken(f"The model file {path} can't be read: {error.strerror or error}.") from error


def _require_indexed(index: Mapping[str, str], shards: Mapping[Path, Mapping[str, Tensor]]) -> None:
    """Shards of different revisions show here: the index names tensors that a file doesn't have."""
    for name, file in index.items():
        if not any(path.name == file and name in tensors for path, tensors in shards.items()):
            raise _wrong(f"{file} doesn't hold {name}, which {INDEX} says it does")


def _compare(wanted: Mapping[str, Spec], shards: Iterable[Mapping[str, Tensor]]) -> None:
    found: dict[str, Spec] = {}
    for tensors in shards:
        for name, tensor in tensors.items():
            if name in found:
                raise _wrong(f"{name} is there twice")
            found[name] = tensor.spec
    missing, extra = wanted.keys() - found.keys(), found.keys() - wanted.keys()
    if missing:
        raise _wrong(f"{len(missing)} of {len(wanted)} tensors are missing, such as {_some(missing)}")
    if extra:
        raise _wrong(f"it holds {len(extra)} tensors that it shouldn't, such as {_some(extra)}")
    for name, spec in wanted.items():
        if found[name] != spec:
            raise _wrong(f"{name} is {_words(found[name])} and should be {_words(spec)}")


def _some(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:_NAMED])


def _words(spec: Spec) -> str:
    return f"{spec[0]} {'×'.join(map(str, spec[1]))}"


def _absent(path: Path) -> ModelMissing:
    return ModelMissing(
        f"The model in {path.parent} isn't whole: {path.name} is missing.",
        action="Fetch it again with: hearsight models pull phi4",
    )


def _wrong(reason: str) -> ModelBroken:
    return ModelBroken(
        f"The weights don't fit the model's config.json: {reason}.",
        action="The files may be of different revisions. Fetch them together with: hearsight models pull phi4",
    )
