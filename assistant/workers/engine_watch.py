"""Loads, unloads and swaps the engine on the inference thread, and keeps the status line's facts about it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import HearsightError
from assistant.core.events import Completion
from assistant.engine.base import Capabilities, Engine
from assistant.workers.inference import Inference
from assistant.workers.signals import EngineStatus


@dataclass(frozen=True)
class _Loading:
    what: str
    share: float


@dataclass(frozen=True)
class _Loaded:
    told: Capabilities


class EngineWatch(QObject):
    """On the GUI thread; its jobs run on the inference thread and come back through `_told`.

    Args:
        show: gets each new `EngineStatus`.
        complain: gets the error of a load that failed.
    """

    _told = Signal(object)

    def __init__(
        self,
        inference: Inference,
        show: Callable[[EngineStatus], None],
        complain: Callable[[HearsightError], None],
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._inference = inference
        self._show = show
        self._complain = complain
        self._cancel = CancelToken()
        self._idle_since = time.monotonic()
        self._idle_minutes = 0.0
        self._idle_timer = QTimer(self)
        self._idle_timer.setInterval(10_000)
        self._idle_timer.timeout.connect(self._unload_when_idle)
        self._idle_timer.start()
        self._told.connect(self._take)
        self.status = _status_of(inference.engine.capabilities, "off")

    def load(self) -> None:
        """Loads ahead of the first question."""
        self._set(replace(self.status, state="loading", share=0.0, detail=""))
        self._cancel = CancelToken()
        token = self._cancel
        self._inference.submit(lambda: self._load(token))

    def unload(self) -> None:
        self._cancel.set()
        self._inference.unload()
        self._set(replace(self.status, state="off", share=0.0, detail="unloaded; the next question loads it again"))

    def swap(self, engine: Engine) -> None:
        """Goes on with another engine."""
        self._cancel.set()
        self._inference.replace(engine)
        self.status = _status_of(engine.capabilities, "loading")
        self.load()

    def unload_after(self, minutes: float) -> None:
        """Frees the memory after so many idle minutes; 0 never does."""
        self._idle_minutes = minutes

    def busy(self) -> None:
        self._set(replace(self.status, state="busy", detail=""))

    def idle(self, completion: Completion | None = None) -> None:
        """A turn ended; `completion` brings its figures."""
        self._idle_since = time.monotonic()
        fresh = replace(self.status, state="ready", detail="")
        if completion is not None:
            seconds = completion.timings.get("total", 0.0) - completion.timings.get("first_token", 0.0)
            made = completion.usage.completion_tokens
            fresh = replace(
                fresh,
                context_used=completion.usage.prompt_tokens + made,
                first_token_seconds=completion.timings.get("first_token", 0.0),
                tokens_per_second=(made - 1) / seconds if seconds > 0 and made > 1 else 0.0,
            )
        self._set(fresh)

    def stop(self) -> None:
        self._idle_timer.stop()
        self._cancel.set()

    def _load(self, cancel: CancelToken) -> None:
        engine = self._inference.engine
        try:
            engine.load(lambda what, share: self._told.emit(_Loading(what, share)), cancel)
            self._told.emit(_Loaded(engine.capabilities))
        except Cancelled:
            pass
        except HearsightError as error:
            self._told.emit(error)

    @Slot(object)
    def _take(self, told: object) -> None:
        if isinstance(told, _Loading):
            self._set(replace(self.status, state="loading", share=told.share, detail=told.what))
        elif isinstance(told, _Loaded):
            self._set(_status_of(told.told, "ready"))
        elif isinstance(told, HearsightError):
            self._set(replace(self.status, state="error", detail=str(told)))
            self._complain(told)

    @Slot()
    def _unload_when_idle(self) -> None:
        idle = time.monotonic() - self._idle_since
        if self._idle_minutes > 0 and self.status.state == "ready" and idle > self._idle_minutes * 60:
            self.unload()

    def _set(self, status: EngineStatus) -> None:
        self.status = status
        self._show(status)


def _status_of(told: Capabilities, state: str) -> EngineStatus:
    return EngineStatus(told.name, told.model, told.device, state, context_limit=told.context_tokens)
