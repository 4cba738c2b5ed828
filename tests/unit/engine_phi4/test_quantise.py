"""Quantised copies: made layer by layer, broken off and gone on with, loaded, swapped in place, close to the whole."""

from __future__ import annotations

import stat
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import ModelBroken, StorageError
from assistant.engine.phi4 import tensor_file
from assistant.engine.phi4.adapters import ADAPTERS, LINEARS, Adapter
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.linears import Linear, Plain, Weights
from assistant.engine.phi4.quantise import Quantised, load, load_table, quantise, refill
from assistant.engine.phi4.quantised import Int4, Int8, Int8Table
from tests.helpers.tiny_phi4 import TinyNative, save, tiny_native

_PROMPT = list(range(20, 50))
_FORMS: list[Quantised] = ["int8", "int4"]


@pytest.fixture(scope="module")
def native() -> TinyNative:
    return tiny_native(torch.bfloat16, layers=3)


@pytest.fixture(scope="module")
def folder(native: TinyNative, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(native, tmp_path_factory.mktemp("native"))


@pytest.mark.parametrize("form", _FORMS)
@pytest.mark.parametrize("adapter", ADAPTERS)
def test_the_copy_is_the_merged_model_quantised(
    native: TinyNative, folder: Path, tmp_path: Path, form: Quantised, adapter: Adapter
) -> None:
    file = quantise(folder, form, adapter, "cpu", target=tmp_path)
    weights = _loaded(native, folder, file, form, adapter, tmp_path)
    for index, layer in enumerate(weights.layers):
        for path, linear in zip(LINEARS, layer.linears(), strict=True):
            assert isinstance(linear, Int8 | Int4)
            whole = native.model.model.layers[index].get_submodule(path).weight.float()
            if adapter:
                whole = native.adapters[adapter].merged(f"layers.{index}.{path}", whole)
            error = (linear.dequantised() - whole).norm() / whole.norm()
            # Uniform rounding of normal values: 255 steps over 2 * 3 sigma, and 16 over the reach of a group.
            assert error < (0.012 if form == "int8" else 0.11)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("form", _FORMS)
def test_teacher_forced_logits_are_those_of_the_dequantised_weights(
    native: TinyNative, folder: Path, tmp_path: Path, form: Quantised
) -> None:
    file = quantise(folder, form, "vision", "cpu", target=tmp_path)
    weights = _in_float32(_loaded(native, folder, file, form, "vision", tmp_path))
    small, whole = Decoder(native.config, weights), Decoder(native.config, _dequantised(weights))
    ours = small.prefill(small.embed(_PROMPT), "short")
    theirs = whole.prefill(whole.embed(_PROMPT), "short")
    for token in (5, 400, 17):
        assert (ours - theirs).abs().max() / theirs.abs().max() < 5e-6
        ours, theirs = small.step(token, "short"), whole.step(token, "short")


def test_a_second_call_keeps_the_file_and_a_new_source_replaces_it(
    native: TinyNative, folder: Path, tmp_path: Path
) -> None:
    file = quantise(folder, "int8", None, "cpu", target=tmp_path)
    before = file.stat().st_mtime_ns
    assert quantise(folder, "int8", None, "cpu", target=tmp_path).stat().st_mtime_ns == before
    other = save(native, tmp_path / "other")
    (other / "hearsight.json").write_text("{}", encoding="utf-8")
    quantise(other, "int8", None, "cpu", target=tmp_path)
    assert file.stat().st_mtime_ns != before


@pytest.mark.parametrize("form", _FORMS)
def test_a_run_that_was_broken_off_goes_on(folder: Path, tmp_path: Path, form: Quantised) -> None:
    (tmp_path / "at once").mkdir()
    whole = load_file(quantise(folder, form, "speech", "cpu", target=tmp_path / "at once"))
    cancel, seen = CancelToken(), list[float]()
    with pytest.raises(Cancelled):
        quantise(folder, form, "speech", "cpu", target=tmp_path, report=_stop_at(2, cancel, seen), cancel=cancel)
    partial = next(tmp_path.glob("*.partial"))
    with partial.open("ab") as torn:
        torn.write(b"half a layer")
    again: list[float] = []
    file = quantise(folder, form, "speech", "cpu", target=tmp_path, report=lambda _what, share: again.append(share))
    assert again[0] == 0.5 and len(again) == 2
    parts = load_file(file)
    assert parts.keys() == whole.keys() and all(torch.equal(parts[name], whole[name]) for name in whole)
    assert not partial.exists()


def test_a_full_disk_is_said_and_the_work_is_kept(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = tensor_file._write_part

    def full(file: object, part: tensor_file.Part, tensors: dict[str, torch.Tensor]) -> None:
        if "layers.1.input_layernorm" in part:
            raise OSError(28, "No space left on device")
        written(file, part, tensors)

    monkeypatch.setattr(tensor_file, "_write_part", full)
    with pytest.raises(StorageError, match="no space"):
        quantise(folder, "int8", None, "cpu", target=tmp_path)
    assert next(tmp_path.glob("*.partial")).stat().st_size > 10_000
    assert not list(tmp_path.glob("*.safetensors"))


@pytest.mark.parametrize("form", _FORMS)
def test_refilling_gives_the_other_adapter_in_the_same_tensors(
    native: TinyNative, folder: Path, tmp_path: Path, form: Quantised
) -> None:
    files = {name: quantise(folder, form, name, "cpu", target=tmp_path) for name in ("vision", "speech")}
    weights = _loaded(native, folder, files["vision"], form, "vision", tmp_path)
    fresh = _loaded(native, folder, files["speech"], form, "speech", tmp_path)
    places = [tensor.data_ptr() for layer in weights.layers for m in layer.linears() for tensor in m.tensors()]
    refill(weights, files["speech"])
    pairs = zip(_tensors(weights), _tensors(fresh), strict=True)
    assert all(torch.equal(ours, theirs) for ours, theirs in pairs)
    assert places == [tensor.data_ptr() for tensor in _tensors(weights)]


def test_a_broken_file_is_said(native: TinyNative, folder: Path, tmp_path: Path) -> None:
    file = quantise(folder, "int8", None, "cpu", target=tmp_path)
    file.write_bytes(file.read_bytes()[:2000])
    with pytest.raises(ModelBroken, match="int8-text"):
        _loaded(native, folder, file, "int8", None, tmp_path)
    assert quantise(folder, "int8", None, "cpu", target=tmp_path).stat().st_size > 10_000


def _loaded(native: TinyNative, folder: Path, file: Path, form: Quantised, adapter: Adapter, target: Path) -> Weights:
    table = load_table(folder, "int8", "cpu", torch.bfloat16, target=target)
    return load(file, native.config, form, adapter, table)


def _in_float32(weights: Weights) -> Weights:
    assert isinstance(weights.embed, Int8Table)
    layers = tuple(
        replace(layer, input_norm=layer.input_norm.float(), post_norm=layer.post_norm.float())
        for layer in weights.layers
    )
    embed = replace(weights.embed, dtype=torch.float32)
    return replace(weights, embed=embed, layers=layers, norm=weights.norm.float())


def _dequantised(weights: Weights) -> Weights:
    def whole(linear: Linear) -> Plain:
        assert isinstance(linear, Int8 | Int4)
        return Plain(linear.dequantised())

    layers = tuple(
        replace(x, qkv=whole(x.qkv), o=whole(x.o), gate_up=whole(x.gate_up), down=whole(x.down)) for x in weights.layers
    )
    return replace(weights, layers=layers, head=whole(weights.head))


def _tensors(weights: Weights) -> list[torch.Tensor]:
    return [tensor for layer in weights.layers for linear in layer.linears() for tensor in linear.tensors()]


def _stop_at(layer: int, cancel: CancelToken, seen: list[float]) -> object:
    def report(_what: str, share: float) -> None:
        seen.append(share)
        if len(seen) == layer:
            cancel.set()

    return report
