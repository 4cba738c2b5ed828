"""Attention through flash-attn, which runs on a GPU alone: held to the reference by a stand-in with its documented
behaviour (heads shared, causal from the lower right corner)."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
import torch

from assistant.engine.phi4.attention import causal, eager, flash


def flash_attn_func(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor, causal: bool = False) -> torch.Tensor:
    """`[batch, length, heads, head_dim]` each, as in flash-attn's own docstring."""
    group = q.shape[2] // k.shape[2]
    k, v = (states.repeat_interleave(group, dim=2) for states in (k, v))
    scores = torch.einsum("bqhd,bkhd->bhqk", q, k) * q.shape[-1] ** -0.5
    if causal:
        rows, columns = scores.shape[-2:]
        seen = torch.ones(rows, columns, dtype=torch.bool).tril(columns - rows)
        scores = scores.masked_fill(~seen, -torch.inf)
    return torch.einsum("bhqk,bkhd->bqhd", scores.softmax(-1), v)


@pytest.mark.parametrize(("before", "new"), [(0, 5), (7, 5), (7, 1)])
def test_it_is_the_reference(monkeypatch: pytest.MonkeyPatch, before: int, new: int) -> None:
    monkeypatch.setitem(sys.modules, "flash_attn", SimpleNamespace(flash_attn_func=flash_attn_func))
    torch.manual_seed(1)
    query, keys, values = torch.randn(new, 6, 16), torch.randn(2, before + new, 16), torch.randn(2, before + new, 16)
    allowed = causal(before, new, torch.device("cpu"))
    torch.testing.assert_close(flash(query, keys, values, allowed), eager(query, keys, values, allowed))
