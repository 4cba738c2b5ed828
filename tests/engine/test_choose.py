"""Which engine is chosen, and what is said where it can't run."""

from __future__ import annotations

from pathlib import Path

import psutil
import pytest

from assistant.core.errors import EngineUnavailable
from assistant.engine import choose as chooser
from assistant.engine.choose import Choice, available, choose, fitting
from assistant.engine.fake import FakeEngine
from assistant.engine.host import EngineHost
from assistant.engine.light.engine import LightEngine

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


@pytest.mark.parametrize(("name", "kind"), [("fake", FakeEngine), ("light", LightEngine), ("auto", LightEngine)])
def test_the_name_decides(folder: Path, name: str, kind: type) -> None:
    assert isinstance(choose(name, Choice(), folder, in_process=True), kind)
    hosted = choose(name, Choice(), folder)
    assert isinstance(hosted, EngineHost)
    assert hosted.process is None, "nothing is started before it is loaded"


def test_an_unknown_name_names_the_known_ones(folder: Path) -> None:
    with pytest.raises(EngineUnavailable, match="auto, light, fake"):
        choose("gpt", Choice(), folder)


def test_missing_packages_are_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chooser, "_LIGHT_PACKAGES", ("faster_whisper", "surely_not_installed"))
    with pytest.raises(EngineUnavailable, match="surely_not_installed"):
        choose("auto", Choice(), folder)
    assert "surely_not_installed" in available(Choice(), folder)[0].unavailable


def test_missing_models_are_named(tmp_path: Path, folder: Path) -> None:
    assert available(Choice(), folder)[0].unavailable == ""
    (folder / "whisper-base" / "model.bin").unlink()
    assert "hearsight models pull whisper-base" in available(Choice(), folder)[0].unavailable


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
