"""Sets of weights filled in place: what was switched to and fro is what was made afresh, at the same addresses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from assistant.engine.phi4.adapters import ADAPTERS, Adapter
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Weights
from assistant.engine.phi4.quantise import load_table, quantise
from assistant.engine.phi4.weight_sets import FileSource, LoraSource, MergedSource, Source, WeightSets
from tests.helpers.tiny_phi4 import TinyNative, save, tiny_native

_PROMPT = list(range(20, 44))
_ORDER: list[Adapter] = ["vision", "speech", None, "vision", None, "speech", "vision"]

Make = Callable[[TinyNative, Path], Source]


def _merged(native: TinyNative, folder: Path) -> Source:
    return MergedSource(native)


def _lora(native: TinyNative, folder: Path) -> Source:
    return LoraSource(native)


def _int4(native: TinyNative, folder: Path) -> Source:
    save(native, folder)
    files = {adapter: quantise(folder, "int4", adapter, "cpu") for adapter in ADAPTERS}
    return FileSource(native.config, "int4", files, load_table(folder, "int8", "cpu", torch.float32))


@pytest.mark.parametrize("make", [_merged, _lora, _int4])
@pytest.mark.parametrize("slots", [1, 2, 3])
def test_switching_to_and_fro_changes_nothing(make: Make, slots: int, tmp_path: Path) -> None:
    native = tiny_native()
    source = make(native, tmp_path)
    afresh = {adapter: _logits(native, source.make(adapter)) for adapter in ADAPTERS}
    switches: list[Adapter] = []
    sets = WeightSets(source, slots, lambda adapter, seconds: switches.append(adapter))
    for adapter in _ORDER:
        weights = sets(adapter)
        assert weights.adapter == adapter
        assert torch.equal(_logits(native, weights), afresh[adapter])
    if slots >= source.most > 1:
        assert switches == ["vision", "speech", None]


@pytest.mark.parametrize("make", [_merged, _lora, _int4])
def test_one_slot_keeps_its_addresses(make: Make, tmp_path: Path) -> None:
    sets = WeightSets(make(tiny_native(), tmp_path), 1)
    layers = sets("vision").layers
    assert sets("speech").layers is layers


def test_a_decoder_switches_its_adapter() -> None:
    native = tiny_native()
    decoder = Decoder(native.config, WeightSets(MergedSource(native), 1))
    for adapter in _ORDER:
        decoder.use(adapter)
        decoder.cache.rewind(0)
        alone = Decoder(native.config, Weights.of(native, adapter, "float32 lora"))
        ours = decoder.prefill(decoder.embed(_PROMPT), "short")
        theirs = alone.prefill(alone.embed(_PROMPT), "short")
        assert (ours - theirs).abs().max() / theirs.abs().max() < 5e-6


def test_the_native_model_still_computes_after_its_weights_moved() -> None:
    native = tiny_native()
    ids = torch.tensor([_PROMPT])
    with torch.no_grad():
        before = native.model(input_ids=ids, use_cache=False).logits
        WeightSets(LoraSource(native), 1)("speech")
        assert torch.equal(native.model(input_ids=ids, use_cache=False).logits, before)


def _logits(native: TinyNative, weights: Any) -> torch.Tensor:
    decoder = Decoder(native.config, weights, capacity=64)
    return decoder.prefill(decoder.embed(_PROMPT), "short")
