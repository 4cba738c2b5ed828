"""Lets an engine load only model files that are what their hash says.

At each load size and time are compared with the record of the last full hash, which costs nothing; files that were
touched since are hashed again, and so are all of them when a load fails.
"""

from __future__ import annotations

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineCrashed, ModelBroken
from assistant.core.events import Completion, Transcript
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Capabilities, Emit, Engine, Report
from assistant.models.progress import Progress
from assistant.models.store import ModelStore


class CheckedEngine:
    """An engine whose `load` checks its models first. Everything else is the engine's own.

    Args:
        names: the artefacts that it loads.
    """

    def __init__(self, engine: Engine, store: ModelStore, names: tuple[str, ...]) -> None:
        self._engine = engine
        self._store = store
        self._names = names

    @property
    def capabilities(self) -> Capabilities:
        return self._engine.capabilities

    def load(self, report: Report, cancel: CancelToken) -> None:
        """Checks, then loads.

        Raises:
            ModelMissing: a model isn't on this machine.
            ModelBroken: a file isn't what its hash says; it was removed.
        """
        for name in self._names:
            if not self._store.check_quick(name):
                self._verify(name, report, cancel)
        try:
            self._engine.load(report, cancel)
        except (EngineCrashed, ModelBroken):
            for name in self._names:
                self._verify(name, report, cancel)
            raise

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        self._engine.warm(prompt, emit, cancel)

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        return self._engine.generate(prompt, options, emit, cancel)

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        return self._engine.transcribe(clip, options, emit, cancel)

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        return self._engine.read_screen(picture, cancel)

    def unload(self) -> None:
        self._engine.unload()

    def _verify(self, name: str, report: Report, cancel: CancelToken) -> None:
        def pass_on(progress: Progress) -> None:
            report(f"checking {name}", progress.done / progress.total if progress.total else 0.0)

        self._store.verify(name, pass_on, cancel)
