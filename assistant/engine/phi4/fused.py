"""The decoding step on our own kernels: what an H100 needs, where hundreds of small launches cost much of a token.

Works on one CUDA device, on merged, int8 and int4 weights of the shapes that the kernels' tiles fit; `steps.py` falls
back where it doesn't.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from assistant.engine.phi4 import kernels
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import LayerWeights, Linear, Plain, Weights
from assistant.engine.phi4.quantised import Int4, Int8
from assistant.engine.phi4.step import LayerStep, Place

_CHUNK, _BLOCK = 128, 32
"""Keys that one program attends to, and how many at a time: 8 heads by 16 chunks fill a large GPU at 2048 tokens."""
_PADDED = 16
"""Query heads of a group, padded to the least that a matrix unit multiplies."""


@dataclass(frozen=True)
class Tile:
    """How a product is cut: rows a program, columns (or groups of them) at a time, warps."""

    rows: int
    columns: int
    warps: int


TILES = (Tile(4, 1024, 4), Tile(2, 1024, 4), Tile(4, 512, 4), Tile(8, 512, 8))
INT4_TILES = (Tile(4, 4, 4), Tile(2, 4, 4), Tile(4, 2, 4), Tile(8, 4, 8))
"""Tried on the device for each shape, and the fastest kept. All fit an H100's registers without spilling."""
_chosen: dict[Any, Tile] = {}
"""The fastest for each device, kind and shape: found once in a process, by whichever step meets it first."""
_INTERPRETED = Tile(128, 64, 4)
"""In Triton's interpreter, where each program takes long and none runs beside another."""


def fits(weights: Weights) -> bool:
    """Whether the kernels can multiply these weights."""
    linears = [linear for layer in weights.layers for linear in layer.linears()] + [weights.head]
    return all(_fits(linear) for linear in linears)


def _fits(linear: Linear) -> bool:
    if isinstance(linear, Int4):
        return linear.group >= 16 and linear.group & (linear.group - 1) == 0
    return isinstance(linear, Plain | Int8)


class FusedStep:
    """As `step.Step`."""

    def __init__(self) -> None:
        self._plain = LayerStep()

    @torch.no_grad()
    def __call__(self, decoder: Decoder, place: Place, bucket: int) -> Tensor:
        weights, sizes = decoder.weights, decoder.sizes
        if not fits(weights):
            # One decoder's sets may differ: without an adapter the base alone, with one the adapter beside it.
            return self._plain(decoder, place, bucket)
        rows = weights.embed(place.token)[0]
        for layer, kept in zip(weights.layers, decoder.cache.layers, strict=True):
            rows = self._layer(rows, layer, kept, decoder, place, bucket)
        logits = rows.new_empty(sizes.vocab, dtype=torch.float32)
        self._product(weights.head, rows, logits, sizes.eps, norm=weights.norm)
        return logits

    def _layer(
        self, rows: Tensor, layer: LayerWeights, kept: Tensor, decoder: Decoder, place: Place, bucket: int
    ) -> Tensor:
        sizes = decoder.sizes
        qkv = rows.new_empty((sizes.heads + 2 * sizes.kv_heads) * sizes.head)
        self._product(layer.qkv, rows, qkv, sizes.eps, norm=layer.input_norm)
        mixed = self._attend(qkv, kept, decoder, place, bucket)
        between = torch.empty_like(rows)
        self._product(layer.o, mixed, between, sizes.eps, residual=rows)
        inner = rows.new_empty(sizes.intermediate)
        self._product(layer.gate_up, between, inner, sizes.eps, norm=layer.post_norm, gated=True)
        out = torch.empty_like(rows)
        self._product(layer.down, inner, out, sizes.eps, residual=between)
        return out

    def _attend(self, qkv: Tensor, kept: Tensor, decoder: Decoder, place: Place, bucket: int) -> Tensor:
        sizes = decoder.sizes
        splits = -(-bucket // _CHUNK)
        shape = (sizes.kv_heads, splits, _PADDED)
        best, sums = (qkv.new_empty(shape, dtype=torch.float32) for _ in range(2))
        parts = qkv.new_empty((*shape, sizes.head), dtype=torch.float32)
        kernels.attend[(sizes.kv_heads, splits)](
            qkv, decoder.rope.cos, decoder.rope.sin, place.row, place.position, kept, best, sums, parts,
            kept.stride(0), kept.stride(1), sizes.head**-0.5, HEADS=sizes.heads, KV_HEADS=sizes.kv_heads, D=sizes.head,
            HALF=sizes.rotary // 2, SPLITS=splits, CHUNK=_CHUNK, BLOCK=_BLOCK, PADDED=_PADDED,
            EXACT=qkv.dtype == torch.float32, num_warps=4,
        )  # fmt: skip
        mixed = qkv.new_empty(sizes.heads * sizes.head)
        kernels.combine[(sizes.heads,)](
            best, sums, parts, mixed, GROUP=sizes.group, D=sizes.head, SPLITS=splits, PADDED=_PADDED, BLOCK=32,
            num_warps=4,
        )  # fmt: skip
        return mixed

    def _product(
        self,
        linear: Linear,
        rows: Tensor,
        out: Tensor,
        eps: float,
        *,
        norm: Tensor | None = None,
        residual: Tensor | None = None,
        gated: bool = False,
    ) -> None:
        tile = _tile(linear, rows, out, eps, norm, residual, gated)
        _launch(linear, rows, out, eps, norm, residual, gated, tile=tile)


def _tile(linear: Linear, rows: Tensor, *arguments: Any) -> Tile:
    weight = linear.tensors()[0]
    if not weight.is_cuda:
        return _INTERPRETED
    norm, residual, gated = arguments[2:]
    key = (weight.device, type(linear), weight.dtype, weight.shape, norm is None, residual is None, gated)
    if key not in _chosen:
        candidates = INT4_TILES if isinstance(linear, Int4) else TILES
        if torch.cuda.is_current_stream_capturing():
            return candidates[0]
        _chosen[key] = min(candidates, key=lambda tile: _seconds(linear, (rows, *arguments), tile))
    return _chosen[key]


def _launch(
    linear: Linear,
    rows: Tensor,
    out: Tensor,
    eps: float,
    norm: Tensor | None,
    residual: Tensor | None,
    gated: bool,
    *,
    tile: Tile,
) -> None:
    count = len(out)
    grid = (-(-count // tile.rows),)
    options = {"NORM": norm is not None, "GATED": gated, "RESIDUAL": residual is not None, "num_warps": tile.warps}
    # A kernel wants a pointer for everything; what the options leave out is never read.
    norm, residual = (rows if given is None else given for given in (norm, residual))
    if isinstance(linear, Int4):
        kernels.fours[grid](
            rows, norm, linear.packed, linear.scale, linear.low, residual, out, eps, OUT=count, K=len(rows),
            GROUP=linear.group, BLOCK_N=tile.rows, BLOCK_G=tile.columns, **options,
        )  # fmt: skip
        return
    scale = linear.scale if isinstance(linear, Int8) else rows
    kernels.whole[grid](
        rows, norm, linear.tensors()[0], scale, residual, out, eps, OUT=count, K=len(rows),
        SCALED=isinstance(linear, Int8), BLOCK_N=tile.rows, BLOCK_K=tile.columns, **options,
    )  # fmt: skip


def _seconds(linear: Linear, arguments: tuple[Any, ...], tile: Tile) -> float:
    """Of one launch, the second-level cache emptied before each as all other weights do between two uses."""
    from triton.testing import do_bench

    return float(do_bench(lambda: _launch(linear, *arguments, tile=tile), warmup=5, rep=20, return_mode="median"))
