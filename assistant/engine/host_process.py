"""The spawned process of an engine and the two pipes to it, as the window's side sees them."""

from __future__ import annotations

import contextlib
import logging
import multiprocessing
import signal
import time
from collections.abc import Callable
from typing import Any

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import EngineCrashed
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine import host_child
from assistant.engine.base import Emit, Engine, Report
from assistant.engine.host_media import Sender, pack_clip, pack_picture
from assistant.engine.host_messages import Call, Cancel, Events, Loading, Method, Raised, Returned, WasCancelled

_LOOK_SECONDS = 0.02
"""How often a wait for the child looks at the cancel token."""
_EXIT_SECONDS = 5.0


class HostProcess:
    """Starts the process; it ends with `end`, or when this process is gone.

    Args:
        build: makes the engine in the child.
        history_pictures: whether that engine sees the pictures of past turns.
    """

    def __init__(self, build: Callable[[], Engine], *, history_pictures: bool) -> None:
        context = multiprocessing.get_context("spawn")
        self._control, control = context.Pipe()
        self._arrays, arrays = context.Pipe()
        level = logging.getLogger("assistant").getEffectiveLevel()
        self._process = context.Process(
            target=host_child.main, args=(build, control, arrays, level), name="hearsight-engine", daemon=True
        )
        self._process.start()
        control.close()
        arrays.close()
        self._sender = Sender(self._arrays, self._process.pid or 0, history_pictures=history_pictures)
        self._number = 0
        self._stopped_at: float | None = None
        self.loaded = False
        self.hears = False

    @property
    def id(self) -> int | None:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.is_alive()

    def call(self, method: Method) -> None:
        self._send(method, (), [], ())

    def call_with_prompt(self, method: Method, prompt: Prompt, *arguments: Any) -> None:
        surplus = self._sender.surplus()
        packed, media = self._sender.pack(prompt)
        self._send(method, (packed, *arguments), media, surplus)

    def call_with_clip(self, method: Method, clip: Clip, options: Options) -> None:
        media: list[Picture | Clip] = []
        self._send(method, (pack_clip(clip, media), options), media, ())

    def call_with_picture(self, method: Method, picture: Picture) -> None:
        media: list[Picture | Clip] = []
        self._send(method, (pack_picture(picture, media),), media, ())

    def outcome(self, emit: Emit, report: Report, cancel: CancelToken, grace: float) -> object:
        """Hands on what the call under way emits, and returns what it returns.

        Args:
            emit: gets each event.
            report: gets the progress of loading.
            cancel: passed on to the child.
            grace: seconds that the child has to stop before it is killed.

        Raises:
            Cancelled: the call was stopped.
            HearsightError: it failed.
            EOFError, OSError: the child is gone.
        """
        try:
            while True:
                self._wait(cancel, grace)
                match self._control.recv():
                    case Events(events):
                        for event in events:
                            emit(event)
                    case Loading(what, share):
                        report(what, share)
                    case Returned(value):
                        return value
                    case Raised(error):
                        raise error
                    case WasCancelled():
                        raise Cancelled
        finally:
            self._sender.release()

    def crashed(self) -> EngineCrashed:
        """What to tell the user once the child is gone."""
        self._process.join(_EXIT_SECONDS)
        code = self._process.exitcode
        killed = code == -getattr(signal, "SIGKILL", 9)
        return EngineCrashed(
            "The engine was ended by the system, which happens when memory runs out."
            if killed
            else f"The engine's process ended unexpectedly (exit code {code}).",
            kept="Your question is kept.",
            action="Try again: the engine starts anew.",
        )

    def end(self) -> None:
        """Ends the process: with good words, then without."""
        with contextlib.suppress(OSError):
            self._control.send(None)
        self._process.join(_EXIT_SECONDS)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._control.close()
        self._arrays.close()
        self._process.close()

    def _send(
        self, method: Method, arguments: tuple[Any, ...], media: list[Picture | Clip], drop: tuple[str, ...]
    ) -> None:
        self._number += 1
        self._stopped_at = None
        self._control.send(Call(self._number, method, arguments, drop))
        self._sender.attach(media)

    def _wait(self, cancel: CancelToken, grace: float) -> None:
        """Returns once there is a message; passes a stop on, and kills a child that doesn't heed it."""
        while True:
            if cancel.is_set():
                self._stop(grace)
            if self._control.poll(_LOOK_SECONDS):
                return

    def _stop(self, grace: float) -> None:
        if self._stopped_at is None:
            self._stopped_at = time.monotonic()
            self._control.send(Cancel(self._number))
        elif time.monotonic() - self._stopped_at > grace:
            self._process.kill()
            self._process.join()
            raise Cancelled
