"""A checkpoint that isn't whole, or not this model, is refused in plain words before anything is converted."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assistant.core.errors import ModelBroken, ModelMissing
from assistant.models.phi4.check import check_structure
from assistant.models.phi4.install import prepare
from assistant.models.phi4.layout import detect, expected
from tests.helpers.phi4_checkpoint import rewrite, small_config, write_checkpoint

_NORM = "model.norm.weight"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_checkpoint(tmp_path / "hub", small_config(), shards=3)


def _shard(folder: Path, name: str) -> Path:
    index = json.loads((folder / "model.safetensors.index.json").read_text())
    return folder / str(index["weight_map"][name])


def _change(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def test_a_whole_one_passes(folder: Path) -> None:
    checkpoint = check_structure(folder)
    assert checkpoint.layout == "hub" and len(checkpoint.shards) == 3
    found = {name: t.spec for tensors in checkpoint.shards.values() for name, t in tensors.items()}
    assert found == expected(small_config())


def test_one_file_without_an_index_passes(tmp_path: Path) -> None:
    folder = write_checkpoint(tmp_path / "hub", small_config(), shards=1)
    (folder / "model.safetensors.index.json").unlink()
    next(folder.glob("model-*")).rename(folder / "model.safetensors")
    assert len(check_structure(folder).shards) == 1


def test_a_truncated_shard(folder: Path) -> None:
    path = folder / "model-00002-of-00003.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ModelBroken, match=r"model-00002-of-00003\.safetensors is damaged: it is cut off") as raised:
        check_structure(folder)
    assert "models pull phi4" in raised.value.action


def test_a_shard_that_is_a_pointer_of_git(folder: Path) -> None:
    (folder / "model-00001-of-00003.safetensors").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ModelBroken, match="doesn't begin like a safetensors file"):
        check_structure(folder)


def test_a_missing_shard(folder: Path) -> None:
    (folder / "model-00003-of-00003.safetensors").unlink()
    with pytest.raises(ModelMissing, match=r"model-00003-of-00003\.safetensors is missing"):
        check_structure(folder)


def test_a_missing_tensor(folder: Path) -> None:
    rewrite(_shard(folder, _NORM), drop=[_NORM])
    _change(folder / "model.safetensors.index.json", lambda index: index["weight_map"].pop(_NORM))
    with pytest.raises(ModelBroken, match=r"1 of \d+ tensors are missing, such as model\.norm\.weight"):
        check_structure(folder)


def test_an_index_of_another_revision(folder: Path) -> None:
    rewrite(_shard(folder, _NORM), drop=[_NORM])
    with pytest.raises(ModelBroken, match=r"doesn't hold model\.norm\.weight.* different revisions"):
        check_structure(folder)


def test_a_tensor_too_many(folder: Path) -> None:
    rewrite(_shard(folder, _NORM), add={"lm_head.weight": ("BF16", (2, 2))})
    with pytest.raises(ModelBroken, match=r"it holds 1 tensors that it shouldn't, such as lm_head\.weight"):
        check_structure(folder)


@pytest.mark.parametrize(("dtype", "shape"), [("F32", (32,)), ("BF16", (16, 2)), ("BF16", (33,))])
def test_a_tensor_of_another_type_or_shape(folder: Path, dtype: str, shape: tuple[int, ...]) -> None:
    rewrite(_shard(folder, _NORM), drop=[_NORM], add={_NORM: (dtype, shape)})
    with pytest.raises(ModelBroken, match=rf"{_NORM} is {dtype} .* and should be BF16 32"):
        check_structure(folder)


def test_a_bias_table_of_transformers_default(folder: Path) -> None:
    """What an earlier conversion got wrong: 2000 rows where the model has 1000."""
    name = "model.embed_tokens_extend.audio_embed.encoder.relative_attention_bias_layer.bias_values.weight"
    rewrite(_shard(folder, name), drop=[name], add={name: ("BF16", (2000, 2))})
    with pytest.raises(ModelBroken, match="BF16 2000×2 and should be BF16 1000×2"):
        check_structure(folder)


def test_an_index_that_leads_out_of_the_folder(folder: Path) -> None:
    _change(folder / "model.safetensors.index.json", lambda index: index["weight_map"].update({_NORM: "../x"}))
    with pytest.raises(ModelBroken, match="can't be read as an index"):
        check_structure(folder)


def test_without_a_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    with pytest.raises(ModelMissing, match=r"tokenizer\.json is missing"):
        check_structure(folder)


def test_another_model(folder: Path) -> None:
    _change(folder / "config.json", lambda config: config.update(model_type="phi3"))
    with pytest.raises(ModelBroken, match=r"isn't Phi-4-multimodal .*“phi3”"):
        detect(folder)


@pytest.mark.parametrize("text", ["", "[]", "{", "\x00"])
def test_a_config_that_is_none(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(ModelBroken, match="can't be read as a model's configuration"):
        detect(folder)


def test_a_folder_with_nothing_in_it(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"has no config\.json"):
        prepare(tmp_path, tmp_path / "models")


def test_a_native_folder_is_checked_too(folder: Path, tmp_path: Path) -> None:
    native = prepare(folder, tmp_path / "models")
    assert check_structure(native).layout == "native"
    rewrite(_shard(native, _NORM), drop=[_NORM])
    with pytest.raises(ModelBroken, match=r"doesn't hold model\.norm\.weight"):
        prepare(native, tmp_path / "models")
