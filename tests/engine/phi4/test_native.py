"""Loading: what is loaded is what the files hold, and what can't be loaded is said in words."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import Phi4MultimodalConfig

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import EngineUnavailable, ModelBroken, ModelMissing
from assistant.engine.phi4.native import Native, load_native, place_of, spread


def _tensors(folder: Path) -> dict[str, torch.Tensor]:
    return {name: tensor for path in folder.glob("model*.safetensors") for name, tensor in load_file(path).items()}


def test_every_tensor_is_the_files(folder: Path, loaded: Native) -> None:
    held = loaded.model.state_dict()
    files = _tensors(folder)
    unused = ("encoder.layers.2.", "post_layernorm.", "img_processor.head.")
    assert {name for name in files if name not in held} == {n for n in files if any(part in n for part in unused)}
    for name, tensor in held.items():
        if name != "lm_head.weight":
            assert torch.equal(tensor, files[name].float()), name
    assert loaded.model.lm_head.weight is loaded.model.model.embed_tokens.weight
    assert not loaded.model.training
    assert not any(each.is_meta for each in (*loaded.model.parameters(), *loaded.model.buffers()))


def test_the_adapters_are_the_files_and_beside_the_model(folder: Path, loaded: Native) -> None:
    for name in ("vision", "speech"):
        files = load_file(folder / "adapters" / name / "adapter_model.safetensors")
        held = loaded.adapters[name]
        assert len(held.a) + len(held.b) == len(files)
        for key, tensor in files.items():
            module = key[key.index("layers.") :].partition(".lora_")[0]
            assert torch.equal((held.a if ".lora_A." in key else held.b)[module], tensor.float())
        facts = json.loads((folder / "adapters" / name / "adapter_config.json").read_text())
        assert held.scale == facts["lora_alpha"] / facts["r"] == 2.0


def test_bfloat16_stays_as_it_is(folder: Path) -> None:
    native = load_native(folder, "cpu", torch.bfloat16)
    files = _tensors(folder)
    assert all(p.dtype == torch.bfloat16 for p in native.model.parameters())
    assert torch.equal(native.model.model.norm.weight, files["model.norm.weight"])


def test_the_towers_alone_leave_the_language_model_without_memory(folder: Path) -> None:
    native = load_native(folder, "cpu", torch.float32, language_model=False)
    assert native.model.model.layers[0].mlp.down_proj.weight.is_meta
    assert not any(p.is_meta for p in native.model.model.embed_tokens_extend.parameters())
    assert (native.adapters, native.has_language_model) == ({}, False)


def test_progress_grows_to_the_whole(folder: Path) -> None:
    shares: list[float] = []
    load_native(folder, "cpu", torch.float32, report=lambda _what, share: shares.append(share))
    assert shares == sorted(shares) and shares[0] < 0.05 and shares[-1] > 0.95


def test_loading_can_be_stopped(folder: Path) -> None:
    cancel = CancelToken()
    with pytest.raises(Cancelled):
        load_native(folder, "cpu", torch.float32, report=lambda _w, _s: cancel.set(), cancel=cancel)


@pytest.fixture
def broken(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "copy"))


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing):
        load_native(tmp_path, "cpu", torch.float32)


def test_weights_that_are_gone_are_said(broken: Path) -> None:
    for path in broken.glob("model*.safetensors"):
        path.unlink()
    with pytest.raises(ModelMissing):
        load_native(broken, "cpu", torch.float32)


def test_a_truncated_file_is_said(broken: Path) -> None:
    path = max(broken.glob("model*.safetensors"), key=lambda each: each.stat().st_size)
    with path.open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(ModelBroken, match=path.name):
        load_native(broken, "cpu", torch.float32)


@pytest.mark.parametrize("change", ["missing", "shape"])
def test_a_tensor_that_isnt_what_it_should_be_is_said(broken: Path, change: str) -> None:
    path = min(broken.glob("model*.safetensors"), key=lambda each: each.stat().st_size)
    tensors = load_file(path)
    name = next(iter(sorted(tensors)))
    tensors = (
        {k: v for k, v in tensors.items() if k != name} if change == "missing" else tensors | {name: torch.ones(3)}
    )
    save_file(tensors, path)
    with pytest.raises(ModelBroken):
        load_native(broken, "cpu", torch.float32)


def test_a_config_that_is_no_config_is_said(broken: Path) -> None:
    (broken / "config.json").write_text("{")
    with pytest.raises(ModelBroken):
        load_native(broken, "cpu", torch.float32)


def test_an_adapter_that_is_gone_is_said(broken: Path) -> None:
    shutil.rmtree(broken / "adapters" / "speech")
    with pytest.raises(ModelBroken):
        load_native(broken, "cpu", torch.float32)


def test_flash_attention_is_refused_where_it_isnt_installed(folder: Path) -> None:
    with pytest.raises(EngineUnavailable, match="flash-attn"):
        load_native(folder, "cpu", torch.float32, attention="flash_attention_2")


def test_a_model_too_large_for_one_device_is_spread_by_whole_layers(tmp_path: Path) -> None:
    """In the published size, by its configuration alone."""
    factors = {"short_factor": [1.0] * 48, "long_factor": [2.0] * 48, "original_max_position_embeddings": 4096}
    rope = {"rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.75, **factors}
    Phi4MultimodalConfig(num_attention_heads=24, tie_word_embeddings=True, rope_parameters=rope).save_pretrained(
        tmp_path
    )
    placement = spread(tmp_path, {0: 6 * 10**9, 1: 6 * 10**9})
    layers = [place_of(f"model.layers.{n}.mlp.down_proj.weight", placement).index for n in range(32)]
    assert layers == sorted(layers) and set(layers) == {0, 1}
    assert place_of("model.embed_tokens.weight", placement).index == 0
    assert "model.embed_tokens_extend" in placement


def test_each_part_goes_where_the_map_says(folder: Path) -> None:
    placement = {"": torch.device("cpu"), "model.layers.1": torch.device("meta")}
    native = load_native(folder, placement, torch.float32)
    elsewhere = {name for name, each in native.model.named_parameters() if each.is_meta}
    assert elsewhere == {name for name, _ in native.model.named_parameters() if name.startswith("model.layers.1.")}
