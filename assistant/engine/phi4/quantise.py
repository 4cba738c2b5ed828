"""Quantised copies of the language model, made once on disk and loaded from there.

One linear map at a time goes through the device: read from the native folder, merged with the adapter in float32,
quantised, written. The bf16 model is never on the GPU, and a run that was broken off goes on with the next layer.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, TypeAlias

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelBroken, ModelMissing
from assistant.engine.base import Report
from assistant.engine.phi4.adapters import LINEARS, Adapter, AdapterWeights
from assistant.engine.phi4.dimensions import Dimensions
from assistant.engine.phi4.linears import LayerWeights, Linear, Plain, Rows, Weights
from assistant.engine.phi4.quantised import GROUP, Int4, Int8, Int8Table
from assistant.engine.phi4.tensor_file import Part, write_parts

Quantised: TypeAlias = Literal["int8", "int4"]
Table: TypeAlias = Literal["int8", "whole"]
"""The embedding table and head: shared in int8, or as the model has it."""

_FORMAT = "1"
_NORMS = ("input_layernorm", "post_attention_layernorm")
_PIECES: dict[str, tuple[str, ...]] = {"int8": ("weight", "scale"), "int4": ("packed", "scale", "low")}
_EMBED = "model.embed_tokens.weight"
_NORM = "model.norm.weight"


def quantise(
    folder: Path,
    form: Quantised,
    adapter: Adapter,
    device: torch.device | str,
    *,
    target: Path | None = None,
    report: Report = lambda _what, _share: None,
    cancel: CancelToken | None = None,
) -> Path:
    """Makes the copy with one adapter merged in, unless it is there already.

    Args:
        folder: the native folder.
        target: where the copies go; the native folder by default.

    Returns:
        The file `<form>-<adapter>.safetensors` (`text` without an adapter), mode 0600.

    Raises:
        StorageError: no space or no permission; what is complete is kept.
        Cancelled: likewise.
    """
    file = (target or folder) / f"{form}-{adapter or 'text'}.safetensors"
    source = _Source(folder, form, adapter, torch.device(device))
    if _mark_in(file) == source.mark:
        return file
    parts = source.parts()

    def make(index: int) -> Mapping[str, Tensor]:
        (cancel or CancelToken()).check()
        report(f"Making the {form} copy", index / len(parts))
        return source.make(index)

    write_parts(file, parts, make, {"format": _FORMAT, "mark": source.mark})
    return file


def quantise_table(folder: Path, device: torch.device | str, *, target: Path | None = None) -> Path:
    """Makes the int8 embedding table, which all adapters share: `int8-table.safetensors`."""
    file = (target or folder) / "int8-table.safetensors"
    mark = _mark(folder)
    if _mark_in(file) == mark:
        return file
    with _reading(folder) as read:
        kept = Int8.of(read(_EMBED).to(device))
    named = {"weight": kept.weight, "scale": kept.scale}
    write_parts(file, [_spec(named)], lambda _index: named, {"format": _FORMAT, "mark": mark})
    return file


def load(file: Path, config: Any, form: Quantised, adapter: Adapter, table: tuple[Any, Linear]) -> Weights:
    """Weights from a quantised file, on the device where the table is and for activations of the table's type.

    Args:
        table: what looks tokens up, and the head (`load_table`).
    """
    embed, head = table
    device = head.tensors()[0].device
    dtype = embed(torch.zeros(1, dtype=torch.int64, device=device)).dtype
    with _opened(file, device) as opened:
        layers = tuple(_layer(opened, form, index, dtype) for index in range(Dimensions.of(config).layers))
        return Weights(adapter, form, embed, layers, opened.get_tensor(_NORM).to(dtype), head)


def refill(weights: Weights, file: Path) -> None:
    """Copies another adapter's file into the same tensors, so that captured addresses hold."""
    assert weights.form in _PIECES
    with _opened(file, torch.device("cpu")) as opened:
        for index, layer in enumerate(weights.layers):
            for path, linear in zip(LINEARS, layer.linears(), strict=True):
                for piece, tensor in zip(_PIECES[weights.form], linear.tensors(), strict=True):
                    tensor.copy_(opened.get_tensor(f"layers.{index}.{path}.{piece}"))


def load_table(
    folder: Path, kind: Table, device: torch.device | str, dtype: torch.dtype, *, target: Path | None = None
) -> tuple[Any, Linear]:
    """What looks tokens up, and the head, which share their tensors."""
    if kind == "int8":
        with _opened(quantise_table(folder, device, target=target), torch.device(device)) as opened:
            shared = Int8(opened.get_tensor("weight"), opened.get_tensor("scale"))
        return Int8Table(shared, dtype), shared
    with _reading(folder) as read:
        whole = read(_EMBED).to(device, dtype)
    return Rows(whole), Plain(whole)


class _Source:
    """The native folder as layers to quantise, and the last norm after them."""

    def __init__(self, folder: Path, form: Quantised, adapter: Adapter, device: torch.device) -> None:
        self._folder, self._form, self._device = folder, form, device
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._layers: int = config["num_hidden_layers"]
        self._adapter = AdapterWeights.load(folder / "adapters" / adapter) if adapter else None
        self.mark = _mark(folder)

    def parts(self) -> list[Part]:
        """Each layer's tensors; layers are alike, so one is made to see types and shapes."""
        layer = {name.removeprefix("layers.0."): spec for name, spec in _spec(self.make(0)).items()}
        parts: list[Part] = [{f"layers.{i}.{name}": spec for name, spec in layer.items()} for i in range(self._layers)]
        return [*parts, _spec(self.make(self._layers))]

    @torch.no_grad()
    def make(self, index: int) -> dict[str, Tensor]:
        with _reading(self._folder) as read:
            if index == self._layers:
                return {_NORM: read(_NORM)}
            made = {f"layers.{index}.{name}": read(f"model.layers.{index}.{name}.weight") for name in _NORMS}
            for path in LINEARS:
                linear = self._quantised(f"layers.{index}.{path}", read(f"model.layers.{index}.{path}.weight"))
                for piece, tensor in zip(_PIECES[self._form], linear.tensors(), strict=True):
                    made[f"layers.{index}.{path}.{piece}"] = tensor
        return made

    def _quantised(self, name: str, weight: Tensor) -> Int8 | Int4:
        weight = weight.to(self._device).float()
        if self._adapter:
            weight = self._adapter.merged(name, weight)
        return Int8.of(weight) if self._form == "int8" else Int4.of(weight, group_for(weight.shape[1]))


def group_for(width: int) -> int:
    """128 columns, or the largest power of two below that cuts half the width evenly (small models in tests)."""
    group = GROUP
    while width % (2 * group):
        group //= 2
    return group


def _layer(opened: Any, form: Quantised, index: int, dtype: torch.dtype) -> LayerWeights:
    def linear(path: str) -> Linear:
        pieces = [opened.get_tensor(f"layers.{index}.{path}.{piece}") for piece in _PIECES[form]]
        return Int8(*pieces) if form == "int8" else Int4(*pieces)

    norms = [opened.get_tensor(f"layers.{index}.{name}").to(dtype) for name in _NORMS]
    qkv, o, gate_up, down = (linear(path) for path in LINEARS)
    return LayerWeights(norms[0], qkv, o, norms[1], gate_up, down)


def _spec(tensors: Mapping[str, Tensor]) -> Part:
    return {name: (tensor.dtype, tuple(tensor.shape)) for name, tensor in tensors.items()}


def _mark(folder: Path) -> str:
    """Tells one source from another: names and sizes of its weight files, and the converter's record where it is."""
    files = sorted([*folder.glob("model*.safetensors"), *folder.glob("adapters/*/*.safetensors")])
    if not files:
        raise ModelMissing("There are no model weights in this folder.", action="Run 'hearsight models pull phi4'.")
    record = folder / "hearsight.json"
    facts = [[str(file.relative_to(folder)), file.stat().st_size] for file in files]
    told = record.read_text(encoding="utf-8") if record.is_file() else ""
    return hashlib.sha256(json.dumps([_FORMAT, facts, told]).encode()).hexdigest()


def _mark_in(file: Path) -> str:
    if not file.is_file():
        return ""
    try:
        with _opened(file, torch.device("cpu")) as opened:
            return str((opened.metadata() or {}).get("mark", ""))
    except ModelBroken:
        return ""


@contextmanager
def _opened(file: Path, device: torch.device) -> Iterator[Any]:
    try:
        with safe_open(file, framework="pt", device=str(device)) as opened:
            yield opened
    except (SafetensorError, OSError) as error:
        raise ModelBroken(
            f"The model file '{file.name}' can't be read.", action="Delete it: it is made again."
        ) from error


@contextmanager
def _reading(folder: Path) -> Iterator[Any]:
    """A function that reads one tensor of the native folder, wherever it lies."""
    paths = sorted(folder.glob("model*.safetensors"))
    files: dict[Path, Any] = {path: safe_open(path, framework="pt", device="cpu") for path in paths}
    place = {name: path for path, opened in files.items() for name in opened.keys()}  # noqa: SIM118
    try:
        yield lambda name: files[place[name]].get_tensor(name)
    except (KeyError, SafetensorError) as error:
        raise ModelBroken("The model's files lack a tensor.", action="Run 'hearsight models verify phi4'.") from error
