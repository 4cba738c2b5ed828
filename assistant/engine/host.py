"""Any engine in a process of its own, behind the same protocol.

Imports, weights and crashes stay out of the window's process, and ending the child gives all memory back. Pixels and
samples cross in shared memory, everything else over a pipe. If the child dies, the call under way raises
`EngineCrashed` and the next one starts a new child.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import EngineCrashed
from assistant.core.events import Completion, Progress, Transcript
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Capabilities, Emit, Engine, Report
from assistant.engine.host_process import HostProcess

_LOAD_GRACE = 1.0
"""Seconds that a stop waits for loading to end by itself: libraries can't be stopped while they read weights."""
_GRACE = 10.0


class EngineHost:
    """Runs an engine in a spawned child process.

    Args:
        build: makes the engine; picklable (a class, or `functools.partial` of one). Called in the child.
        capabilities: of that engine, known without building it; once it is loaded, its own count.
    """

    def __init__(self, build: Callable[[], Engine], capabilities: Capabilities) -> None:
        self._build = build
        self._capabilities = capabilities
        self._child: HostProcess | None = None

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    @property
    def process(self) -> int | None:
        """The child's process id, while there is one."""
        return self._child.id if self._child is not None else None

    def load(self, report: Report, cancel: CancelToken) -> None:
        """Starts the child and loads the engine in it. A stop ends the child where loading can't be interrupted."""
        cancel.check()
        child = self._child
        if child is not None and child.alive and child.loaded:
            return
        told = self._run(lambda child: child.call("load"), _unseen, report, cancel, _LOAD_GRACE)
        assert self._child is not None
        self._child.loaded = True
        self._capabilities = cast(Capabilities, told)

    def warm(self, prompt: Prompt, emit: Emit, cancel: CancelToken) -> None:
        self._ask(lambda child: child.call_with_prompt("warm", prompt), emit, cancel)

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        answer = self._ask(lambda child: child.call_with_prompt("generate", prompt, options), emit, cancel)
        return cast(Completion, answer)

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        """As the engine does it: what it doesn't need for speech isn't loaded for this."""
        cancel.check()
        child = self._living_child()
        # The first call loads weights, which can't be interrupted.
        grace = _GRACE if child.loaded or child.hears else _LOAD_GRACE
        transcript = self._run(
            lambda child: child.call_with_clip("transcribe", clip, options), emit, _unreported, cancel, grace
        )
        child.hears = True
        return cast(Transcript, transcript)

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        """As the engine does it. The picture isn't kept in the child."""
        cancel.check()
        text = self._run(
            lambda child: child.call_with_picture("read_screen", picture), _unseen, _unreported, cancel, _GRACE
        )
        return cast(str, text)

    def unload(self) -> None:
        """Ends the child."""
        child, self._child = self._child, None
        if child is not None:
            child.end()

    def _ask(self, send: Callable[[HostProcess], None], emit: Emit, cancel: CancelToken) -> object:
        self.load(_unreported, cancel)
        return self._run(send, emit, _unreported, cancel, _GRACE)

    def _run(
        self, send: Callable[[HostProcess], None], emit: Emit, report: Report, cancel: CancelToken, grace: float
    ) -> object:
        """Sends a call and hands on what comes back until it is over; a child that is gone is forgotten."""
        child = self._living_child()
        try:
            send(child)
            return child.outcome(emit, report, cancel, grace)
        except (EOFError, OSError) as error:
            crash = child.crashed()
            self.unload()
            raise crash from error
        except EngineCrashed:
            # It failed in a way that it doesn't know itself: what it holds, a GPU's context above all, may be spoilt.
            self.unload()
            raise
        except Cancelled:
            if not child.alive:
                self.unload()
            raise

    def _living_child(self) -> HostProcess:
        if self._child is not None and not self._child.alive:
            self.unload()
        if self._child is None:
            self._child = HostProcess(self._build, history_pictures=self._capabilities.images == "sees")
        return self._child


def _unseen(_event: Progress) -> None:
    pass


def _unreported(_what: str, _share: float) -> None:
    pass
