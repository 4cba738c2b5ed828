"""Global keys on X11: grabbed, so that no other program gets them, and heard on a thread of their own."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys.handlers.looping import LoopingHotkeys
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut

if TYPE_CHECKING:
    from assistant.desktop.hotkeys.handlers.x11_loop import KeyLoop

_INSTALL = "Install the Python package xcffib and the system's package libxcb1, and start Hearsight again."


class X11Hotkeys(LoopingHotkeys["KeyLoop"]):
    """See `HotkeyHandler`; one `KeyLoop` for each set of bindings."""

    name = "XGrabKey on X11"

    def is_compatible(self) -> bool:
        """On Wayland the X server that serves old programs sees no key that is meant for others."""
        wayland = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland"
        return sys.platform not in ("win32", "darwin") and bool(os.environ.get("DISPLAY")) and not wayland

    def is_installed(self) -> bool:
        return importlib.util.find_spec("xcffib") is not None

    def install_instructions(self) -> str:
        return f"Global keys on X11 need xcffib. {_INSTALL}"

    def grab_escape(self, on_escape: Callable[[], None]) -> bool:
        loop = self._loop
        return loop is not None and loop.call(lambda: loop.take_escape(on_escape))

    def release_escape(self) -> None:
        loop = self._loop
        if loop is not None:
            loop.call(loop.give_escape_back)

    def _open(self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem) -> KeyLoop:
        loop = _key_loop()(shortcuts, on_event, on_problem)
        loop.start()
        return loop


def _key_loop() -> type[KeyLoop]:
    try:
        from assistant.desktop.hotkeys.handlers.x11_loop import KeyLoop
    except (ImportError, OSError) as error:
        raise HearsightError(
            "Global keys can't be used: xcffib or the system's libxcb is missing.", action=_INSTALL
        ) from error
    return KeyLoop
