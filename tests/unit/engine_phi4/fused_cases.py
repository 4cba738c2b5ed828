"""What `test_fused.py` runs in a process whose Triton interprets: our kernels against the plain step."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from assistant.engine.phi4 import fused, steps
from assistant.engine.phi4.adapters import ADAPTERS, Side
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Form, Linear, Plain, Weights
from assistant.engine.phi4.quantise import group_for
from assistant.engine.phi4.quantised import Int4, Int8, Int8Table
from assistant.engine.phi4.step import LayerStep, Place
from assistant.engine.phi4.weight_sets import LoraSource, WeightSets
from tests.helpers.tiny_phi4 import TinyNative, tiny_native


@pytest.fixture(scope="module")
def native() -> TinyNative:
    return tiny_native(layers=1, hidden=192)


@pytest.mark.parametrize("form", ["bf16 merged", "int8", "int4"])
@pytest.mark.parametrize(("length", "side"), [(0, "short"), (31, "short"), (128, "long"), (150, "long")])
def test_a_step_is_the_plain_one(native: TinyNative, form: Form, length: int, side: Side) -> None:
    decoder = Decoder(native.config, _weights(native, form), capacity=1024)
    if length:
        decoder.prefill(decoder.embed([(7 * i) % 500 for i in range(length)]), side)
    place = Place.on(torch.device("cpu"))
    place.set(9, decoder, side)
    ours = fused.FusedStep()(decoder, place, 1024)
    written = decoder.cache.layers[0][:, :, length].clone()
    theirs = LayerStep()(decoder, place, 1024)
    assert (ours - theirs).abs().max() / theirs.abs().max() < 2e-6
    assert (written - decoder.cache.layers[0][:, :, length]).abs().max() < 1e-5


def test_the_loop_takes_them_when_they_agree(native: TinyNative) -> None:
    notices: list[str] = []
    decoder = Decoder(native.config, _weights(native, "bf16 merged"), capacity=1024)
    step = steps.step_of("kernels", decoder, notices.append)
    assert type(step).__name__ == "FusedStep" and not notices
    assert decoder.cache.length == 0


def test_wrong_numbers_are_found_before_they_are_used(native: TinyNative, monkeypatch: pytest.MonkeyPatch) -> None:
    right = fused.FusedStep.__call__
    monkeypatch.setattr(fused.FusedStep, "__call__", lambda *arguments: right(*arguments) * 1.01)
    notices: list[str] = []
    decoder = Decoder(native.config, _weights(native, "bf16 merged"), capacity=1024)
    assert isinstance(steps.step_of("kernels", decoder, notices.append), LayerStep)
    assert len(notices) == 1 and "wrong numbers" in notices[0]


def test_adapters_beside_the_base_are_never_left_out() -> None:
    """The set without an adapter fits the kernels, those with one don't: the same step must see the difference."""
    native = tiny_native(layers=1, hidden=192)
    decoder = Decoder(native.config, WeightSets(LoraSource(native), 1), capacity=1024)
    step, place = steps.step_of("kernels", decoder, lambda _text: None), Place.on(torch.device("cpu"))
    for adapter in ADAPTERS:
        decoder.use(adapter)
        place.set(9, decoder, "short")
        ours, theirs = (one(decoder, place, 1024) for one in (step, LayerStep()))
        assert (ours - theirs).abs().max() / theirs.abs().max() < 2e-6


def _weights(native: TinyNative, form: Form) -> Weights:
    whole = Weights.of(native, None, "bf16 merged")
    if form == "bf16 merged":
        return whole

    def small(linear: Linear) -> Linear:
        weight = linear.tensors()[0]
        return Int8.of(weight) if form == "int8" else Int4.of(weight, group_for(weight.shape[1]))

    layers = tuple(
        replace(x, qkv=small(x.qkv), o=small(x.o), gate_up=small(x.gate_up), down=small(x.down)) for x in whole.layers
    )
    assert isinstance(whole.head, Plain)
    table = Int8.of(whole.head.weight)
    return replace(whole, form=form, embed=Int8Table(table, torch.float32), layers=layers, head=table)
