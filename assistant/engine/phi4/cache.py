"""The key-value cache: one slab for all layers, a length, and rewinding by setting the length."""

from __future__ import annotations

import torch
from torch import Tensor

from assistant.engine.phi4.dimensions import Dimensions

BUCKET = 1024
"""The slab grows by, and a captured step reads, whole buckets of so many tokens."""


class KvCache:
    """Keys and values of one conversation.

    Attributes:
        slab: `[layers, 2, kv_heads, capacity, head_dim]`; what lies beyond `length` is stale and never read.
        length: tokens that count.
        generation: changes when the slab moves, so that captured addresses can be told to be old.
    """

    def __init__(self, sizes: Dimensions, capacity: int, device: torch.device | str, dtype: torch.dtype) -> None:
        self._sizes = sizes
        self._options = {"device": torch.device(device), "dtype": dtype}
        self.length = 0
        self.generation = 0
        self.slab = self._empty(capacity)

    @property
    def capacity(self) -> int:
        return self.slab.shape[3]

    def reserve(self, tokens: int) -> bool:
        """Makes room for so many tokens in all, keeping what is there; says whether the slab moved.

        Raises:
            torch.OutOfMemoryError: there is no room; the slab is as it was.
        """
        if tokens <= self.capacity:
            return False
        larger = self._empty(tokens)
        larger[:, :, :, : self.length] = self.slab[:, :, :, : self.length]
        self.slab = larger
        self.generation += 1
        return True

    def rewind(self, length: int) -> None:
        """Forgets everything from `length` on. Exact: later writes overwrite what is stale."""
        if not 0 <= length <= self.length:
            raise ValueError(f"Can't rewind from {self.length} to {length} tokens.")
        self.length = length

    def layer(self, index: int) -> tuple[Tensor, Tensor]:
        """Keys and values `[kv_heads, capacity, head_dim]` of one layer, as views."""
        return self.slab[index, 0], self.slab[index, 1]

    def _empty(self, tokens: int) -> Tensor:
        sizes = self._sizes
        shape = (sizes.layers, 2, sizes.kv_heads, in_buckets(tokens), sizes.head)
        # Zeros, not `empty`: a captured step multiplies stale values by weight 0, and 0 times a stray NaN is NaN.
        return torch.zeros(shape, **self._options)  # type: ignore[call-overload,no-any-return]


def in_buckets(tokens: int) -> int:
    """The tokens rounded up to whole buckets, at least one."""
    return max(1, -(-tokens // BUCKET)) * BUCKET
