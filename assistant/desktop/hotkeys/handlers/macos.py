"""Global keys on macOS: an event tap takes them out of the keyboard's events. The user has to allow it once."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
from collections.abc import Callable, Mapping
from typing import Any

from assistant.desktop.hotkeys.handlers.macos_loop import MacLoop
from assistant.desktop.hotkeys.handlers.presses import write_down
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import parse_shortcut


class MacHotkeys:
    """See `HotkeyHandler`; one `MacLoop` for each set of bindings.

    Args:
        quartz: pyobjc's module; imported when left out.
    """

    name = "CGEventTap on macOS"

    def __init__(self, quartz: Any = None) -> None:
        self._quartz = quartz
        self._lock = threading.Lock()
        self._loop: MacLoop | None = None

    def is_compatible(self) -> bool:
        return sys.platform == "darwin"

    def is_installed(self) -> bool:
        return self._quartz is not None or importlib.util.find_spec("Quartz") is not None

    def install_instructions(self) -> str:
        return "Global keys on macOS need pyobjc: pip install pyobjc-framework-Quartz, and start Hearsight again."

    def start(self, bindings: Mapping[str, str], on_event: OnKey, on_problem: OnProblem | None = None) -> None:
        shortcuts = {name: parse_shortcut(text) for name, text in bindings.items()}
        quartz = self._quartz or importlib.import_module("Quartz")
        with self._lock:
            self._end()
            loop = MacLoop(shortcuts, on_event, on_problem or write_down, quartz)
            loop.open()
            self._loop = loop

    def stop(self) -> None:
        with self._lock:
            self._end()

    def is_held(self, name: str) -> bool:
        loop = self._loop
        return loop is not None and loop.is_held(name)

    def grab_escape(self, on_escape: Callable[[], None]) -> bool:
        loop = self._loop
        if loop is not None:
            loop.set_escape(on_escape)
        return loop is not None

    def release_escape(self) -> None:
        loop = self._loop
        if loop is not None:
            loop.set_escape(None)

    def _end(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()
