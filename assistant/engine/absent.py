"""Stands where no engine can run, so that the window opens all the same and says why at the first question."""

from __future__ import annotations

from typing import NoReturn

from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from assistant.core.events import Completion, Transcript
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Capabilities, Emit, Report


class AbsentEngine:
    """Every call but `unload` raises the reason.

    Args:
        reason: why the chosen engine can't run here, with what to do.
    """

    def __init__(self, reason: HearsightError) -> None:
        self._reason = reason
        self.capabilities = Capabilities("none", "no engine", unavailable=str(reason))

    def load(self, report: Report, cancel: CancelToken) -> None:  # noqa: ARG002
        self._refuse()

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:  # noqa: ARG002
        self._refuse()

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:  # noqa: ARG002
        self._refuse()

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:  # noqa: ARG002
        self._refuse()

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:  # noqa: ARG002
        self._refuse()

    def unload(self) -> None:
        """There is nothing to unload."""

    def _refuse(self) -> NoReturn:
        # A fresh one each time: an error that is raised again would grow its traceback.
        raise type(self._reason)(self._reason.message, action=self._reason.action, kept=self._reason.kept)
