"""Monitors, pointer and windows of macOS through PyObjC's Quartz. Coordinates are points, from the top left."""

from __future__ import annotations

import importlib
from typing import Any

from assistant.core.geometry import Rect
from assistant.screen.capture.handlers.mss_screen import DisplayLost
from assistant.screen.capture.models import WindowAnswer
from assistant.screen.frames import Monitor
from assistant.screen.windows import DesktopWindow

_MOST_DISPLAYS = 32
_NORMAL_LAYER = 0
"""kCGNormalWindowLevel: menus, the Dock and overlays live on other layers."""


def may_capture() -> bool:
    """Whether the user allowed screen recording; without it macOS gives an empty desktop and no error."""
    return bool(importlib.import_module("Quartz").CGPreflightScreenCaptureAccess())


class MacDesktop:
    """Asks Quartz and the workspace.

    Args:
        quartz: the module `Quartz`; imported when left out.
        workspace: `AppKit.NSWorkspace.sharedWorkspace()`; when left out, that.
    """

    def __init__(self, quartz: Any = None, workspace: Any = None) -> None:
        self._quartz = quartz or importlib.import_module("Quartz")
        self._workspace = workspace or importlib.import_module("AppKit").NSWorkspace.sharedWorkspace()

    def monitors(self) -> list[Monitor]:
        error, displays, count = self._quartz.CGGetActiveDisplayList(_MOST_DISPLAYS, None, None)
        if error or not count:
            raise DisplayLost("macOS lists no display")
        return [self._monitor(i, display) for i, display in enumerate(displays[:count], 1)]

    def pointer(self) -> tuple[int, int] | None:
        where = self._quartz.CGEventGetLocation(self._quartz.CGEventCreate(None))
        return int(where.x), int(where.y)

    def ask_windows(self) -> WindowAnswer:
        windows = self._windows()
        return lambda: windows

    def close(self) -> None:
        """Nothing is held."""

    def _monitor(self, index: int, display: int) -> Monitor:
        bounds = self._quartz.CGDisplayBounds(display)
        mode = self._quartz.CGDisplayCopyDisplayMode(display)
        rect = _rect(bounds.origin.x, bounds.origin.y, bounds.size.width, bounds.size.height)
        return Monitor(index, str(display), rect, self._quartz.CGDisplayModeGetPixelWidth(mode) / rect.width)

    def _windows(self) -> list[DesktopWindow]:
        """CGWindowListCopyWindowInfo goes from the front to the back."""
        options = self._quartz.kCGWindowListOptionOnScreenOnly | self._quartz.kCGWindowListExcludeDesktopElements
        listed = self._quartz.CGWindowListCopyWindowInfo(options, self._quartz.kCGNullWindowID) or ()
        seen = [info for info in listed if info.get("kCGWindowLayer") == _NORMAL_LAYER]
        front = self._front_process()
        active = next((info for info in seen if info.get("kCGWindowOwnerPID") == front), None)
        return [_window(info, info is active) for info in seen]

    def _front_process(self) -> int | None:
        front = self._workspace.frontmostApplication()
        return None if front is None else int(front.processIdentifier())


def _window(info: Any, active: bool) -> DesktopWindow:
    box = info["kCGWindowBounds"]
    rect = _rect(box["X"], box["Y"], box["Width"], box["Height"])
    return DesktopWindow(str(info.get("kCGWindowName") or ""), rect, active, str(info.get("kCGWindowOwnerName") or ""))


def _rect(x: float, y: float, width: float, height: float) -> Rect:
    return Rect(round(x), round(y), round(width), round(height))
