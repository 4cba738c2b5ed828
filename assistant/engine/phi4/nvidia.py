"""What NVIDIA's driver says of its GPUs, asked without torch: importing that takes seconds and hundreds of megabytes.

Goes through NVML, the driver's own library (`nvidia-ml-py` are NVIDIA's bindings to it).
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Gpu:
    """One GPU as CUDA will number it.

    Attributes:
        total, free: bytes of its memory; free counts what every program has taken, the desktop included.
        capability: CUDA compute capability, (8, 9) for an RTX 4090.
    """

    index: int
    name: str
    total: int
    free: int
    capability: tuple[int, int]


@dataclass(frozen=True)
class Driver:
    """What was found. `problem`: why there is no GPU to use, in words; empty where there is one."""

    version: str = ""
    gpus: tuple[Gpu, ...] = ()
    problem: str = ""


AskDriver = Callable[[], Driver]


def ask_driver() -> Driver:
    """Asks NVML; some ten milliseconds. Never raises: whatever goes wrong is the answer's `problem`."""
    try:
        import pynvml
    except ImportError:
        return Driver(problem="The package nvidia-ml-py isn't installed, so the GPU can't be asked.")
    try:
        with _session(pynvml):
            version = str(pynvml.nvmlSystemGetDriverVersion())
            gpus = tuple(_visible(list(_each(pynvml))))
    except pynvml.NVMLError as error:
        return Driver(problem=_reason(pynvml, error))
    if gpus:
        return Driver(version, gpus)
    hidden = "CUDA_VISIBLE_DEVICES hides every GPU." if "CUDA_VISIBLE_DEVICES" in os.environ else ""
    return Driver(version, problem=hidden or "NVIDIA's driver finds no GPU.")


@contextlib.contextmanager
def _session(nvml: Any) -> Iterator[None]:
    nvml.nvmlInit()
    try:
        yield
    finally:
        nvml.nvmlShutdown()


def _each(nvml: Any) -> Iterator[tuple[str, Gpu]]:
    """Each GPU with its UUID."""
    for index in range(nvml.nvmlDeviceGetCount()):
        handle = nvml.nvmlDeviceGetHandleByIndex(index)
        memory = nvml.nvmlDeviceGetMemoryInfo(handle)
        capability = tuple(nvml.nvmlDeviceGetCudaComputeCapability(handle))
        gpu = Gpu(index, str(nvml.nvmlDeviceGetName(handle)), int(memory.total), int(memory.free), capability)
        yield str(nvml.nvmlDeviceGetUUID(handle)), gpu


def _visible(found: list[tuple[str, Gpu]]) -> Iterator[Gpu]:
    """Those that CUDA will show, with its numbers: `CUDA_VISIBLE_DEVICES` chooses and orders them, and the first
    entry that names none ends the list (CUDA C++ programming guide, environment variables)."""
    wanted = os.environ.get("CUDA_VISIBLE_DEVICES")
    if wanted is None:
        yield from (gpu for _uuid, gpu in found)
        return
    for number, word in enumerate(wanted.split(",")):
        gpu = _named(word.strip(), found)
        if gpu is None:
            return
        yield Gpu(number, gpu.name, gpu.total, gpu.free, gpu.capability)


def _named(word: str, found: list[tuple[str, Gpu]]) -> Gpu | None:
    if word.isdecimal():
        return next((gpu for _uuid, gpu in found if gpu.index == int(word)), None)
    return next((gpu for uuid, gpu in found if word and uuid.startswith(word)), None)


def _reason(nvml: Any, error: Any) -> str:
    if error.value == nvml.NVML_ERROR_LIBRARY_NOT_FOUND:
        return "There is no NVIDIA driver on this machine."
    if error.value in (nvml.NVML_ERROR_DRIVER_NOT_LOADED, nvml.NVML_ERROR_LIB_RM_VERSION_MISMATCH):
        return "NVIDIA's driver is installed but not running; after an update of it the machine must be restarted."
    return f"NVIDIA's driver doesn't answer ({error})."
