"""Rotary positions from tables: one for the short factors, one for the long ones, chosen by the host.

The native module recomputes its frequencies at every step and picks the factors from the positions of *this* call, so
that a prompt in chunks would mix both. Here the caller says the side, and a step gathers one row.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from assistant.engine.phi4.adapters import Side
from assistant.engine.phi4.dimensions import Dimensions


class RopeTables:
    """Cosines and sines for every position up to `positions`, times the attention factor.

    Attributes:
        cos: `[2 * positions, rotary / 2]`; the long side's rows follow the short side's, so that a captured step
            serves both: only the row number it reads changes.
        sin: likewise.
    """

    def __init__(self, config: Any, positions: int, device: torch.device | str, dtype: torch.dtype) -> None:
        self._inverse = {side: _inverse_frequencies(config, side) for side in ("short", "long")}
        self._factor = attention_factor(config)
        self._device, self._dtype = torch.device(device), dtype
        self.positions = 0
        self.extend(positions)

    def extend(self, positions: int) -> None:
        """Makes room for more positions; the tables move, so whoever captured their addresses captures anew.

        Raises:
            torch.OutOfMemoryError: there is no room; the tables are as before.
        """
        if positions <= self.positions:
            return
        angles = [self._angles(self._inverse[side], positions) for side in ("short", "long")]
        cos = torch.cat([(a.cos() * self._factor).to(self._dtype) for a in angles])
        sin = torch.cat([(a.sin() * self._factor).to(self._dtype) for a in angles])
        self.cos, self.sin, self.positions = cos, sin, positions

    def row(self, position: int, side: Side) -> int:
        """Where a position's cosines stand."""
        return position + (self.positions if side == "long" else 0)

    def rows(self, start: int, count: int, side: Side) -> tuple[Tensor, Tensor]:
        """Cosines and sines `[count, rotary / 2]` of neighbouring positions."""
        first = self.row(start, side)
        return self.cos[first : first + count], self.sin[first : first + count]

    def _angles(self, inverse: Tensor, positions: int) -> Tensor:
        return torch.arange(positions, device=self._device).float()[:, None] * inverse.to(self._device)


def rotate(states: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns the first `2 * cos.shape[-1]` dimensions of each head; the rest passes.

    Args:
        states: `[n, heads, head_dim]`.
        cos: `[n, rotary / 2]`, and `sin` likewise: both halves of the turned part share them.
    """
    half = cos.shape[-1]
    cos, sin = cos[:, None], sin[:, None]
    first, second, rest = states[..., :half], states[..., half : 2 * half], states[..., 2 * half :]
    return torch.cat([first * cos - second * sin, second * cos + first * sin, rest], dim=-1)


def attention_factor(config: Any) -> float:
    """What cosines and sines are scaled by: sqrt(1 + ln(stretch) / ln(trained length)), LongRoPE's own rule."""
    rope = config.rope_parameters
    if rope["rope_type"] == "default":
        return 1.0
    if (given := rope.get("attention_factor")) is not None:
        return float(given)
    trained = Dimensions.of(config).switch
    stretch = rope.get("factor") or config.max_position_embeddings / trained
    return math.sqrt(1 + math.log(stretch) / math.log(trained)) if stretch > 1 else 1.0


def _inverse_frequencies(config: Any, side: str) -> Tensor:
    rope = config.rope_parameters
    rotary = Dimensions.of(config).rotary
    exponents = torch.arange(0, rotary, 2, dtype=torch.int64).float() / rotary
    stretch = torch.tensor(rope.get(f"{side}_factor") or [1.0] * (rotary // 2), dtype=torch.float32)
    return torch.reciprocal(stretch * float(rope["rope_theta"]) ** exponents)
