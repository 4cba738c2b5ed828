"""Weight-only quantisation: int8 a row, int4 a group of columns, and the embedding table that is its own head.

The activations stay in bf16 or float32. Here is the arithmetic for many rows and for any device: the weights are
brought back to the activations' type, one map at a time, and multiplied. A single row on CUDA goes through
`kernels.py`, which reads the small weights only.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as nn

GROUP = 128
"""Columns that share a scale in int4 (two bf16 numbers: 4.25 bits a weight)."""
_ROWS_AT_ONCE = 16_384
"""Of the head's 200,064 rows: all of them in bf16 would take 1.2 GB for a moment, on a card that has none to spare."""
_SHRINKS = (1.0, 0.95, 0.9, 0.85, 0.8)
"""Parts of a group's range that are tried: cutting a far value off can cost less than coarse steps for all others."""


@dataclass(frozen=True)
class Int8:
    """A linear map with one scale a row.

    Attributes:
        weight: int8 `[out, in]`.
        scale: float32 `[out]`.
    """

    weight: Tensor
    scale: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        pieces = [nn.linear(rows, piece.to(rows.dtype)) for piece in torch.split(self.weight, _ROWS_AT_ONCE)]
        return (torch.cat(pieces, dim=-1).float() * self.scale).to(rows.dtype)

    def tensors(self) -> tuple[Tensor, ...]:
        return (self.weight, self.scale)

    def dequantised(self) -> Tensor:
        """Float32 `[out, in]`."""
        return self.weight.float() * self.scale[:, None]

    @classmethod
    def of(cls, weight: Tensor) -> Int8:
        """Rounds to the nearest of 255 steps between minus and plus each row's largest value."""
        exact = weight.float()
        scale = exact.abs().amax(dim=1).clamp_min(1e-12) / 127
        return cls((exact / scale[:, None]).round().clamp(-127, 127).to(torch.int8), scale)


@dataclass(frozen=True)
class Int4:
    """A linear map with 16 steps for each group of columns: `low + scale * (0 … 15)`.

    Attributes:
        packed: uint8 `[out, in / 2]`; the low half of byte j is column j, the high half column j + in / 2, so that a
            kernel reads both halves of the input in one piece each.
        scale: bf16 `[out, in / group]`, and `low` likewise.
    """

    packed: Tensor
    scale: Tensor
    low: Tensor

    def __call__(self, rows: Tensor) -> Tensor:
        return nn.linear(rows, self._in(rows.dtype))

    def tensors(self) -> tuple[Tensor, ...]:
        return (self.packed, self.scale, self.low)

    @property
    def group(self) -> int:
        return 2 * self.packed.shape[1] // self.scale.shape[1]

    def dequantised(self) -> Tensor:
        """Float32 `[out, in]`."""
        return self._in(torch.float32)

    def _in(self, dtype: torch.dtype) -> Tensor:
        steps = torch.cat([self.packed & 15, self.packed >> 4], dim=1)
        grouped = steps.view(*self.scale.shape, self.group).to(dtype)
        values = torch.addcmul(self.low.to(dtype)[..., None], grouped, self.scale.to(dtype)[..., None])
        return values.view(len(self.packed), -1)

    @classmethod
    def of(cls, weight: Tensor, group: int = GROUP) -> Int4:
        """Chooses each group's range by the least squared error, then rounds to the nearest step.

        Raises:
            ValueError: half the columns are no whole number of groups.
        """
        out, width = weight.shape
        if width % (2 * group):
            raise ValueError(f"{width} columns can't be cut into two halves of groups of {group}.")
        steps, scale, low = _best_steps(weight.float().view(out, width // group, group))
        steps = steps.view(out, width)
        packed = steps[:, : width // 2] | steps[:, width // 2 :] << 4
        return cls(packed, scale[..., 0], low[..., 0])


def _best_steps(grouped: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Steps (uint8), scale and low (bf16) of float32 `[out, groups, group]`, by the shrink with the least error."""
    best = _steps(grouped, 1.0)
    least = _error(grouped, *best)
    for shrink in _SHRINKS[1:]:
        tried = _steps(grouped, shrink)
        error = _error(grouped, *tried)
        better = error < least
        least = torch.where(better, error, least)
        best = tuple(torch.where(better, new, old) for new, old in zip(tried, best, strict=True))  # type: ignore[assignment]
    return best


def _steps(grouped: Tensor, shrink: float) -> tuple[Tensor, Tensor, Tensor]:
    lowest, highest = grouped.amin(dim=2, keepdim=True), grouped.amax(dim=2, keepdim=True)
    spare = (highest - lowest) * (1 - shrink) / 2
    # Rounded first, so that the steps are chosen with the very numbers that they are read back with.
    scale = ((highest - lowest - 2 * spare) / 15).clamp_min(1e-12).bfloat16()
    low = (lowest + spare).bfloat16()
    steps = ((grouped - low.float()) / scale.float()).round().clamp(0, 15).to(torch.uint8)
    return steps, scale, low


def _error(grouped: Tensor, steps: Tensor, scale: Tensor, low: Tensor) -> Tensor:
    return (low.float() + steps * scale.float() - grouped).square().sum(dim=2, keepdim=True)


@dataclass(frozen=True)
class Int8Table:
    """The embedding table in int8, which is the head too: looks tokens up and multiplies rows.

    Attributes:
        map: `[vocab, hidden]`.
    """

    map: Int8
    dtype: torch.dtype

    def __call__(self, tokens: Tensor) -> Tensor:
        rows = nn.embedding(tokens, self.map.weight).float() * self.map.scale[tokens][:, None]
        return rows.to(self.dtype)
