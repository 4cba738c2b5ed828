"""The weights of each adapter, as many sets in memory as there is room for; the others are filled into a set in place.

In place, because captured steps read fixed addresses. A set is always filled from what never changes (the base weights
and the adapter, or a file), so switching to and fro loses nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from assistant.engine.phi4 import quantise
from assistant.engine.phi4.adapters import LINEARS, Adapter, AdapterWeights
from assistant.engine.phi4.linears import Linear, Lora, Weights


class Source(Protocol):
    """Where sets come from.

    Attributes:
        text_is_free: the set without an adapter takes no memory of its own.
        most: how many sets that do can exist at once.
    """

    text_is_free: bool
    most: int

    def make(self, adapter: Adapter) -> Weights: ...

    def refill(self, weights: Weights, adapter: Adapter) -> None:
        """Turns a set that `make` gave into another adapter's, in the same tensors."""
        ...


class WeightSets:
    """Calling it with an adapter gives that adapter's weights.

    Args:
        slots: how many sets may be in memory, at least 1; a set that is free doesn't count.
        on_switch: told the adapter and the seconds whenever a set was made or refilled.
    """

    def __init__(
        self,
        source: Source,
        slots: int,
        on_switch: Callable[[Adapter, float], None] = lambda _adapter, _seconds: None,
    ) -> None:
        self._source = source
        self._slots = max(1, min(slots, source.most))
        self._on_switch = on_switch
        self._sets: dict[Adapter, Weights] = {}
        """In the order of their last use."""

    def __call__(self, adapter: Adapter) -> Weights:
        if adapter in self._sets:
            self._sets[adapter] = self._sets.pop(adapter)
        else:
            started = time.perf_counter()
            self._sets[adapter] = self._provide(adapter)
            self._on_switch(adapter, time.perf_counter() - started)
        return self._sets[adapter]

    @torch.no_grad()
    def _provide(self, adapter: Adapter) -> Weights:
        paid = [held for held in self._sets if held is not None or not self._source.text_is_free]
        free = adapter is None and self._source.text_is_free
        if free or len(paid) < self._slots:
            return self._source.make(adapter)
        weights = self._sets.pop(paid[0])
        self._source.refill(weights, adapter)
        return replace(weights, adapter=adapter)


class MergedSource:
    """Adapters merged into copies of the native model's linear maps, which stay as they are."""

    text_is_free = True
    most = 2

    def __init__(self, native: Any) -> None:
        self._native = native

    def make(self, adapter: Adapter) -> Weights:
        return Weights.of(self._native, adapter, "bf16 merged")

    def refill(self, weights: Weights, adapter: Adapter) -> None:
        assert adapter is not None
        for index, path, linear in _linears(weights):
            base = self._native.model.model.layers[index].get_submodule(path).weight
            merged = self._native.adapters[adapter].merged(f"layers.{index}.{path}", base)
            linear.tensors()[0].copy_(merged)


class LoraSource:
    """Adapters beside the base, in rows of the same matrices: `[W; A]` once, A filled in place.

    The native model's weights become views of those matrices, so that the base is in memory once. The adapters stay
    wherever `native.adapters` has them, which may be the host.
    """

    text_is_free = True
    most = 1

    def __init__(self, native: Any, form: Any = "bf16 lora") -> None:
        self._native, self._form = native, form
        rank = max(adapter.rank() for adapter in native.adapters.values())
        layers = native.model.model.layers
        self._stacked = [{path: _stack(layer.get_submodule(path), rank) for path in LINEARS} for layer in layers]
        self._rank = rank

    def make(self, adapter: Adapter) -> Weights:
        base = Weights.of(self._native, None, self._form)
        if adapter is None:
            return base
        layers = []
        for layer, stacks in zip(base.layers, self._stacked, strict=True):
            qkv, o, gate_up, down = (self._lora(stacked) for stacked in stacks.values())
            layers.append(replace(layer, qkv=qkv, o=o, gate_up=gate_up, down=down))
        weights = replace(base, adapter=adapter, layers=tuple(layers))
        self.refill(weights, adapter)
        return weights

    def refill(self, weights: Weights, adapter: Adapter) -> None:
        assert adapter is not None
        loaded: AdapterWeights = self._native.adapters[adapter]
        rank = loaded.rank()
        for index, path, linear in _linears(weights):
            name = f"layers.{index}.{path}"
            stacked, b = linear.tensors()
            out = b.shape[1]
            # Rows that this adapter's lower rank leaves over add nothing: their B is zero.
            b.zero_()
            b[:rank].copy_((loaded.b[name].float() * loaded.scale).t())
            stacked[out:].zero_()
            stacked[out : out + rank].copy_(loaded.a[name])

    def _lora(self, stacked: Tensor) -> Lora:
        return Lora(stacked, stacked.new_zeros(self._rank, stacked.shape[0] - self._rank))


class FileSource:
    """Quantised sets from their files (`quantise.py`), with one table for all."""

    text_is_free = False
    most = 3

    def __init__(
        self, config: Any, form: quantise.Quantised, files: dict[Adapter, Path], table: tuple[Any, Linear]
    ) -> None:
        self._config, self._form, self._files, self._table = config, form, files, table

    def make(self, adapter: Adapter) -> Weights:
        return quantise.load(self._files[adapter], self._config, self._form, adapter, self._table)

    def refill(self, weights: Weights, adapter: Adapter) -> None:
        quantise.refill(weights, self._files[adapter])


def _linears(weights: Weights) -> list[tuple[int, str, Linear]]:
    return [
        (index, path, linear)
        for index, layer in enumerate(weights.layers)
        for path, linear in zip(LINEARS, layer.linears(), strict=True)
    ]


def _stack(module: Any, rank: int) -> Tensor:
    """Moves a module's weight into the top of a matrix with `rank` rows more."""
    weight: Tensor = module.weight.detach()
    out, width = weight.shape
    stacked = weight.new_zeros(out + rank, width)
    stacked[:out] = weight
    module.weight = nn.Parameter(stacked[:out], requires_grad=False)
    return stacked
