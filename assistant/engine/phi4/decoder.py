"""The language model's forward pass over one conversation: prefill in pieces, and single steps.

Batch 1, on weights read off the native modules; the cache and the rope tables are our own. The same layer function
serves prefill, the plain step and the captured step, so that they can't drift apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as nn

from assistant.engine.phi4 import attention as kinds
from assistant.engine.phi4.adapters import Adapter, Side
from assistant.engine.phi4.attention import Attention
from assistant.engine.phi4.cache import KvCache, in_buckets
from assistant.engine.phi4.dimensions import Dimensions
from assistant.engine.phi4.linears import LayerWeights, Weights
from assistant.engine.phi4.rope import RopeTables, rotate

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""Layer number, query `[n, heads, head]`, key and value `[n, kv_heads, head]` → `[n, heads * head]`."""


class Decoder:
    """One language model with one cache.

    Args:
        config: a `Phi4MultimodalConfig`.
        weights: one set for every adapter, or a source that gives the set of an adapter.
        attention: "eager" is the reference arithmetic, "sdpa" PyTorch's fused kernels, "flash" those of
            flash-attn (prefill only: a step's attention is one matrix product over each key head in any case).
        capacity: tokens to make room for at first; the cache grows on its own.
    """

    def __init__(
        self,
        config: Any,
        weights: Weights | Callable[[Adapter], Weights],
        *,
        attention: Attention = "sdpa",
        capacity: int = 4096,
    ) -> None:
        self.sizes = Dimensions.of(config)
        self._source = (lambda _adapter: weights) if isinstance(weights, Weights) else weights
        self.weights = weights if isinstance(weights, Weights) else weights(None)
        self._attend = {"eager": kinds.eager, "sdpa": kinds.sdpa, "flash": kinds.flash}[attention]
        self.cache = KvCache(self.sizes, capacity, self.weights.devices(), self.weights.dtype)
        self.rope = RopeTables(config, self.cache.capacity, self.weights.device, self.weights.dtype)

    def use(self, adapter: Adapter) -> None:
        """Chooses the conversation's adapter. What the cache holds was made with another one: the caller rewinds."""
        self.weights = self._source(adapter)

    def reserve(self, tokens: int) -> None:
        """Makes room for so many tokens in all (out of memory: what counts is unchanged)."""
        # The tables first: they always reach as far as the cache, and move only when the cache says that it did.
        self.rope.extend(in_buckets(tokens))
        self.cache.reserve(tokens)

    @torch.no_grad()
    def embed(self, tokens: list[int]) -> Tensor:
        """Rows `[n, hidden]` of text tokens, from this decoder's own table."""
        return self.weights.embed(torch.tensor(tokens, device=self.weights.device))

    @torch.no_grad()
    def prefill(self, embeds: Tensor, side: Side) -> Tensor:
        """Reads `[n, hidden]` rows in at the cache's end.

        Returns:
            Logits after the last row: float32 `[vocab]`.
        """
        start, count = self.cache.length, len(embeds)
        self.reserve(start + count)
        cos, sin = self.rope.rows(start, count, side)
        allowed = kinds.causal(start, count, embeds.device)

        def attend(layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
            kept = self.cache.layers[layer]
            kept[:, :, start : start + count] = torch.stack([key, value]).transpose(1, 2)
            keys, values = kept[:, :, : start + count]
            return self._attend(query, keys, values, None if allowed is None else allowed.to(keys.device))

        rows = run_layers(embeds.to(self.weights.dtype), self.weights, self.sizes, cos, sin, attend)
        self.cache.length = start + count
        return to_logits(rows[-1:], self.weights, self.sizes)[0]

    def step(self, token: int, side: Side) -> Tensor:
        """Reads one text token in; logits float32 `[vocab]` after it."""
        return self.prefill(self.embed([token]), side)


def run_layers(rows: Tensor, weights: Weights, sizes: Dimensions, cos: Tensor, sin: Tensor, attend: Attend) -> Tensor:
    """All layers over `[n, hidden]` rows; the last norm is `to_logits`'s."""
    for index, layer in enumerate(weights.layers):
        if rows.device != layer.device:
            rows, cos, sin = (tensor.to(layer.device) for tensor in (rows, cos, sin))
        rows = one_layer(rows, layer, sizes, cos, sin, lambda q, k, v, i=index: attend(i, q, k, v))  # type: ignore[misc]
    return rows


def one_layer(
    rows: Tensor,
    layer: LayerWeights,
    sizes: Dimensions,
    cos: Tensor,
    sin: Tensor,
    attend: Callable[[Tensor, Tensor, Tensor], Tensor],
) -> Tensor:
    """Attention and gated MLP, each with its norm before and the rows added after."""
    heads, kv_heads, head = sizes.heads, sizes.kv_heads, sizes.head
    states = layer.qkv(_norm(rows, layer.input_norm, sizes)).view(len(rows), heads + 2 * kv_heads, head)
    turned = rotate(states[:, : heads + kv_heads], cos, sin)
    mixed = attend(turned[:, :heads], turned[:, heads:], states[:, heads + kv_heads :])
    rows = rows + layer.o(mixed)
    gate, up = layer.gate_up(_norm(rows, layer.post_norm, sizes)).chunk(2, dim=-1)
    return rows + layer.down(nn.silu(gate) * up)


def to_logits(rows: Tensor, weights: Weights, sizes: Dimensions) -> Tensor:
    """Float32 `[n, vocab]` of the last layer's rows."""
    return weights.head(_norm(rows.to(weights.device), weights.norm, sizes)).float()


def _norm(rows: Tensor, weight: Tensor, sizes: Dimensions) -> Tensor:
    return nn.rms_norm(rows, (sizes.hidden,), weight, sizes.eps)
