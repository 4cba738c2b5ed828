"""What `bench phi4` counts with: the bytes a token reads, and that it wants to be told which weights."""

from __future__ import annotations

import argparse
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from assistant.bench import phi4
from assistant.bench.phi4_device import Bandwidth
from assistant.bench.phi4_forms import bytes_per_token, quantised
from assistant.bench.phi4_memory import random_int4
from assistant.bench.phi4_models import attach, published_config
from assistant.bench.phi4_pace import Pace
from assistant.bench.phi4_parts import Parts
from assistant.bench.phi4_plan import goals_for, plan_for
from assistant.bench.phi4_rows import metrics_of, row_of
from assistant.bench.report import Report
from assistant.core.errors import HearsightError
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Linear, Plain, Rows, Weights
from assistant.engine.phi4.quantised import Int4
from tests.helpers.tiny_phi4 import tiny_native


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


def test_a_part_that_fails_is_a_note_and_the_others_go_on() -> None:
    report, ran = Report("phi4"), []

    def fail() -> None:
        raise RuntimeError("no memory\nand a long trace")

    phi4._part(report, "decoding", fail)
    phi4._part(report, "prefill", lambda: ran.append("prefill"))
    assert ran == ["prefill"] and report.notes == ["decoding: not measured (RuntimeError: no memory)"]
    assert [row["of"] for row in report.rows] == ["decoding", "prefill"]


def test_where_the_baseline_cannot_run_ours_still_does() -> None:
    def generate(**_arguments: Any) -> None:
        raise ValueError("not with this version")

    model = SimpleNamespace(device=torch.device("cpu"), generate=generate)
    report, subject = Report("phi4"), SimpleNamespace(native=SimpleNamespace(model=model))
    parts = Parts(plan_for("cpu", "", 1), subject, None, report)  # type: ignore[arg-type]
    assert parts._card(100, 8) is None
    assert report.notes == ["generate(): not measured (ValueError: not with this version)"]


def test_the_share_of_the_bandwidth_counts_weights_and_context() -> None:
    pace = Pace(per_token=[1 / 300] * 3, gaps=[1 / 300] * 10)
    weights = replace(_published(), adapter="vision")
    ours: Any = SimpleNamespace(pace=pace, decoder=SimpleNamespace(weights=weights), context=2048, tokens=96)
    row = row_of("decode", "bf16", ours, Bandwidth(3.0e12, 3.35e12), None, "")
    read = 7_672_043_520 + (2048 + 48) * 128 * 1024
    assert row["bandwidth_share"] == pytest.approx(read * 300 / 3.0e12)
    assert row["nominal_share"] == pytest.approx(read * 300 / 3.35e12)
    metrics = metrics_of(row, plan_for("cuda", "", None))
    assert metrics["bf16_tokens_per_s"] == pytest.approx(300)
    goals = {goal.key: goal for goal in goals_for("NVIDIA H100 80GB HBM3", metrics)}
    assert goals.keys() == {"bf16_bandwidth_share", "bf16_tokens_per_s"}
    assert not goals["bf16_tokens_per_s"].met(300) and goals["bf16_tokens_per_s"].met(330)
    assert not metrics_of({**row, "context": 512}, plan_for("cuda", "", None))


# Two adapters are what the model card means.
@pytest.mark.filterwarnings("ignore:Already found a `peft_config`:UserWarning")
def test_the_baselines_adapters_are_ours() -> None:
    """Through peft, each with its own scale, on the very weights that ours are merged from."""
    native = tiny_native(layers=1)
    native.adapters = {name: replace(adapter, scale=1.5) for name, adapter in native.adapters.items()}
    sets = {name: Weights.of(native, name, "bf16 merged") for name in (None, "vision", "speech")}
    choose: Any = attach(native)  # type: ignore[arg-type]
    tokens = [5, 77, 300, 41]
    for name, weights in sets.items():
        choose(name)
        decoder = Decoder(native.config, weights, capacity=8)
        ours = decoder.prefill(decoder.embed(tokens), "short")
        with torch.no_grad():
            theirs = native.model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0, -1]
        assert (ours - theirs).abs().max() / theirs.abs().max() < 1e-5


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
