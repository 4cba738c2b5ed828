"""The model that `bench phi4` measures: real or random weights, in every form, with the decoders over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from assistant.bench import phi4_forms
from assistant.bench.phi4_models import attach, random_native
from assistant.engine.phi4 import quantise
from assistant.engine.phi4.adapters import LINEARS, Adapter, AdapterWeights
from assistant.engine.phi4.decode import DecodeLoop
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import LayerWeights, Plain, Weights
from assistant.engine.phi4.native import Native, load_native
from assistant.engine.phi4.quantise import Quantised
from assistant.engine.phi4.steps import StepKind

_ADAPTER: Adapter = "vision"
"""The one that quantised forms are measured with."""


class Subject:
    """One loaded model.

    Args:
        folder: of a native model; empty for random weights.
        capacity: tokens that each decoder has room for.
        say: told what had to run slower, or can't be measured.

    Attributes:
        whole: what the unquantised form is called.
        choose: switches the native model's own adapter; None where peft can't put it there.
        slower: how often something had to run slower than it could.
    """

    def __init__(
        self, device: torch.device, folder: str, *, thin: bool, capacity: int, say: Callable[[str], None]
    ) -> None:
        self._folder = Path(folder).expanduser() if folder else None
        self._capacity, self._say, self._thin = capacity, say, thin
        self.slower = 0
        self.whole = "bf16" if device.type == "cuda" else "float32"
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        self.native = self._load(device, dtype)
        # Read before peft wraps the linear maps: the same tensors, whatever their modules become.
        self._base = Weights.of(self.native, None, "bf16 merged")
        self._held: tuple[Any, Weights] | None = None
        self.choose = self._attached()

    def weights(self, form: str, adapter: Adapter = _ADAPTER) -> Weights:
        """Made when they are asked for, and kept until others are: on a small card only one set fits."""
        if form == self.whole and adapter is None:
            return self._base
        if self._held is None or self._held[0] != (form, adapter):
            self._held = None
            self._held = (form, adapter), self._merged(adapter) if form == self.whole else self._quantised(form)
        return self._held[1]

    def decoder(self, weights: Weights, step: StepKind | None = None) -> tuple[Decoder, DecodeLoop]:
        decoder = Decoder(self.native.config, weights, capacity=self._capacity)
        return decoder, DecodeLoop(decoder, step=step or ("compiled" if self._thin else "auto"), notice=self._notice)

    def _notice(self, text: str) -> None:
        self.slower += 1
        self._say(text)

    def _load(self, device: torch.device, dtype: torch.dtype) -> Native:
        if self._folder:
            return load_native(self._folder, device, dtype)
        return random_native(device, dtype, thin=self._thin)

    def _merged(self, adapter: Adapter) -> Weights:
        assert adapter is not None
        lora = self.native.adapters[adapter]
        layers = (_merged(layer, index, lora) for index, layer in enumerate(self._base.layers))
        return replace(self._base, adapter=adapter, layers=tuple(layers))

    def _quantised(self, form: Any) -> Weights:
        """Of a real model the very files that the engine reads; of random weights the same, made in memory."""
        if self._folder is None:
            return phi4_forms.quantised(self._merged(_ADAPTER), form)
        return _from_files(self._folder, form, self.native)

    def _attached(self) -> Callable[[str | None], None] | None:
        try:
            choose = attach(self.native)
        except Exception as error:  # Whatever another version of peft throws, ours is still measured.
            self._say(f"generate() was measured without an adapter, which flatters it ({type(error).__name__}).")
            return None
        if choose is None:
            self._say("peft isn't installed: generate() was measured without an adapter, which flatters it.")
        return choose


def _merged(layer: LayerWeights, index: int, lora: AdapterWeights) -> LayerWeights:
    maps = []
    for path, linear in zip(LINEARS, layer.linears(), strict=True):
        maps.append(Plain(lora.merged(f"layers.{index}.{path}", linear.tensors()[0])))
    qkv, o, gate_up, down = maps
    return replace(layer, qkv=qkv, o=o, gate_up=gate_up, down=down)


def _from_files(folder: Path, form: Quantised, native: Native) -> Weights:
    file = quantise.quantise(folder, form, _ADAPTER, native.device)
    table = quantise.load_table(folder, "int8", native.device, native.dtype)
    return quantise.load(file, native.config, form, _ADAPTER, table)
