"""The device code of a fused decoding step, in Triton: six kernels a layer where PyTorch takes about thirty.

A token's step reads every weight once and computes next to nothing, so what counts is that the memory never waits.
Norms are folded into the product after them (their factor is one number a row, known at its end), residual additions
and the gate into the product before them, rotation and the cache's write into attention. The host's side: `fused.py`.
"""

# The decorated functions are compiled by Triton from their source; their arguments have no Python types.
# mypy: ignore-errors

from __future__ import annotations

import triton
import triton.language as tl


@triton.jit
def finish(total, second, squares, residual, out, rows, kept, eps, K: tl.constexpr, NORM: tl.constexpr,
           GATED: tl.constexpr, RESIDUAL: tl.constexpr):  # fmt: skip
    """The norm's factor, the gate or the residual, and the store of `[BLOCK_N]` results."""
    if NORM:
        factor = 1.0 / tl.sqrt(tl.sum(squares) / K + eps)
        total = total * factor
        second = second * factor
    if GATED:
        total = total / (1.0 + tl.exp(-total)) * second
    if RESIDUAL:
        total = total + tl.load(residual + rows, mask=kept, other=0.0).to(tl.float32)
    tl.store(out + rows, total.to(out.dtype.element_ty), mask=kept)


@triton.jit
def whole(x, norm, w, scale, residual, out, eps, OUT: tl.constexpr, K: tl.constexpr, NORM: tl.constexpr,
          GATED: tl.constexpr, RESIDUAL: tl.constexpr, SCALED: tl.constexpr, BLOCK_N: tl.constexpr,
          BLOCK_K: tl.constexpr):  # fmt: skip
    """`out[OUT] = w[OUT, K] x[K]` for weights of any number type; int8 with one scale a row.

    GATED: w has twice as many rows, gates first; `out = silu(gate) * up`.
    """
    rows = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    kept = rows < OUT
    sums = tl.zeros([BLOCK_N, BLOCK_K], tl.float32)
    others = tl.zeros([BLOCK_N, BLOCK_K], tl.float32)
    squares = tl.zeros([BLOCK_K], tl.float32)
    start_of = w + rows[:, None].to(tl.int64) * K
    for first in range(0, K, BLOCK_K):
        columns = first + tl.arange(0, BLOCK_K)
        inside = columns < K
        values = tl.load(x + columns, mask=inside, other=0.0).to(tl.float32)
        if NORM:
            squares += values * values
            values = values * tl.load(norm + columns, mask=inside, other=0.0).to(tl.float32)
        tile = kept[:, None] & inside[None, :]
        weights = tl.load(start_of + columns[None, :], mask=tile, other=0, eviction_policy="evict_first")
        sums += weights.to(tl.float32) * values[None, :]
        if GATED:
            weights = tl.load(start_of + OUT * K + columns[None, :], mask=tile, other=0,
                              eviction_policy="evict_first")  # fmt: skip
            others += weights.to(tl.float32) * values[None, :]
    total, second = tl.sum(sums, axis=1), tl.sum(others, axis=1)
    if SCALED:
        total = total * tl.load(scale + rows, mask=kept, other=0.0)
        if GATED:
            second = second * tl.load(scale + OUT + rows, mask=kept, other=0.0)
    finish(total, second, squares, residual, out, rows, kept, eps, K, NORM, GATED, RESIDUAL)


@triton.jit
def half_bytes(packed, scale, low, rows, kept, groups, inside, lower, upper, K: tl.constexpr,
               GROUP: tl.constexpr):  # fmt: skip
    """Products of one tile `[BLOCK_N, groups, GROUP]` of int4 with both halves of the input."""
    count: tl.constexpr = K // 2 // GROUP
    tile = kept[:, None, None] & inside[None, :, None]
    lane = tl.arange(0, GROUP)
    place = rows[:, None, None].to(tl.int64) * (K // 2) + groups[None, :, None] * GROUP + lane[None, None, :]
    both = tl.load(packed + place, mask=tile, other=0, eviction_policy="evict_first")
    of_group = rows[:, None, None] * (2 * count) + groups[None, :, None]
    s0 = tl.load(scale + of_group, mask=tile, other=0.0).to(tl.float32)
    m0 = tl.load(low + of_group, mask=tile, other=0.0).to(tl.float32)
    s1 = tl.load(scale + of_group + count, mask=tile, other=0.0).to(tl.float32)
    m1 = tl.load(low + of_group + count, mask=tile, other=0.0).to(tl.float32)
    first = ((both & 15).to(tl.float32) * s0 + m0) * lower[None, :, :]
    return first + ((both >> 4).to(tl.float32) * s1 + m1) * upper[None, :, :]


@triton.jit
def fours(x, norm, packed, scale, low, residual, out, eps, OUT: tl.constexpr, K: tl.constexpr, NORM: tl.constexpr,
          GATED: tl.constexpr, RESIDUAL: tl.constexpr, GROUP: tl.constexpr, BLOCK_N: tl.constexpr,
          BLOCK_G: tl.constexpr):  # fmt: skip
    """As `whole` for int4: `BLOCK_G` groups of columns at a time, in each half of the input."""
    rows = tl.program_id(0) * BLOCK_N + tl.arange(0, BLOCK_N)
    kept = rows < OUT
    sums = tl.zeros([BLOCK_N, BLOCK_G, GROUP], tl.float32)
    others = tl.zeros([BLOCK_N, BLOCK_G, GROUP], tl.float32)
    squares = tl.zeros([BLOCK_G, GROUP], tl.float32)
    count: tl.constexpr = K // 2 // GROUP
    for first in range(0, count, BLOCK_G):
        groups = first + tl.arange(0, BLOCK_G)
        inside = groups < count
        columns = groups[:, None] * GROUP + tl.arange(0, GROUP)[None, :]
        lower = tl.load(x + columns, mask=inside[:, None], other=0.0).to(tl.float32)
        upper = tl.load(x + K // 2 + columns, mask=inside[:, None], other=0.0).to(tl.float32)
        if NORM:
            squares += lower * lower + upper * upper
            lower = lower * tl.load(norm + columns, mask=inside[:, None], other=0.0).to(tl.float32)
            upper = upper * tl.load(norm + K // 2 + columns, mask=inside[:, None], other=0.0).to(tl.float32)
        sums += half_bytes(packed, scale, low, rows, kept, groups, inside, lower, upper, K, GROUP)
        if GATED:
            others += half_bytes(packed, scale, low, rows + OUT, kept, groups, inside, lower, upper, K, GROUP)
    total, second = tl.sum(tl.sum(sums, axis=2), axis=1), tl.sum(tl.sum(others, axis=2), axis=1)
    finish(total, second, tl.sum(squares, axis=0), residual, out, rows, kept, eps, K, NORM, GATED, RESIDUAL)


@triton.jit
def turned(states, cos, sin, row, head, dims, D: tl.constexpr, HALF: tl.constexpr):
    """Heads `[…]` of `states` at the dimensions `dims`, rotated by the row of the tables; float32."""
    start = states + head * D
    partner = tl.where(dims < HALF, dims + HALF, tl.where(dims < 2 * HALF, dims - HALF, dims))
    angle = dims % HALF
    turns = dims < 2 * HALF
    c = tl.load(cos + row * HALF + angle, mask=turns, other=1.0).to(tl.float32)
    s = tl.load(sin + row * HALF + angle, mask=turns, other=0.0).to(tl.float32)
    s = tl.where(dims < HALF, -s, s)
    return tl.load(start + dims).to(tl.float32) * c + tl.load(start + partner).to(tl.float32) * s


@triton.jit
def attend(qkv, cos, sin, row_at, position_at, cache, best, sums, parts, of_kind, of_head, scaling,
           HEADS: tl.constexpr, KV_HEADS: tl.constexpr, D: tl.constexpr, HALF: tl.constexpr, SPLITS: tl.constexpr,
           CHUNK: tl.constexpr, BLOCK: tl.constexpr, PADDED: tl.constexpr, EXACT: tl.constexpr):  # fmt: skip
    """One chunk of keys for the query heads of one key head: rotates, writes the new key and value, attends.

    Results of a chunk: `best` and `sums` `[KV_HEADS, SPLITS, PADDED]`, `parts` `[KV_HEADS, SPLITS, PADDED, D]`.

    Args:
        cache: keys and values of the layer; `of_kind` and `of_head` are its first two strides, a token takes D.
    """
    GROUP: tl.constexpr = HEADS // KV_HEADS
    head, split = tl.program_id(0), tl.program_id(1)
    position, row = tl.load(position_at), tl.load(row_at)
    dims = tl.arange(0, D)
    lanes = tl.arange(0, PADDED)
    kind = cache.dtype.element_ty
    best_of = tl.full([PADDED], float("-inf"), tl.float32)
    sum_of = tl.zeros([PADDED], tl.float32)
    mixed = tl.zeros([PADDED, D], tl.float32)
    begin = split * CHUNK
    if begin <= position:
        # Padded lanes repeat the group's last head; their results are never read.
        queries = (head * GROUP + tl.minimum(lanes, GROUP - 1))[:, None]
        q = turned(qkv, cos, sin, row, queries, dims[None, :], D, HALF).to(kind)
        new_key = turned(qkv, cos, sin, row, HEADS + head, dims, D, HALF).to(kind)
        new_value = tl.load(qkv + (HEADS + KV_HEADS + head) * D + dims).to(kind)
        keys = cache + head * of_head
        values = keys + of_kind
        if position < begin + CHUNK:
            tl.store(keys + position * D + dims, new_key)
            tl.store(values + position * D + dims, new_value)
        for ahead in range(0, CHUNK, BLOCK):
            tokens = begin + ahead + tl.arange(0, BLOCK)
            seen = tokens < position
            place = tokens[:, None] * D + dims[None, :]
            is_new = (tokens == position)[:, None]
            k = tl.load(keys + place, mask=seen[:, None], other=0.0)
            k = tl.where(is_new, new_key[None, :], k)
            v = tl.load(values + place, mask=seen[:, None], other=0.0)
            v = tl.where(is_new, new_value[None, :], v)
            if EXACT:
                scores = tl.dot(q, tl.trans(k), input_precision="ieee") * scaling
            else:
                scores = tl.dot(q, tl.trans(k)) * scaling
            scores = tl.where((tokens <= position)[None, :], scores, float("-inf"))
            higher = tl.maximum(best_of, tl.max(scores, axis=1))
            # A block beyond the position leaves everything as it is: no difference of infinities.
            safe = tl.where(higher == float("-inf"), 0.0, higher)
            fade = tl.exp(best_of - safe)
            weights = tl.exp(scores - safe[:, None])
            sum_of = sum_of * fade + tl.sum(weights, axis=1)
            if EXACT:
                mixed = mixed * fade[:, None] + tl.dot(weights.to(kind), v, input_precision="ieee")
            else:
                mixed = mixed * fade[:, None] + tl.dot(weights.to(kind), v)
            best_of = higher
    at = (head * SPLITS + split) * PADDED + lanes
    tl.store(best + at, best_of)
    tl.store(sums + at, sum_of)
    tl.store(parts + at[:, None] * D + dims[None, :], mixed)


@triton.jit
def combine(best, sums, parts, out, GROUP: tl.constexpr, D: tl.constexpr, SPLITS: tl.constexpr,
            PADDED: tl.constexpr, BLOCK: tl.constexpr):  # fmt: skip
    """Joins one query head's chunks: `out[heads * D]`."""
    head = tl.program_id(0)
    first_of = (head // GROUP) * SPLITS * PADDED + head % GROUP
    dims = tl.arange(0, D)
    best_of = float("-inf")
    sum_of = 0.0
    mixed = tl.zeros([D], tl.float32)
    for first in range(0, SPLITS, BLOCK):
        splits = first + tl.arange(0, BLOCK)
        kept = splits < SPLITS
        at = first_of + splits * PADDED
        bests = tl.load(best + at, mask=kept, other=float("-inf"))
        # The first block holds the first chunk, which always sees a key: from here on `higher` is a number.
        higher = tl.maximum(best_of, tl.max(bests, axis=0))
        fade = tl.exp(best_of - higher)
        shares = tl.exp(bests - higher)
        sum_of = sum_of * fade + tl.sum(shares * tl.load(sums + at, mask=kept, other=0.0), axis=0)
        rows = tl.load(parts + at[:, None] * D + dims[None, :], mask=kept[:, None], other=0.0)
        mixed = mixed * fade + tl.sum(shares[:, None] * rows, axis=0)
        best_of = higher
    tl.store(out + head * D + dims, (mixed / sum_of).to(out.dtype.element_ty))
