"""Monitors, pointer and windows of Windows, in physical pixels (mss and Qt both make the process DPI aware)."""

from __future__ import annotations

import ctypes
from pathlib import PureWindowsPath
from typing import Any

from assistant.core.geometry import Rect
from assistant.screen.capture.handlers.mss_screen import DisplayLost
from assistant.screen.capture.models import WindowAnswer
from assistant.screen.frames import Monitor
from assistant.screen.windows import DesktopWindow

_EXTENDED_FRAME_BOUNDS = 9
_CLOAKED = 14
"""DWMWINDOWATTRIBUTE: the frame without its invisible border; windows of other virtual desktops are cloaked."""
_QUERY_LIMITED_INFORMATION = 0x1000
_CHARACTERS = 512
_SHELL = ("Progman", "WorkerW")
"""Window classes of the desktop itself."""


class _Point(ctypes.Structure):
    _fields_ = (("x", ctypes.c_long), ("y", ctypes.c_long))


class _Box(ctypes.Structure):
    _fields_ = (
        ("left", ctypes.c_long),
        ("top", ctypes.c_long),
        ("right", ctypes.c_long),
        ("bottom", ctypes.c_long),
    )

    def rect(self) -> Rect:
        return Rect(self.left, self.top, self.right - self.left, self.bottom - self.top)


class _MonitorInfo(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_ulong),
        ("monitor", _Box),
        ("work", _Box),
        ("flags", ctypes.c_ulong),
        ("device", ctypes.c_wchar * 32),
    )


class WindowsDesktop:
    """Asks user32, dwmapi and kernel32.

    Args:
        libraries: has `user32`, `dwmapi` and `kernel32`; `ctypes.windll` when left out.
        prototype: makes callback types; `ctypes.WINFUNCTYPE` when left out.
    """

    def __init__(self, libraries: Any = None, prototype: Any = None) -> None:
        found = libraries or vars(ctypes)["windll"]
        make = prototype or vars(ctypes)["WINFUNCTYPE"]
        self._user, self._dwm, self._kernel = found.user32, found.dwmapi, found.kernel32
        self._window_callback = make(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
        self._monitor_callback = make(
            ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(_Box), ctypes.c_void_p
        )
        # Handles are pointers: without a type, ctypes would cut them to 32 bits.
        self._user.GetForegroundWindow.restype = ctypes.c_void_p
        self._kernel.OpenProcess.restype = ctypes.c_void_p

    def monitors(self) -> list[Monitor]:
        handles: list[int] = []

        def found(handle: int, _context: Any, _box: Any, _data: Any) -> int:
            handles.append(handle)
            return 1

        self._user.EnumDisplayMonitors(None, None, self._monitor_callback(found), 0)
        if not handles:
            raise DisplayLost("Windows lists no monitor")
        return [self._monitor(i, handle) for i, handle in enumerate(handles, 1)]

    def pointer(self) -> tuple[int, int] | None:
        point = _Point()
        return (point.x, point.y) if self._user.GetCursorPos(ctypes.byref(point)) else None

    def ask_windows(self) -> WindowAnswer:
        windows = self._windows()
        return lambda: windows

    def close(self) -> None:
        """Nothing is held."""

    def _monitor(self, index: int, handle: int) -> Monitor:
        info = _MonitorInfo()
        info.size = ctypes.sizeof(info)
        self._user.GetMonitorInfoW(ctypes.c_void_p(handle), ctypes.byref(info))
        return Monitor(index, info.device, info.monitor.rect())

    def _windows(self) -> list[DesktopWindow]:
        handles: list[int] = []

        def found(handle: int, _data: Any) -> int:
            handles.append(handle)
            return 1

        # EnumWindows goes from the topmost down.
        self._user.EnumWindows(self._window_callback(found), 0)
        active = self._user.GetForegroundWindow()
        return [self._window(handle, handle == active) for handle in handles if self._is_seen(ctypes.c_void_p(handle))]

    def _is_seen(self, handle: ctypes.c_void_p) -> bool:
        if not self._user.IsWindowVisible(handle) or self._user.IsIconic(handle):
            return False
        cloaked = ctypes.c_int(0)
        self._dwm.DwmGetWindowAttribute(handle, _CLOAKED, ctypes.byref(cloaked), ctypes.sizeof(cloaked))
        return not cloaked.value and bool(self._title(handle)) and self._class(handle) not in _SHELL

    def _window(self, number: int, active: bool) -> DesktopWindow:
        handle = ctypes.c_void_p(number)
        box = _Box()
        where = (ctypes.byref(box), ctypes.sizeof(box))
        if self._dwm.DwmGetWindowAttribute(handle, _EXTENDED_FRAME_BOUNDS, *where) != 0:
            self._user.GetWindowRect(handle, ctypes.byref(box))
        return DesktopWindow(self._title(handle), box.rect(), active, self._program(handle))

    def _title(self, handle: ctypes.c_void_p) -> str:
        """Not GetWindowText: that waits for the window's thread, which may wait for this capture."""
        text = ctypes.create_unicode_buffer(_CHARACTERS)
        self._user.InternalGetWindowText(handle, text, _CHARACTERS)
        return text.value

    def _class(self, handle: ctypes.c_void_p) -> str:
        text = ctypes.create_unicode_buffer(_CHARACTERS)
        self._user.GetClassNameW(handle, text, _CHARACTERS)
        return text.value

    def _program(self, handle: ctypes.c_void_p) -> str:
        process = ctypes.c_ulong(0)
        self._user.GetWindowThreadProcessId(handle, ctypes.byref(process))
        opened = self._kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, process)
        if not opened:
            return ""
        text, length = ctypes.create_unicode_buffer(_CHARACTERS), ctypes.c_ulong(_CHARACTERS)
        self._kernel.QueryFullProcessImageNameW(ctypes.c_void_p(opened), 0, text, ctypes.byref(length))
        self._kernel.CloseHandle(ctypes.c_void_p(opened))
        return PureWindowsPath(text.value).stem
