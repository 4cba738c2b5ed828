"""The language model's linear maps in every form, behind one callable shape, and the set of them that a decoder uses.

Forms: "merged" (base plus adapter, one matrix product), "lora" (adapter beside the base, `[W; A]` stacked, so that it
costs one more product and no more), int8 and int4 weights (`quantised.py`). The activations' type is the weights'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, Protocol, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as nn

from assistant.engine.phi4.adapters import LINEARS, Adapter, AdapterWeights

Form: TypeAlias = Literal["bf16 merged", "bf16 lora", "float32 lora", "int8", "int4"]


class Linear(Protocol):
    """A linear map of rows `[n, in] → [n, out]`."""

    def __call__(self, rows: Tensor) -> Tensor: ...

    def tensors(self) -> tuple[Tensor, ...]:
        """Everything it reads in one product, for counting bytes and for moving."""
        ...


@dataclass(frozen=True)
class Plain:
    """One matrix `[out, in]`."""

    weight: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        return nn.linear(rows, self.weight)

    def tensors(self) -> tuple[Tensor, ...]:
        return (self.weight,)


@dataclass(frozen=True)
class Lora:
    """Base and adapter unmerged, in two products.

    Attributes:
        stacked: `[out + rank, in]`: the base above A.
        b: `[rank, out]`, times the scale.
    """

    stacked: Tensor
    b: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        both = nn.linear(rows, self.stacked)
        out = self.b.shape[1]
        return torch.addmm(both[:, :out], both[:, out:], self.b)

    def tensors(self) -> tuple[Tensor, ...]:
        return (self.stacked, self.b)

    @classmethod
    def of(cls, name: str, weight: Tensor, adapter: AdapterWeights) -> Lora:
        a, b = (w.to(weight.device, weight.dtype) for w in (adapter.a[name], adapter.b[name]))
        return cls(torch.cat([weight, a]), (b * adapter.scale).t().contiguous())


@dataclass(frozen=True)
class LayerWeights:
    """One decoder layer."""

    input_norm: Tensor
    qkv: Linear
    o: Linear
    post_norm: Tensor
    gate_up: Linear
    down: Linear

    @property
    def device(self) -> torch.device:
        return self.input_norm.device

    def linears(self) -> tuple[Linear, ...]:
        return (self.qkv, self.o, self.gate_up, self.down)


@dataclass(frozen=True)
class Weights:
    """Everything that one forward pass of the language model reads.

    Attributes:
        embed: token ids `[n]` → rows `[n, hidden]`.
        head: the last normalised row → logits.
    """

    adapter: Adapter
    form: Form
    embed: Callable[[Tensor], Tensor]
    layers: tuple[LayerWeights, ...]
    norm: Tensor
    head: Linear

    @property
    def dtype(self) -> torch.dtype:
        return self.norm.dtype

    @property
    def device(self) -> torch.device:
        """Where the table, the last norm and the head are; a layer may be elsewhere."""
        return self.norm.device

    def devices(self) -> list[torch.device]:
        """Each layer's."""
        return [layer.device for layer in self.layers]

    def bytes_per_token(self) -> int:
        """What one decoding step must read, the cache aside: every linear map and norm once, the head's table once."""
        layers = [w for layer in self.layers for linear in layer.linears() for w in linear.tensors()]
        norms = [w for layer in self.layers for w in (layer.input_norm, layer.post_norm)] + [self.norm]
        return sum(w.numel() * w.element_size() for w in (*layers, *norms, *self.head.tensors()))

    @classmethod
    def of(cls, native: Any, adapter: Adapter, form: Form) -> Weights:
        """Reads the native model's modules (`engine/phi4/native.py: Native`) in one of the unquantised forms.

        Without an adapter the tensors are the native module's own; "merged" and "lora" copy the four maps of each
        layer, and the base stays untouched beside them.
        """
        model = native.model.model
        change = _changed(None if adapter is None else native.adapters[adapter], form)
        table = model.embed_tokens.weight.detach()
        layers = tuple(_layer(layer, f"layers.{index}", change) for index, layer in enumerate(model.layers))
        # Over several GPUs the last norm may be with the last layer, and the table, which is the head, with the first.
        norm = model.norm.weight.detach().to(table.device)
        return cls(adapter, form, Rows(table), layers, norm, Plain(native.model.lm_head.weight.detach()))


@dataclass(frozen=True)
class Rows:
    """Looks token ids up in a table `[vocab, hidden]`."""

    table: Tensor

    def __call__(self, tokens: Tensor) -> Tensor:
        return nn.embedding(tokens, self.table)


def _changed(adapter: AdapterWeights | None, form: Form) -> Callable[[str, Tensor], Linear]:
    """How a base weight becomes a linear map."""
    if adapter is None:
        return lambda _name, weight: Plain(weight)
    if form == "bf16 merged":
        return lambda name, weight: Plain(adapter.merged(name, weight))
    if form in ("bf16 lora", "float32 lora"):
        return lambda name, weight: Lora.of(name, weight, adapter)
    raise ValueError(f"{form} weights come from a file: see quantise.py.")


def _layer(module: Any, name: str, change: Callable[[str, Tensor], Linear]) -> LayerWeights:
    maps = [change(f"{name}.{path}", module.get_submodule(path).weight.detach()) for path in LINEARS]
    qkv, o, gate_up, down = maps
    norms = module.input_layernorm.weight.detach(), module.post_attention_layernorm.weight.detach()
    return LayerWeights(norms[0], qkv, o, norms[1], gate_up, down)
