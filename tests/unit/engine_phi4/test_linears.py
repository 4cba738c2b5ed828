"""Quantised linear maps against what they stand for, and sets of weights that are filled in place."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.engine.phi4.quantised import Int4, Int8, Int8Table


@given(st.integers(0, 2**16), st.integers(1, 40), st.integers(1, 5))
@settings(max_examples=25, deadline=None)
def test_int8_is_within_half_a_step_of_each_row(seed: int, out: int, groups: int) -> None:
    weight = _drawn(seed, out, 16 * groups)
    kept = Int8.of(weight)
    bound = weight.abs().amax(dim=1, keepdim=True) / 127 / 2 * 1.001
    assert ((kept.dequantised() - weight).abs() <= bound).all()


@given(st.integers(0, 2**16), st.integers(1, 40), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_int4_errs_no_more_than_plain_rounding(seed: int, out: int, pairs: int) -> None:
    weight = _drawn(seed, out, 32 * pairs)
    error = (Int4.of(weight, 16).dequantised() - weight).square().view(out, -1, 16).sum(dim=2)
    grouped = weight.view(out, -1, 16)
    reach = grouped.amax(dim=2) - grouped.amin(dim=2)
    # Half a step each, and what rounding the scale and the low end to bf16 (8 bits) adds.
    step = reach / 15 / 2 + (reach + grouped.abs().amax(dim=2)) * 2**-8
    assert (error <= 16 * step.square()).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_products_are_those_of_the_dequantised_weights(dtype: torch.dtype) -> None:
    weight, rows = _drawn(1, 24, 64), _drawn(2, 3, 64).to(dtype)
    for kept in (Int8.of(weight), Int4.of(weight, 16)):
        exact = rows.float() @ kept.dequantised().T
        allowed = 1e-5 if dtype == torch.float32 else 2e-2
        assert (kept(rows).float() - exact).abs().max() <= allowed * exact.abs().max()


def test_a_table_looks_up_what_it_multiplies() -> None:
    table = Int8Table(Int8.of(_drawn(3, 50, 32)), torch.float32)
    assert torch.equal(table(torch.tensor([7, 0])), table.map.dequantised()[[7, 0]])


def test_columns_that_no_group_fits_are_refused() -> None:
    with pytest.raises(ValueError, match="groups"):
        Int4.of(torch.zeros(4, 48), 32)


def _drawn(seed: int, out: int, width: int) -> torch.Tensor:
    return torch.randn(out, width, generator=torch.Generator().manual_seed(seed))
