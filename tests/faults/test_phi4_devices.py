"""What is said where the GPU model can't run, and in which form it runs where it can; the driver query is the seam."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from assistant.core.errors import EngineUnavailable, ModelBroken, ModelMissing
from assistant.engine.phi4 import devices, nvidia, torch_build
from assistant.engine.phi4.devices import Precision, place
from assistant.engine.phi4.nvidia import Driver, Gpu, ask_driver
from assistant.engine.phi4.sizes import ADAPTER_SETS, ModelSize
from assistant.engine.phi4.torch_build import TorchBuild

CUDA = TorchBuild("2.13.0", "12.8")
LINEARS, ADAPTERS, ALL = 3_221_225_472, 830_472_192, 5_574_460_384
PUBLISHED = ModelSize(LINEARS, ADAPTERS, ALL - LINEARS - ADAPTERS, 200_064 * 3072, 131_072, 131_072)
"""The published model: its parameters as its checkpoint counts them."""


def gpu(total: float, free: float | None = None, capability: tuple[int, int] = (8, 9), index: int = 0) -> Gpu:
    """A GPU with so many decimal GB."""
    return Gpu(index, "NVIDIA Test", int(total * 1e9), int((total - 0.4 if free is None else free) * 1e9), capability)


def driver(*gpus: Gpu) -> Driver:
    return Driver("580.65", gpus)


def refusal(found: Driver, precision: Precision = "auto", build: TorchBuild = CUDA) -> str:
    with pytest.raises(EngineUnavailable) as caught:
        place(PUBLISHED, precision, "cuda", lambda: found, build)
    assert "light engine" in caught.value.action
    return caught.value.message


@pytest.mark.parametrize(
    ("total", "form", "sets"),
    [(85.0, "bf16 merged", 3), (25.7, "bf16 merged", 2), (17.2, "bf16 lora", 3), (12.9, "int8", 1), (8.59, "int4", 1)],
)
def test_the_table_of_gpus(total: float, form: str, sets: int) -> None:
    placed = place(PUBLISHED, "auto", "cuda", lambda: driver(gpu(total)), CUDA)
    assert (placed.form, placed.sets, placed.device) == (form, sets, "cuda:0")
    assert 8192 <= placed.context <= 131_072
    assert "580.65" in placed.words
    assert "8.9" in placed.words
    assert placed.notices == ()


def test_the_sizes_are_those_of_the_design() -> None:
    """GB in all with keys and values for 8192 tokens, rounded as planned for."""
    needed = {form: PUBLISHED.needed(form, sets) / 1e9 for form, sets in (("bf16 lora", 1), ("bf16 merged", 2))}  # type: ignore[arg-type]
    assert needed["bf16 lora"] == pytest.approx(13.4, abs=0.2)
    assert needed["bf16 merged"] == pytest.approx(19.8, abs=0.2)
    assert PUBLISHED.needed("int4", 1) / 1e9 <= 6.5
    assert PUBLISHED.needed("bf16 merged", ADAPTER_SETS) / 1e9 == pytest.approx(24.6, abs=0.2)


def test_without_a_driver() -> None:
    assert "no NVIDIA driver" in refusal(Driver(problem="There is no NVIDIA driver on this machine."))


def test_too_old_a_gpu_says_which_would_do() -> None:
    message = refusal(driver(gpu(11, capability=(6, 1))))
    assert "too old" in message
    assert "6.1" in message
    assert "8.0" in message


def test_a_torch_without_cuda_is_named() -> None:
    assert "2.13.0+cpu" in refusal(driver(gpu(24.1)), build=TorchBuild("2.13.0+cpu", ""))


def test_memory_that_another_program_holds_is_told() -> None:
    message = refusal(driver(gpu(25.7, free=3.0)))
    assert "22.7 GB" in message
    assert "must be free" in message


def test_memory_that_is_partly_taken_leaves_a_smaller_form() -> None:
    placed = place(PUBLISHED, "auto", "cuda", lambda: driver(gpu(25.7, free=11.0)), CUDA)
    assert placed.form == "int8"
    assert "14.7 GB" in placed.notices[0]


def test_a_gpu_that_is_too_small_for_what_was_asked() -> None:
    message = refusal(driver(gpu(8.59)), "bf16")
    assert "8.6 GB" in message
    assert "smaller precision" in message
    assert "4.3 GB" in refusal(driver(gpu(4.3)))


def test_the_gpu_with_the_most_room_is_taken() -> None:
    found = driver(gpu(25.7, free=4), gpu(17.2, index=1), gpu(80, capability=(7, 0), index=2))
    assert place(PUBLISHED, "auto", "cuda", lambda: found, CUDA).device == "cuda:1"


def test_two_gpus_share_what_none_holds() -> None:
    found = driver(gpu(12.9), gpu(12.9, index=1))
    placed = place(PUBLISHED, "bf16", "cuda", lambda: found, CUDA)
    assert (placed.gpus, placed.form) == (2, "bf16 lora")
    assert place(PUBLISHED, "auto", "cuda", lambda: found, CUDA).form == "int8", "one GPU is quicker than two"


def test_the_processor_is_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=32_000_000_000))
    nothing = Driver(problem="There is no NVIDIA driver on this machine.")
    placed = place(PUBLISHED, "auto", "auto", lambda: nothing, CUDA)
    assert placed.device == "cpu"
    assert "minutes" in placed.notices[0]
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=8_000_000_000))
    with pytest.raises(EngineUnavailable, match=r"8\.0 GB are free"):
        place(PUBLISHED, "auto", "cpu", lambda: nothing, CUDA)


def test_apples_gpu_is_taken_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    memory = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: memory._replace(available=32_000_000_000))
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(devices.platform, "machine", lambda: "arm64")
    placed = place(PUBLISHED, "auto", "auto", Driver, CUDA)
    assert placed.device == "mps"
    assert "never measured" in placed.notices[0]


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch_build, "PACKAGES", ("torch", "surely_not_installed"))
    with pytest.raises(EngineUnavailable, match="surely_not_installed") as caught:
        place(PUBLISHED, "auto", "auto", Driver, CUDA)
    assert "hearsight[phi4]" in caught.value.action


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="no model"):
        ModelSize.of(tmp_path)
    (tmp_path / "config.json").write_text("{", encoding="utf-8")
    with pytest.raises(ModelBroken):
        ModelSize.of(tmp_path)


class TestDriverQuery:
    """Against a stand-in of NVML, since few machines have two GPUs; without one the real NVML answers below."""

    @pytest.fixture(autouse=True)
    def nvml(self, monkeypatch: pytest.MonkeyPatch) -> Any:
        import pynvml

        cards = [("GPU-aaa", 24.1, (8, 9)), ("GPU-bbb", 85.0, (9, 0))]
        stand_in = SimpleNamespace(
            **{name: getattr(pynvml, name) for name in dir(pynvml) if name.startswith("NVML_ERROR")},
            NVMLError=pynvml.NVMLError,
            nvmlInit=lambda: None,
            nvmlShutdown=lambda: None,
            nvmlSystemGetDriverVersion=lambda: "580.65",
            nvmlDeviceGetCount=lambda: len(cards),
            nvmlDeviceGetHandleByIndex=lambda index: cards[index],
            nvmlDeviceGetUUID=lambda card: card[0],
            nvmlDeviceGetName=lambda card: f"Card {card[0]}",
            nvmlDeviceGetMemoryInfo=lambda card: SimpleNamespace(total=int(card[1] * 1e9), free=int(card[1] * 9e8)),
            nvmlDeviceGetCudaComputeCapability=lambda card: card[2],
        )
        monkeypatch.setitem(sys.modules, "pynvml", stand_in)
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        return stand_in

    def test_all_are_told(self) -> None:
        found = ask_driver()
        assert [each.name for each in found.gpus] == ["Card GPU-aaa", "Card GPU-bbb"]
        assert (found.version, found.gpus[1].capability) == ("580.65", (9, 0))

    @pytest.mark.parametrize(
        ("visible", "names"),
        [("1", ["Card GPU-bbb"]), ("1,0", ["Card GPU-bbb", "Card GPU-aaa"]), ("GPU-b", ["Card GPU-bbb"]), ("-1", [])],
    )
    def test_cudas_own_choice_counts(self, monkeypatch: pytest.MonkeyPatch, visible: str, names: list[str]) -> None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
        found = ask_driver()
        assert [each.name for each in found.gpus] == names
        assert [each.index for each in found.gpus] == list(range(len(names)))
        assert bool(found.problem) == (not names)

    def test_a_driver_that_waits_for_a_restart(self, nvml: Any) -> None:
        def fail() -> None:
            raise nvml.NVMLError(nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH)

        nvml.nvmlInit = fail
        assert "restarted" in ask_driver().problem


def test_the_real_driver_query_answers_on_this_machine() -> None:
    found = ask_driver()
    assert bool(found.gpus) != bool(found.problem)


def test_without_the_bindings_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert "nvidia-ml-py" in nvidia.ask_driver().problem


def test_the_build_of_torch_is_read_without_importing_it() -> None:
    import importlib.metadata

    assert torch_build.torch_build().version == importlib.metadata.version("torch")
