"""Global keys on Windows: registered, so that no other program gets them, and watched until they come up."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping

from assistant.desktop.hotkeys.handlers.presses import write_down
from assistant.desktop.hotkeys.handlers.windows_calls import WindowsCalls
from assistant.desktop.hotkeys.handlers.windows_loop import WindowsLoop
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import parse_shortcut


class WindowsHotkeys:
    """See `HotkeyHandler`; one `WindowsLoop` for each set of bindings.

    Args:
        make_calls: gives the system's libraries; its own when left out.
    """

    name = "RegisterHotKey on Windows"

    def __init__(self, make_calls: Callable[[], WindowsCalls] = WindowsCalls) -> None:
        self._make_calls = make_calls
        self._lock = threading.Lock()
        self._loop: WindowsLoop | None = None

    def is_compatible(self) -> bool:
        return sys.platform == "win32"

    def is_installed(self) -> bool:
        """Every Windows has it."""
        return True

    def install_instructions(self) -> str:
        return "Nothing needs to be installed."

    def start(self, bindings: Mapping[str, str], on_event: OnKey, on_problem: OnProblem | None = None) -> None:
        shortcuts = {name: parse_shortcut(text) for name, text in bindings.items()}
        with self._lock:
            self._end()
            loop = WindowsLoop(shortcuts, on_event, on_problem or write_down, self._make_calls())
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
        return loop is not None and loop.call(lambda: loop.take_escape(on_escape))

    def release_escape(self) -> None:
        loop = self._loop
        if loop is not None:
            loop.call(loop.give_escape_back)

    def _end(self) -> None:
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.stop()
