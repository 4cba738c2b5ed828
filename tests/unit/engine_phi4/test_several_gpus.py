"""The model over two devices, without a GPU: fake tensors have a device and a shape but no memory, and operations fail
where two devices meet, as CUDA's do. (Torch without CUDA can index no CUDA tensor, even a fake one.)"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from transformers import Phi4MultimodalForCausalLM

from assistant.engine.phi4.adapters import ADAPTERS, LINEARS, Adapter, AdapterWeights
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Weights
from assistant.engine.phi4.native import DeviceMap, _put, place_of
from assistant.engine.phi4.step import LayerStep, Place
from assistant.engine.phi4.weight_sets import LoraSource, WeightSets
from tests.helpers.tiny_phi4 import VOCAB, TinyNative, tiny_config

_FIRST, _SECOND = torch.device("cpu"), torch.device("meta")
_AS_ACCELERATE_PLANS: DeviceMap = {"": _FIRST, "model.layers.1": _SECOND, "model.norm": _SECOND}
"""The first layers beside the table, the others with the last norm; the head is the table."""


@pytest.fixture
def native() -> Iterator[TinyNative]:
    config = tiny_config(2, 96)
    model = Phi4MultimodalForCausalLM(config)
    with FakeTensorMode():
        for name, weight in list(model.named_parameters()):
            place = place_of(name, _AS_ACCELERATE_PLANS)
            _put(model, name, torch.empty(weight.shape, dtype=torch.bfloat16, device=place))
        model.tie_weights()
        yield TinyNative(model, config, {"vision": _adapter(model, 8), "speech": _adapter(model, 12)})


def test_the_devices_meet_where_two_of_them_do(native: TinyNative) -> None:
    """That these tensors would show it."""
    layers = native.model.model.layers
    with pytest.raises(RuntimeError, match="device"):
        layers[0].mlp.down_proj.weight + layers[1].mlp.down_proj.weight


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_prompt_and_a_step_pass_from_one_to_the_other(native: TinyNative, adapter: Adapter) -> None:
    decoder = Decoder(native.config, WeightSets(LoraSource(native), 1), capacity=1024)
    decoder.use(adapter)
    assert decoder.prefill(decoder.embed([5, 6, 7]), "short").shape == (VOCAB,)
    assert decoder.step(8, "long").device == _FIRST
    assert [layer.device for layer in decoder.cache.layers] == [_FIRST, _SECOND]
    place = Place.on(decoder.weights.device)
    place.set(9, decoder, "short")
    assert LayerStep()(decoder, place, 1024).device == _FIRST


def test_the_last_norm_is_read_where_the_table_is(native: TinyNative) -> None:
    assert native.model.model.norm.weight.device == _SECOND
    weights = Weights.of(native, None, "bf16 lora")
    assert weights.device == weights.norm.device == weights.head.tensors()[0].device == _FIRST


def _adapter(model: Phi4MultimodalForCausalLM, rank: int) -> AdapterWeights:
    a, b = {}, {}
    for index, layer in enumerate(model.model.layers):
        for path in LINEARS:
            out, width = layer.get_submodule(path).weight.shape
            a[f"layers.{index}.{path}"] = torch.empty(rank, width, dtype=torch.bfloat16, device=_FIRST)
            b[f"layers.{index}.{path}"] = torch.empty(out, rank, dtype=torch.bfloat16, device=_FIRST)
    return AdapterWeights(a, b, 2.0)
