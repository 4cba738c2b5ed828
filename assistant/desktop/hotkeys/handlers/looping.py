"""What handlers share whose keys are heard by a loop: one loop for each set of bindings, changed under a lock."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, Protocol, TypeVar

from assistant.desktop.hotkeys.handlers.presses import write_down
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut, parse_shortcut


class Loop(Protocol):
    """Hears keys until it is stopped."""

    def is_held(self, name: str) -> bool: ...

    def stop(self) -> None: ...


L = TypeVar("L", bound=Loop)


class LoopingHotkeys(ABC, Generic[L]):
    """`HotkeyHandler`'s start, stop and `is_held`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loop: L | None = None

    def start(self, bindings: Mapping[str, str], on_event: OnKey, on_problem: OnProblem | None = None) -> None:
        shortcuts = {name: parse_shortcut(text) for name, text in bindings.items()}
        with self._lock:
            self._end()
            self._loop = self._open(shortcuts, on_event, on_problem or write_down)

    def stop(self) -> None:
        with self._lock:
            self._end()

    def is_held(self, name: str) -> bool:
        loop = self._loop
        return loop is not None and loop.is_held(name)

    @abstractmethod
    def _open(self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem) -> L:
        """A loop that hears these keys already."""

    def _end(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()
