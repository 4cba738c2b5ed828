"""Global keys on macOS: an event tap takes them out of the keyboard's events. The user has to allow it once."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from typing import Any

from assistant.desktop.hotkeys.handlers.looping import LoopingHotkeys
from assistant.desktop.hotkeys.handlers.macos_loop import MacLoop
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut


class MacHotkeys(LoopingHotkeys[MacLoop]):
    """See `HotkeyHandler`; one `MacLoop` for each set of bindings.

    Args:
        quartz: pyobjc's module; imported when left out.
    """

    name = "CGEventTap on macOS"

    def __init__(self, quartz: Any = None) -> None:
        super().__init__()
        self._quartz = quartz

    def is_compatible(self) -> bool:
        return sys.platform == "darwin"

    def is_installed(self) -> bool:
        return self._quartz is not None or importlib.util.find_spec("Quartz") is not None

    def install_instructions(self) -> str:
        return "Global keys on macOS need pyobjc: pip install pyobjc-framework-Quartz, and start Hearsight again."

    def grab_escape(self, on_escape: Callable[[], None]) -> bool:
        loop = self._loop
        if loop is not None:
            loop.set_escape(on_escape)
        return loop is not None

    def release_escape(self) -> None:
        loop = self._loop
        if loop is not None:
            loop.set_escape(None)

    def _open(self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem) -> MacLoop:
        quartz = self._quartz or importlib.import_module("Quartz")
        loop = MacLoop(shortcuts, on_event, on_problem, quartz)
        loop.open()
        return loop
