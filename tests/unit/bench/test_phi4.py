"""What `bench phi4` counts with: the bytes a token reads, and that it wants to be told which weights."""

from __future__ import annotations

import argparse
from dataclasses import replace

import pytest
import torch

from assistant.bench import phi4
from assistant.bench.phi4_forms import bytes_per_token, quantised
from assistant.bench.phi4_memory import random_int4
from assistant.bench.phi4_models import published_config
from assistant.core.errors import HearsightError
from assistant.engine.phi4.linears import Linear, Plain, Rows, Weights
from assistant.engine.phi4.quantised import Int4


def test_the_bytes_a_token_reads_are_those_of_the_published_sizes() -> None:
    """7.67 GB in bf16 and 128 KiB of keys and values a token, computed from the sizes of config.json by hand."""
    weights = _published()
    assert bytes_per_token(weights, 0) == 7_672_043_520
    assert bytes_per_token(weights, 2048) - bytes_per_token(weights, 0) == 2048 * 128 * 1024


def test_int4_reads_less_than_a_third() -> None:
    small = random_int4(published_config(), torch.device("meta"))
    # 4.25 bits for each of 3.22e9 weights, and the int8 table.
    assert bytes_per_token(small, 0) == pytest.approx(3.2212e9 * 4.25 / 8 + 200064 * 3076, rel=1e-3)
    assert bytes_per_token(small, 100) - bytes_per_token(small, 0) == 100 * 128 * 1024


def test_quantising_in_memory_covers_every_linear_map() -> None:
    narrow = published_config()
    narrow.num_hidden_layers, narrow.hidden_size, narrow.intermediate_size, narrow.vocab_size = 1, 3072, 256, 512
    small = quantised(_published(narrow, "cpu"), "int4")
    assert all(isinstance(linear, Int4) for layer in small.layers for linear in layer.linears())
    assert small.head.tensors()[0].dtype == torch.int8


def test_it_asks_for_weights() -> None:
    with pytest.raises(HearsightError, match="weights"):
        phi4.measure(argparse.Namespace(random_weights=False, model="", runs=None))


def _published(config: object | None = None, device: str = "meta") -> Weights:
    """bf16 weights without values, in the shapes of int4 ones."""
    small = random_int4(config or published_config(), torch.device(device))

    def whole(linear: Linear) -> Plain:
        rows, columns = linear.tensors()[0].shape
        columns *= 2 if isinstance(linear, Int4) else 1
        return Plain(torch.empty(rows, columns, dtype=torch.bfloat16, device=device))

    layers = tuple(
        replace(x, qkv=whole(x.qkv), o=whole(x.o), gate_up=whole(x.gate_up), down=whole(x.down)) for x in small.layers
    )
    head = whole(small.head)
    return replace(small, form="bf16 merged", embed=Rows(head.weight), layers=layers, head=head)
