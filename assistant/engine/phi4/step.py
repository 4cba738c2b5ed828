"""One decoding step on fixed buffers: no size, address or value in it depends on how far the answer has come.

That is what a CUDA graph can capture and a compiler can compile once. Keys and values are read up to a whole bucket,
and what lies beyond the current position is masked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from assistant.engine.phi4.adapters import Side
from assistant.engine.phi4.attention import eager
from assistant.engine.phi4.cache import in_buckets
from assistant.engine.phi4.decoder import Decoder, one_layer, to_logits
from assistant.engine.phi4.dimensions import Dimensions
from assistant.engine.phi4.linears import LayerWeights


@dataclass(frozen=True)
class Place:
    """Where the step stands: three `[1]` int64 tensors that it reads and moves on itself.

    Attributes:
        token: the token to read in.
        position: where its keys and values go.
        row: its row of the rope tables, which tell the two sides apart.
    """

    token: Tensor
    position: Tensor
    row: Tensor

    @classmethod
    def on(cls, device: torch.device) -> Place:
        return cls(*(torch.zeros(1, dtype=torch.int64, device=device) for _ in range(3)))

    def set(self, token: Tensor | int, decoder: Decoder, side: Side) -> None:
        """Points at the cache's end."""
        if isinstance(token, int):
            self.token.fill_(token)
        else:
            self.token.copy_(token)
        self.position.fill_(decoder.cache.length)
        self.row.fill_(decoder.rope.row(decoder.cache.length, side))

    def advance(self) -> None:
        self.position.add_(1)
        self.row.add_(1)


class Step(Protocol):
    """Reads `place.token` in and gives float32 logits `[vocab]`; moves nothing on."""

    def __call__(self, decoder: Decoder, place: Place, bucket: int) -> Tensor: ...


def bucket_of(decoder: Decoder, more: int) -> int:
    """The keys that a step must read once the cache holds `more` tokens more."""
    return min(in_buckets(decoder.cache.length + more), decoder.cache.capacity)


Region = Callable[
    [Tensor, tuple[LayerWeights, ...], tuple[Tensor, ...], Dimensions, Tensor, Tensor, Tensor, Tensor], Tensor
]
"""As `static_layers`."""


class LayerStep:
    """The step with PyTorch's own operations, some neighbouring layers at a time.

    Args:
        region: `static_layers`, or a compiled one.
        at_once: layers given to `region` in one call.
    """

    def __init__(self, region: Region | None = None, at_once: int = 1) -> None:
        self._region = region or static_layers
        self._at_once = at_once

    def __call__(self, decoder: Decoder, place: Place, bucket: int) -> Tensor:
        weights, sizes, size = decoder.weights, decoder.sizes, self._at_once
        rows = weights.embed(place.token)
        cos, sin = (table.index_select(0, place.row) for table in (decoder.rope.cos, decoder.rope.sin))
        seen = torch.arange(bucket, device=rows.device) <= place.position
        for first in range(0, len(weights.layers), size):
            layers = weights.layers[first : first + size]
            kept = tuple(block[:, :, :bucket] for block in decoder.cache.layers[first : first + size])
            if rows.device != layers[0].device:
                rows, cos, sin, seen = (tensor.to(layers[0].device) for tensor in (rows, cos, sin, seen))
            rows = self._region(rows, layers, kept, sizes, cos, sin, seen, place.position.to(rows.device))
        return to_logits(rows, weights, sizes)[0]


def static_layers(
    rows: Tensor,
    layers: tuple[LayerWeights, ...],
    kept: tuple[Tensor, ...],
    sizes: Dimensions,
    cos: Tensor,
    sin: Tensor,
    seen: Tensor,
    position: Tensor,
) -> Tensor:
    """Neighbouring layers for one token.

    Args:
        kept: each layer's part of the cache, `[2, kv_heads, bucket, head_dim]`, written at `position`.
        seen: bool `[bucket]`.
    """
    for layer, block in zip(layers, kept, strict=True):
        rows = one_layer(rows, layer, sizes, cos, sin, _over(block, seen, position))
    return rows


def _over(block: Tensor, seen: Tensor, position: Tensor) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    def attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        block.index_copy_(2, position, torch.stack([key[0], value[0]])[:, :, None])
        return eager(query, block[0], block[1], seen)

    return attend


def compiled_layers() -> Region:
    """`static_layers` through torch.compile: one compilation serves all regions, which differ in their tensors only."""
    compiled = torch.compile(static_layers, fullgraph=True)

    def region(
        rows: Tensor,
        layers: tuple[LayerWeights, ...],
        kept: tuple[Tensor, ...],
        sizes: Dimensions,
        cos: Tensor,
        sin: Tensor,
        seen: Tensor,
        position: Tensor,
    ) -> Tensor:
        # How many keys are read is left open, or each bucket would be compiled for itself.
        torch._dynamo.mark_dynamic(seen, 0)
        for block in kept:
            torch._dynamo.mark_dynamic(block, 2)
        return compiled(rows, layers, kept, sizes, cos, sin, seen, position)

    return region
