"""Which torch and which flash-attn are installed; pip is watched instead of run."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

Load = Callable[[str], ModuleType]
Calls = list[tuple[str, ...]]


@pytest.fixture
def gpu(load: Load) -> ModuleType:
    return load("gpu_packages")


@pytest.fixture
def calls(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Calls:
    """What pip was asked; it says yes to all."""
    noted: Calls = []
    monkeypatch.setattr(gpu.environment, "try_pip", lambda *words: noted.append(words) or True)
    return noted


@pytest.mark.parametrize(
    ("platform", "nvidia", "asked"),
    [
        ("linux", False, "torch=={}+cpu"),
        ("linux", True, "torch=={}"),
        ("win32", False, "torch=={}"),
        ("win32", True, "https://download.pytorch.org/whl/cu130"),
        ("darwin", False, "torch=={}"),
    ],
)
def test_the_build_follows_the_driver(
    gpu: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch, platform: str, nvidia: bool, asked: str
) -> None:
    monkeypatch.setattr(gpu.sys, "platform", platform)
    monkeypatch.setattr(gpu, "has_nvidia_driver", lambda: nvidia)
    gpu.install_torch()
    assert [call[-1] for call in calls] == [asked.format(gpu.TORCH)]


def test_without_a_local_cpu_build_it_comes_from_pytorch(
    gpu: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted = gpu.environment.try_pip
    monkeypatch.setattr(gpu.environment, "try_pip", lambda *a: noted(*a) and not a[-1].endswith("+cpu"))
    monkeypatch.setattr(gpu.sys, "platform", "linux")
    monkeypatch.setattr(gpu, "has_nvidia_driver", lambda: False)
    gpu.install_torch()
    assert calls[1][-2:] == ("--index-url", "https://download.pytorch.org/whl/cpu")


def test_a_driver_without_its_tools_is_seen(gpu: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu.shutil, "which", lambda _: None)
    monkeypatch.setattr(gpu.Path, "exists", lambda path: str(path) == "/proc/driver/nvidia/version")
    assert gpu.has_nvidia_driver()
    monkeypatch.setattr(gpu.Path, "exists", lambda _: False)
    assert not gpu.has_nvidia_driver()


def test_flash_attention_is_never_compiled(
    gpu: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(gpu, "_is_importable", lambda: True)
    gpu.install_flash_attention(wanted=True)
    assert calls[0][:5] == ("install", "--quiet", "--only-binary", ":all:", "--no-deps")
    assert capsys.readouterr().err == ""

    monkeypatch.setattr(gpu.environment, "try_pip", lambda *_: False)
    gpu.install_flash_attention(wanted=True)
    said = capsys.readouterr().err
    assert "No prebuilt flash-attn fits" in said and "--no-build-isolation" in said


def test_a_wheel_that_does_not_fit_goes_again(gpu: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu, "has_nvidia_driver", lambda: True)
    monkeypatch.setattr(gpu, "_is_importable", lambda: False)
    gpu.install_flash_attention(wanted=False)
    assert calls[-1] == ("uninstall", "--quiet", "--yes", "flash-attn")


def test_without_a_gpu_flash_attention_is_left_out(
    gpu: ModuleType, calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "has_nvidia_driver", lambda: False)
    gpu.install_flash_attention(wanted=False)
    assert (calls, capsys.readouterr().err) == ([], "")
    gpu.install_flash_attention(wanted=True)
    assert "needs an NVIDIA GPU" in capsys.readouterr().err
