"""The key-value cache: one block a layer, a length, and rewinding by setting the length."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from assistant.engine.phi4.dimensions import Dimensions

BUCKET = 1024
"""Blocks grow by, and a captured step reads, whole buckets of so many tokens."""


class KvCache:
    """Keys and values of one conversation.

    Attributes:
        layers: for each layer `[2, kv_heads, capacity, head_dim]`, keys first, on that layer's device; what lies beyond
            `length` is stale and never read.
        length: tokens that count.
        generation: changes when a block moves, so that captured addresses can be told to be old.
    """

    def __init__(self, sizes: Dimensions, capacity: int, devices: Sequence[torch.device], dtype: torch.dtype) -> None:
        self._sizes = sizes
        self._dtype = dtype
        self.length = 0
        self.generation = 0
        self.layers = [self._empty(capacity, device) for device in devices]

    @property
    def capacity(self) -> int:
        return min(layer.shape[2] for layer in self.layers)

    def reserve(self, tokens: int) -> None:
        """Makes room for so many tokens in all, keeping what is there.

        Layer by layer, so that growing takes one layer's memory more than the result and not as much again.

        Raises:
            torch.OutOfMemoryError: there is no room; content and capacity are as before.
        """
        if tokens <= self.capacity:
            return
        self.generation += 1
        for index, old in enumerate(self.layers):
            if old.shape[2] < tokens:
                larger = self._empty(tokens, old.device)
                larger[:, :, : self.length] = old[:, :, : self.length]
                self.layers[index] = larger

    def rewind(self, length: int) -> None:
        """Forgets everything from `length` on. Exact: later writes overwrite what is stale."""
        if not 0 <= length <= self.length:
            raise ValueError(f"Can't rewind from {self.length} to {length} tokens.")
        self.length = length

    def shrink(self) -> None:
        """Gives back the memory beyond what the tokens need, in whole buckets.

        So goes what a growth that ran out of memory left behind in some layers.
        """
        wanted = in_buckets(self.length)
        for index, old in enumerate(self.layers):
            if old.shape[2] > wanted:
                self.generation += 1
                smaller = self._empty(wanted, old.device)
                smaller[:, :, : self.length] = old[:, :, : self.length]
                self.layers[index] = smaller

    def _empty(self, tokens: int, device: torch.device) -> Tensor:
        sizes, rows = self._sizes, in_buckets(tokens)
        # Zeros, not `empty`: a step multiplies stale values by weight 0, and 0 times a stray NaN is NaN. One row more
        # than is used, so that a whole block is as little contiguous as its part: compiled code tells those apart.
        block = torch.zeros((2, sizes.kv_heads, rows + 1, sizes.head), device=device, dtype=self._dtype)
        return block[:, :, :rows]


def in_buckets(tokens: int) -> int:
    """The tokens rounded up to whole buckets, at least one."""
    return max(1, -(-tokens // BUCKET)) * BUCKET
