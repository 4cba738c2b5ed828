"""Where the model runs and in which form, decided before anything is loaded and said in plain words. No torch.

| GPU memory | form |
| --- | --- |
| 24 GB and more | bf16, adapters merged into the weights |
| 16 GB | bf16, adapters beside the weights |
| 12 GB | int8, merged |
| 8 GB | int4, merged; one adapter set in memory, the others swapped in |

The rows follow from `sizes.ModelSize` and what is free, with `_SPARE` of it left alone.
"""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass, replace
from typing import Literal

import psutil

from assistant.core.errors import EngineUnavailable
from assistant.engine.phi4.nvidia import AskDriver, Driver, Gpu, ask_driver
from assistant.engine.phi4.sizes import ADAPTER_SETS, Form, ModelSize
from assistant.engine.phi4.torch_build import TorchBuild, missing_packages, torch_build

Device = Literal["auto", "cuda", "mps", "cpu"]
Precision = Literal["auto", "bf16", "int8", "int4", "float32"]

OLDEST = (8, 0)
"""Compute capability of the first GPUs that multiply bf16 (Ampere, 2020)."""

_SPARE = 0.1
_CONTEXT_STEP = 1024
_FORMS: dict[Precision, tuple[Form, ...]] = {
    "auto": ("bf16 merged", "bf16 lora", "int8", "int4"),
    "bf16": ("bf16 merged", "bf16 lora"),
    "int8": ("int8",),
    "int4": ("int4",),
    "float32": ("float32 lora",),
}
_MAIN_MEMORY: dict[Precision, Form] = {
    "auto": "bf16 lora",
    "bf16": "bf16 lora",
    "int8": "int8",
    "int4": "int4",
    "float32": "float32 lora",
}
_OFFER = "The light engine works here: choose it in the settings or with --engine light."
_SLOW = "Without a GPU the big model reads all its weights for each word: expect minutes. The light engine is quicker."
_APPLE = "On Apple's GPUs the big model works but was never measured; expect it to be slow."


@dataclass(frozen=True)
class Placement:
    """The decision.

    Attributes:
        device: as torch names it: "cuda:0", "mps", "cpu".
        form: see `Form`.
        sets: adapter sets that are in memory at once; the others are swapped in, which is told with its time.
        context: tokens that prompt and answer may have together.
        words: for people: the device with its memory and driver, and what fits.
        notices: what the user should know beforehand.
        gpus: how many GPUs share the model.
    """

    device: str
    form: Form
    sets: int
    context: int
    words: str
    notices: tuple[str, ...] = ()
    gpus: int = 1


def place(
    size: ModelSize,
    precision: Precision = "auto",
    device: Device = "auto",
    ask: AskDriver = ask_driver,
    build: TorchBuild | None = None,
    *,
    empty: bool = False,
) -> Placement:
    """Chooses device and form.

    Args:
        ask: the driver query.
        build: of torch; None looks it up.
        empty: decides as if no program used the memory.

    Raises:
        EngineUnavailable: it can't run here; says why, and that the light engine can.
    """
    if missing := missing_packages():
        raise _unavailable(
            f"The engine's packages aren't installed: {', '.join(missing)}.",
            'Install them with: pip install "hearsight[phi4]"',
        )
    build = build or torch_build()
    free = psutil.virtual_memory().total if empty else psutil.virtual_memory().available
    if device == "auto":
        device = _best_device(ask, build)
    if device == "cuda":
        found = ask()
        return _on_nvidia(size, precision, _emptied(found) if empty else found, build)
    return _on_mps(size, precision, free) if device == "mps" else _on_cpu(size, precision, free)


def gpu_problem(driver: Driver, build: TorchBuild) -> str:
    """Why no NVIDIA GPU can be used; empty when one can."""
    if driver.problem:
        return driver.problem
    best = _best_gpu(driver)
    if best.capability < OLDEST:
        have, need = (".".join(map(str, version)) for version in (best.capability, OLDEST))
        return f"{best.name} is too old: its compute capability is {have}, and the model needs {need} (2020) or newer."
    if not build.cuda:
        return f"The installed torch {build.version} is a build without CUDA."
    return ""


def describe(gpu: Gpu, driver: str) -> str:
    """ "NVIDIA GeForce RTX 4090, 25.8 GB (24.9 GB free), driver 580.65, compute capability 8.9"."""
    capability = ".".join(map(str, gpu.capability))
    return f"{gpu.name}, {_gb(gpu.total)} ({_gb(gpu.free)} free), driver {driver}, compute capability {capability}"


def form_words(form: Form, sets: int) -> str:
    """What the form is called for people."""
    if form in ("float32 lora", "bf16 lora"):
        return f"{form.split()[0]}, adapters beside the weights"
    kept = (
        "all adapters merged and in memory" if sets >= ADAPTER_SETS else f"merged, {sets} of {ADAPTER_SETS} in memory"
    )
    return f"{form.split()[0]}, {kept}"


def _best_device(ask: AskDriver, build: TorchBuild) -> Device:
    if sys.platform == "darwin" and platform.machine() == "arm64":
        return "mps"
    return "cpu" if gpu_problem(ask(), build) else "cuda"


def _on_nvidia(size: ModelSize, precision: Precision, driver: Driver, build: TorchBuild) -> Placement:
    if problem := gpu_problem(driver, build):
        raise _unavailable(problem)
    gpu = _best_gpu(driver)
    whole = _fitting(size, _FORMS[precision], gpu.total)
    for form in _FORMS[precision]:
        if sets := _sets(size, form, gpu.free):
            context = _context(size, form, sets, gpu.free)
            words = f"{describe(gpu, driver.version)}: {form_words(form, sets)}"
            return Placement(f"cuda:{gpu.index}", form, sets, context, words, _taken(gpu, form, whole))
    if shared := _over_all(size, precision, driver):
        return shared
    raise _no_room(size, precision, gpu, whole)


def _over_all(size: ModelSize, precision: Precision, driver: Driver) -> Placement | None:
    """Several GPUs together, where none is big enough for bf16 alone; they take unmerged weights, layer by layer."""
    usable = [gpu for gpu in driver.gpus if gpu.capability >= OLDEST]
    free = sum(gpu.free for gpu in usable)
    if len(usable) < 2 or precision not in ("auto", "bf16") or not _sets(size, "bf16 lora", free):
        return None
    names = " + ".join(gpu.name for gpu in usable)
    context = _context(size, "bf16 lora", 1, free)
    words = f"{names}, {_gb(free)} free together, driver {driver.version}: {form_words('bf16 lora', ADAPTER_SETS)}"
    return Placement(f"cuda:{usable[0].index}", "bf16 lora", ADAPTER_SETS, context, words, gpus=len(usable))


def _on_mps(size: ModelSize, precision: Precision, free: int) -> Placement:
    return _in_main_memory(size, "mps", f"Apple {platform.processor() or 'GPU'}", precision, _APPLE, free)


def _on_cpu(size: ModelSize, precision: Precision, free: int) -> Placement:
    return _in_main_memory(size, "cpu", "CPU", precision, _SLOW, free)


def _in_main_memory(
    size: ModelSize, device: str, name: str, precision: Precision, warning: str, free: int
) -> Placement:
    """Where the processor shares its memory, merging would only cost more of it."""
    form = _MAIN_MEMORY[precision]
    sets = ADAPTER_SETS if size.needed(form, ADAPTER_SETS) <= free else 1
    if size.needed(form, sets) > free:
        need = _gb(size.needed(form, sets))
        raise _unavailable(f"The model needs {need} of memory without an NVIDIA GPU, and {_gb(free)} are free.")
    words = f"{name}: {form_words(form, sets)}"
    return Placement(device, form, sets, _context(size, form, sets, free), words, (warning,))


def _sets(size: ModelSize, form: Form, memory: int) -> int:
    """How many adapter sets fit in the memory at once; 0: the form doesn't fit at all."""
    most = 1 if form == "int4" and memory < 10_000_000_000 else ADAPTER_SETS
    room = memory * (1 - _SPARE)
    return next((sets for sets in range(most, 0, -1) if size.needed(form, sets) <= room), 0)


def _fitting(size: ModelSize, forms: tuple[Form, ...], memory: int) -> Form | None:
    return next((form for form in forms if _sets(size, form, memory)), None)


def _context(size: ModelSize, form: Form, sets: int, memory: int) -> int:
    room = int(memory * (1 - _SPARE)) - size.needed(form, sets, 0)
    return min(size.context, max(_CONTEXT_STEP, room // size.token // _CONTEXT_STEP * _CONTEXT_STEP))


def _taken(gpu: Gpu, form: Form, whole: Form | None) -> tuple[str, ...]:
    """Said where other programs' memory forces a smaller form than the GPU could hold."""
    if whole in (None, form):
        return ()
    return (f"Other programs hold {_gb(gpu.total - gpu.free)} of the GPU's memory, so the model runs as {form}.",)


def _no_room(size: ModelSize, precision: Precision, gpu: Gpu, whole: Form | None) -> EngineUnavailable:
    smallest = _FORMS[precision][-1]
    need = _gb(round(size.needed(smallest, 1) / (1 - _SPARE)))
    if whole is not None:
        return _unavailable(
            f"Other programs hold {_gb(gpu.total - gpu.free)} of {gpu.name}'s {_gb(gpu.total)}: {need} must be free.",
            f"Close the programs that use the GPU and try again. {_OFFER}",
        )
    smaller = " Choose a smaller precision." if precision not in ("auto", "int4") else ""
    return _unavailable(f"{gpu.name} has {_gb(gpu.total)}; as {smallest} the model needs {need}.{smaller}")


def _emptied(driver: Driver) -> Driver:
    gpus = tuple(replace(gpu, free=gpu.total) for gpu in driver.gpus)
    return replace(driver, gpus=gpus)


def _best_gpu(driver: Driver) -> Gpu:
    """The one with the most free memory among those that are new enough."""
    return max(driver.gpus, key=lambda gpu: (gpu.capability >= OLDEST, gpu.free))


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"


def _unavailable(message: str, action: str = _OFFER) -> EngineUnavailable:
    return EngineUnavailable(message, action=action if _OFFER in action else f"{action} {_OFFER}")
