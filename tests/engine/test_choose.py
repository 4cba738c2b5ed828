"""Which engine is chosen, and what is said where it can't run."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import psutil
import pytest

from assistant.core.errors import EngineUnavailable
from assistant.engine import choose as chooser
from assistant.engine.base import Capabilities
from assistant.engine.choose import Choice, available, choose, fitting, resolve
from assistant.engine.fake import FakeEngine
from assistant.engine.host import EngineHost
from assistant.engine.light.engine import LightEngine
from assistant.engine.phi4 import catalogue, devices
from assistant.engine.phi4.catalogue import Phi4Choice
from assistant.engine.phi4.nvidia import Driver, Gpu
from assistant.engine.phi4.torch_build import TorchBuild

FILES = {
    "whisper-base": "model.bin",
    "qwen2.5-coder-1.5b": "model.gguf",
    "qwen2.5-coder-0.5b": "model.gguf",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model folder with a file for each model."""
    for name, file in FILES.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / file).touch()
    return tmp_path


def told(name: str, folder: Path, choice: Choice | None = None) -> Capabilities:
    return next(each for each in available(choice or Choice(), folder) if each.name == name)


@pytest.mark.parametrize(("name", "kind"), [("fake", FakeEngine), ("light", LightEngine), ("auto", LightEngine)])
def test_the_name_decides(folder: Path, name: str, kind: type) -> None:
    assert isinstance(choose(name, Choice(), folder, in_process=True), kind)
    hosted = choose(name, Choice(), folder)
    assert isinstance(hosted, EngineHost)
    assert hosted.process is None, "nothing is started before it is loaded"


def test_an_unknown_name_names_the_known_ones(folder: Path) -> None:
    with pytest.raises(EngineUnavailable, match="auto, phi4, light, fake"):
        choose("gpt", Choice(), folder)


def test_missing_packages_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chooser, "_LIGHT_PACKAGES", ("faster_whisper", "surely_not_installed"))
    with pytest.raises(EngineUnavailable, match="surely_not_installed"):
        choose("auto", Choice(), folder)
    assert "surely_not_installed" in told("light", folder).unavailable


def test_missing_models_are_named(tmp_path: Path, folder: Path) -> None:
    assert told("light", folder).unavailable == ""
    (folder / "whisper-base" / "model.bin").unlink()
    assert "hearsight models pull whisper-base" in told("light", folder).unavailable


def test_short_memory_takes_the_smaller_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=3 * 1024**3))
    assert fitting(Choice(), folder).language_model == "qwen2.5-coder-0.5b"
    (folder / "qwen2.5-coder-0.5b" / "model.gguf").unlink()
    assert fitting(Choice(), folder).language_model == "qwen2.5-coder-1.5b"


def test_ample_memory_keeps_the_choice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=8 * 1024**3))
    assert fitting(Choice(), folder) == Choice()


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    """A folder with the configuration of a small Phi-4 model; where it runs is decided by that alone."""
    config = {
        "model_type": "phi4_multimodal", "hidden_size": 96, "num_hidden_layers": 2, "num_attention_heads": 6,
        "num_key_value_heads": 2, "intermediate_size": 128, "vocab_size": 512, "max_position_embeddings": 131072,
    }  # fmt: skip
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config), encoding="utf-8")
    return folder


def test_the_big_model_says_what_it_lacks(folder: Path) -> None:
    with pytest.raises(EngineUnavailable, match="hearsight models pull phi4"):
        choose("phi4", Choice(), folder)
    assert "light engine" in told("phi4", folder).unavailable
    assert told("phi4", folder).images == "sees"


def test_the_big_model_is_hosted_and_not_started(folder: Path, checkpoint: Path) -> None:
    hosted = choose("phi4", Choice(phi4=Phi4Choice(checkpoint)), folder)
    assert isinstance(hosted, EngineHost)
    assert hosted.process is None
    assert (hosted.capabilities.name, hosted.capabilities.images) == ("phi4", "sees")
    assert hosted.capabilities.device


@pytest.mark.parametrize(("placed", "name"), [("cuda", "phi4"), ("cpu", "light")])
def test_auto_takes_the_big_model_where_a_gpu_holds_it(
    folder: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch, placed: str, name: str
) -> None:
    gpus = (Gpu(0, "NVIDIA Test", 24_000_000_000, 23_000_000_000, (8, 9)),) if placed == "cuda" else ()
    monkeypatch.setattr(devices, "torch_build", lambda: TorchBuild("2.13.0", "12.8"))
    monkeypatch.setattr(
        catalogue, "expected", partial(catalogue.expected, ask=lambda: Driver("580.65", gpus, "" if gpus else "none"))
    )
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=8 * 1024**3))
    assert resolve("auto", Choice(phi4=Phi4Choice(checkpoint)), folder)[0] == name
    assert resolve("auto", Choice(), folder)[0] == "light", "without the model a GPU is of no use"
