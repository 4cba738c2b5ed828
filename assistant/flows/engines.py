"""The engine that a profile's settings choose: the one place where settings become an engine's choice."""

from __future__ import annotations

from pathlib import Path

from assistant.engine.base import Engine
from assistant.engine.choose import Choice, choose, fitting
from assistant.flows.model_check import CheckedEngine
from assistant.models.store import ModelStore
from assistant.settings.models import Settings


def choice_of(settings: Settings) -> Choice:
    """The settings' share that engines are built from."""
    engine = settings.engine
    return Choice(
        engine.speech, engine.language_model, engine.threads, settings.voice.language, settings.screen.characters
    )


def engine_for(settings: Settings, models: Path, name: str | None = None, *, in_process: bool = False) -> Engine:
    """Builds the engine; nothing is loaded yet.

    Args:
        models: the folder of model files.
        name: overrides the settings' choice.

    Raises:
        EngineUnavailable: it can't run here.
    """
    name, choice = name or settings.engine.choice, choice_of(settings)
    if name == "auto":
        name, choice = "light", fitting(choice, models)
    engine = choose(name, choice, models, in_process=in_process)
    if name != "light":
        return engine
    return CheckedEngine(engine, ModelStore(models), (choice.speech, choice.language_model))


def model_names(settings: Settings) -> tuple[str, ...]:
    """The artefacts that the light engine loads by these settings."""
    return (settings.engine.speech, settings.engine.language_model)
