"""Global keys on Windows: registered, so that no other program gets them, and watched until they come up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from assistant.desktop.hotkeys.handlers.looping import LoopingHotkeys
from assistant.desktop.hotkeys.handlers.windows_calls import WindowsCalls
from assistant.desktop.hotkeys.handlers.windows_loop import WindowsLoop
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut


class WindowsHotkeys(LoopingHotkeys[WindowsLoop]):
    """See `HotkeyHandler`; one `WindowsLoop` for each set of bindings.

    Args:
        make_calls: gives the system's libraries; its own when left out.
    """

    name = "RegisterHotKey on Windows"

    def __init__(self, make_calls: Callable[[], WindowsCalls] = WindowsCalls) -> None:
        super().__init__()
        self._make_calls = make_calls

    def is_compatible(self) -> bool:
        return sys.platform == "win32"

    def is_installed(self) -> bool:
        """Every Windows has it."""
        return True

    def install_instructions(self) -> str:
        return "Nothing needs to be installed."

    def grab_escape(self, on_escape: Callable[[], None]) -> bool:
        loop = self._loop
        return loop is not None and loop.call(lambda: loop.take_escape(on_escape))

    def release_escape(self) -> None:
        loop = self._loop
        if loop is not None:
            loop.call(loop.give_escape_back)

    def _open(self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem) -> WindowsLoop:
        loop = WindowsLoop(shortcuts, on_event, on_problem, self._make_calls())
        loop.open()
        return loop
