"""The engine that a profile's settings choose: the one place where settings become an engine's choice."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.engine.base import Engine, Report
from assistant.engine.choose import Choice, choose, resolve
from assistant.engine.phi4 import catalogue as phi4
from assistant.engine.phi4.catalogue import Phi4Choice
from assistant.flows.model_check import CheckedEngine
from assistant.flows.prepared_model import PreparedEngine
from assistant.models.phi4 import install
from assistant.models.progress import Progress
from assistant.models.store import ModelStore
from assistant.settings.models import Settings


def choice_of(settings: Settings) -> Choice:
    """The settings' share that engines are built from."""
    engine = settings.engine
    big = Phi4Choice(
        folder=Path(engine.phi4_folder).expanduser().absolute() if engine.phi4_folder else None,
        precision=engine.precision,
        max_tiles=engine.max_tiles,
        hear_first=engine.hear_first,
    )
    return Choice(
        engine.speech, engine.language_model, engine.threads, settings.voice.language, settings.screen.characters, big
    )


def engine_for(
    settings: Settings, models: Path, name: str | None = None, *, model: str = "", in_process: bool = False
) -> Engine:
    """Builds the engine; nothing is loaded yet.

    Args:
        models: the folder of model files.
        name: overrides the settings' choice.
        model: the folder of the Phi-4 model, overrides the settings' one.

    Raises:
        EngineUnavailable: it can't run here.
        ModelMissing, ModelBroken: the folder holds no model that can be used.
    """
    if model:
        settings = settings.changed("engine", "phi4_folder", model)
    name, choice = resolve(name or settings.engine.choice, found(choice_of(settings), models), models)
    if name == "phi4":
        return _phi4(choice, models, in_process)
    engine = choose(name, choice, models, in_process=in_process)
    if name != "light":
        return engine
    return CheckedEngine(engine, ModelStore(models), (choice.speech, choice.language_model))


def found(choice: Choice, models: Path) -> Choice:
    """With the fetched Phi-4 model where no folder is named."""
    folder = choice.phi4.folder or install.installed(models)
    return replace(choice, phi4=replace(choice.phi4, folder=folder))


def model_names(settings: Settings) -> tuple[str, ...]:
    """The artefacts that the light engine loads by these settings."""
    return (settings.engine.speech, settings.engine.language_model)


def _phi4(choice: Choice, models: Path, in_process: bool) -> Engine:
    told = phi4.placed_capabilities(phi4.expected(choice.phi4))
    assert choice.phi4.folder is not None

    def build(folder: Path) -> Engine:
        ready = replace(choice, phi4=replace(choice.phi4, folder=folder))
        return choose("phi4", ready, models, in_process=in_process)

    return PreparedEngine(partial(_prepare, choice.phi4.folder, models), build, told)


def _prepare(folder: Path, models: Path, report: Report, cancel: CancelToken) -> Path:
    """The folder as the engine loads it: converted where it came as the hub has it."""

    def pass_on(progress: Progress) -> None:
        report(f"the model ({progress.stage})", progress.done / progress.total if progress.total else 0.0)

    return install.prepare(folder, models, pass_on, cancel)
