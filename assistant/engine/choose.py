"""Which engine answers: by its name, or the best one that can run here."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import psutil

from assistant.core.errors import EngineUnavailable, HearsightError
from assistant.engine import fake
from assistant.engine.base import Capabilities, Engine
from assistant.engine.fake import FakeEngine
from assistant.engine.light import catalogue
from assistant.engine.phi4 import catalogue as phi4_catalogue
from assistant.engine.phi4.catalogue import Phi4Choice

NAMES = ("auto", "phi4", "light", "fake")

_LIGHT_PACKAGES = ("faster_whisper", "rapidocr", "onnxruntime", "xllamacpp")
_SMALL_MEMORY = 4 * 1024**3
"""Below this much free memory `auto` takes the smaller language model (the larger one needs 1.9 GB, all parts 2.4)."""


@dataclass(frozen=True)
class Choice:
    """What the settings say about engines; the defaults are the settings' own.

    Attributes:
        threads: 0 chooses by the machine's cores and load.
        language: of the speech, ISO 639-1, or "" to detect it.
        screen_characters: the most characters of screen text in a prompt; 0 takes the engine's default.
        phi4: for that engine.
    """

    speech: str = "whisper-base"
    language_model: str = "qwen2.5-coder-1.5b"
    threads: int = 0
    language: str = ""
    screen_characters: int = 0
    phi4: Phi4Choice = field(default_factory=Phi4Choice)


def resolve(name: str, choice: Choice, models: Path) -> tuple[str, Choice]:
    """What "auto" means here: the big model where it is on this machine and a GPU holds it, else the light engine, with
    a smaller language model where memory is short. Another name stays what it is."""
    if name != "auto":
        return name, choice
    return ("phi4", choice) if _has_gpu(choice.phi4) else ("light", fitting(choice, models))


def choose(name: str, choice: Choice, models: Path, *, in_process: bool = False) -> Engine:
    """Builds the engine called `name`; nothing is loaded yet.

    Args:
        name: one of `NAMES`. "auto" takes the best that can run here, and never the fake one.
        models: the folder of model files.
        in_process: without the child process, for debugging.

    Raises:
        EngineUnavailable: it can't run on this machine; says why, and what to do.
    """
    if name == "fake":
        return _hosted(FakeEngine, fake.CAPABILITIES, in_process)
    if name not in NAMES:
        raise EngineUnavailable(f"There is no engine called {name}.", action=f"Choose one of: {', '.join(NAMES)}.")
    name, choice = resolve(name, choice, models)
    if name == "phi4":
        return _phi4(choice.phi4, in_process)
    if missing := _missing_packages():
        raise EngineUnavailable(
            f"The light engine can't run here: {', '.join(missing)} not installed.",
            action='Install it with: pip install "hearsight[light]"',
        )
    from assistant.engine.light.engine import LightEngine

    build = partial(
        LightEngine,
        models,
        speech=choice.speech,
        language_model=choice.language_model,
        threads=choice.threads,
        language=choice.language,
        screen_characters=choice.screen_characters,
    )
    return _hosted(build, _light(choice, models), in_process)


def available(choice: Choice, models: Path) -> list[Capabilities]:
    """Every engine that a user may choose, best first; `unavailable` says why one can't run."""
    return [phi4_catalogue.capabilities(choice.phi4), _light(choice, models), fake.CAPABILITIES]


def _phi4(choice: Phi4Choice, in_process: bool) -> Engine:
    placed = phi4_catalogue.expected(choice)
    build = partial(_build_phi4, choice)
    return _hosted(build, phi4_catalogue.placed_capabilities(placed), in_process)


def _has_gpu(choice: Phi4Choice) -> bool:
    try:
        return phi4_catalogue.expected(choice).device.startswith("cuda")
    except HearsightError:
        return False


def _build_phi4(choice: Phi4Choice) -> Engine:
    """Called where the engine runs: this import brings torch."""
    # Threads that spin while they wait starve those they wait for (measured with the light engine). Read at the import.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # NVML counts GPUs by their place on the bus; CUDA's own order, the fastest first, would name another one.
    os.environ.setdefault("CUDA_DEVICE_ORDER", "PCI_BUS_ID")
    from assistant.engine.phi4.engine import Phi4Engine

    assert choice.folder is not None
    return Phi4Engine(
        choice.folder,
        precision=choice.precision,
        device=choice.device,
        max_tiles=choice.max_tiles,
        hear_first=choice.hear_first,
    )


def _light(choice: Choice, models: Path) -> Capabilities:
    known = catalogue.capabilities(choice.speech, choice.language_model)
    if missing := _missing_packages():
        return replace(known, unavailable=f"Not installed: {', '.join(missing)}.")
    if absent := catalogue.missing(models, choice.speech, choice.language_model):
        return replace(known, unavailable=f"Fetch its models first: hearsight models pull {' '.join(absent)}")
    return known


def _missing_packages() -> list[str]:
    return [name for name in _LIGHT_PACKAGES if find_spec(name) is None]


def fitting(choice: Choice, models: Path) -> Choice:
    """The choice, with the smaller language model where free memory is short and that model is here."""
    small = replace(choice, language_model=catalogue.SMALL_LANGUAGE_MODEL)
    roomy = psutil.virtual_memory().available >= _SMALL_MEMORY
    return choice if roomy or catalogue.missing(models, small.speech, small.language_model) else small


def _hosted(build: Callable[[], Engine], known: Capabilities, in_process: bool) -> Engine:
    if in_process:
        return build()
    from assistant.engine.host import EngineHost

    return EngineHost(build, known)
