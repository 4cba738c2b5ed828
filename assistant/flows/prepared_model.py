"""An engine whose model must be made ready first: checked, and converted where it came in another layout.

That may take minutes the first time, so it belongs to `load`, with its progress and its stop.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assistant.core.cancel import CancelToken
from assistant.core.events import Completion, Transcript
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Capabilities, Emit, Engine, Report

Prepare = Callable[[Report, CancelToken], Path]
"""Returns the folder that is ready to load; quick when it was made ready before."""


class PreparedEngine:
    """Builds the engine once its model's folder is ready. Everything else is the engine's own.

    Args:
        prepare: makes the folder ready.
        build: makes the engine of a ready folder.
        capabilities: known before.
    """

    def __init__(self, prepare: Prepare, build: Callable[[Path], Engine], capabilities: Capabilities) -> None:
        self._prepare = prepare
        self._build = build
        self._known = capabilities
        self._folder: Path | None = None
        self._engine: Engine | None = None

    @property
    def capabilities(self) -> Capabilities:
        return self._known if self._engine is None else self._engine.capabilities

    def load(self, report: Report, cancel: CancelToken) -> None:
        """Makes the model ready, then loads.

        Raises:
            ModelMissing, ModelBroken, StorageError: the model can't be made ready.
        """
        self._ready(report, cancel).load(report, cancel)

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        self._ready(_unreported, cancel).warm(prompt, emit, cancel)

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        return self._ready(_unreported, cancel).generate(prompt, options, emit, cancel)

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        return self._ready(_unreported, cancel).transcribe(clip, options, emit, cancel)

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        return self._ready(_unreported, cancel).read_screen(picture, cancel)

    def unload(self) -> None:
        """The next load looks at the model's files again: they may have changed meanwhile."""
        self._folder = None
        if self._engine is not None:
            self._engine.unload()

    def _ready(self, report: Report, cancel: CancelToken) -> Engine:
        cancel.check()
        if self._folder is None or self._engine is None:
            folder = self._prepare(report, cancel)
            self._engine = self._build(folder)
            self._folder = folder
        return self._engine


def _unreported(_what: str, _share: float) -> None:
    pass
