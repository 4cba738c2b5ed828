"""Grouped-query attention: the reference arithmetic ("eager"), PyTorch's fused kernels ("sdpa"), and flash-attn's.

Query heads that share a key head are packed into one matrix product, so keys and values are never copied out.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor
from torch.nn import functional as nn

Attention: TypeAlias = Literal["eager", "sdpa", "flash"]


def eager(query: Tensor, keys: Tensor, values: Tensor, allowed: Tensor | None) -> Tensor:
    """Softmax in float32 over products in the input's type, as the native model's reference does.

    Args:
        query: `[n, heads, head_dim]`.
        keys: `[kv_heads, length, head_dim]`, and `values` likewise.
        allowed: bool `[n, length]`, or None where every query sees all keys.

    Returns:
        `[n, heads * head_dim]`.
    """
    n, heads, head = query.shape
    kv_heads = keys.shape[0]
    packed = query.view(n, kv_heads, heads // kv_heads, head).permute(1, 2, 0, 3).reshape(kv_heads, -1, head)
    scores = torch.bmm(packed, keys.transpose(1, 2)) * head**-0.5
    if allowed is not None:
        scores = scores.view(kv_heads, -1, n, keys.shape[1]).masked_fill(~allowed, torch.finfo(scores.dtype).min)
        scores = scores.view(kv_heads, -1, keys.shape[1])
    weights = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    mixed = torch.bmm(weights, values).view(kv_heads, heads // kv_heads, n, head)
    return mixed.permute(2, 0, 1, 3).reshape(n, heads * head)


def sdpa(query: Tensor, keys: Tensor, values: Tensor, allowed: Tensor | None) -> Tensor:
    """The same through `scaled_dot_product_attention`; shapes as in `eager`.

    A square causal mask is passed as such: the flash kernels take that, and no mask tensor.
    """
    n, heads, head = query.shape
    square = allowed is not None and n == keys.shape[1]
    mixed = nn.scaled_dot_product_attention(
        query.transpose(0, 1)[None],
        _spread(keys, heads),
        _spread(values, heads),
        attn_mask=None if square or allowed is None else allowed,
        is_causal=square,
    )
    return mixed[0].transpose(0, 1).reshape(n, heads * head)


def flash(query: Tensor, keys: Tensor, values: Tensor, allowed: Tensor | None) -> Tensor:
    """The same through the package flash-attn; shapes as in `eager`. It shares key heads among query heads by itself,
    and its causal mask ends at the lower right corner (flash-attn 2.1 and newer), so no copy and no mask are made.
    """
    from flash_attn import flash_attn_func

    n, heads, head = query.shape
    lines = (query[None], keys.transpose(0, 1)[None], values.transpose(0, 1)[None])
    mixed: Tensor = flash_attn_func(*lines, causal=allowed is not None)
    return mixed[0].reshape(n, heads * head)


def _spread(states: Tensor, heads: int) -> Tensor:
    """Keys or values once for each query head: `[1, heads, length, head_dim]`.

    A copy, which a prefill of many queries can afford: the masked fused kernels take no grouped heads.
    """
    kv_heads, length, head = states.shape
    spread = states[:, None].expand(kv_heads, heads // kv_heads, length, head)
    return spread.reshape(1, heads, length, head)


def causal(start: int, count: int, device: torch.device) -> Tensor | None:
    """Which of `start + count` keys each of the last `count` queries may see: bool `[count, start + count]`."""
    if count == 1:
        return None
    keys = torch.arange(start + count, device=device)
    return keys[None, :] <= keys[start:, None]
