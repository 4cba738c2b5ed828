"""The calls into Windows that typing needs (learn.microsoft.com, "Keyboard Input", "Windows and Messages")."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

KEY_UP, UNICODE = 0x0002, 0x0004
"""KEYEVENTF_KEYUP, KEYEVENTF_UNICODE."""
RETURN, TAB, CONTROL, LETTER_Z = 0x0D, 0x09, 0x11, 0x5A
_MODIFIERS = (0x10, 0x11, 0x12, 0x5B, 0x5C)
"""VK_SHIFT, VK_CONTROL, VK_MENU, VK_LWIN, VK_RWIN."""
_KEYBOARD_INPUT = 1
_STYLE, _PASSWORD_STYLE = -16, 0x0020
"""GWL_STYLE and ES_PASSWORD."""
_QUERY_LIMITED = 0x1000
_NULL_MESSAGE, _ABORT_IF_HUNG = 0x0000, 0x0002
_LONGEST = 1024


@dataclass(frozen=True)
class Stroke:
    """One key going down or up: a virtual key, or a UTF-16 unit with the flag UNICODE."""

    key: int
    unit: int
    flags: int


class Calls(Protocol):
    """The system as the handler sees it."""

    def foreground(self) -> int: ...

    def exists(self, window: int) -> bool: ...

    def title(self, window: int) -> str: ...

    def process(self, window: int) -> tuple[int, str]:
        """Its number and its program's file name."""
        ...

    def asks_password(self, window: int) -> bool: ...

    def modifiers_down(self) -> bool: ...

    def send(self, strokes: Sequence[Stroke]) -> int:
        """How many were taken."""
        ...

    def wait_until_it_listens(self, window: int, seconds: float) -> bool:
        """Whether the window's thread looked for messages in time."""
        ...

    def activate(self, window: int) -> None: ...


class _Keyboard(ctypes.Structure):
    _fields_ = (
        ("key", ctypes.c_uint16),
        ("scan", ctypes.c_uint16),
        ("flags", ctypes.c_uint32),
        ("time", ctypes.c_uint32),
        ("extra", ctypes.c_void_p),
    )


class _Mouse(ctypes.Structure):
    """The largest member: it gives the union its size."""

    _fields_ = (
        ("x", ctypes.c_int32),
        ("y", ctypes.c_int32),
        ("data", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("time", ctypes.c_uint32),
        ("extra", ctypes.c_void_p),
    )


class _Union(ctypes.Union):
    _fields_ = (("keyboard", _Keyboard), ("mouse", _Mouse))


class Input(ctypes.Structure):
    """INPUT. SendInput refuses one whose size isn't right."""

    _fields_ = (("kind", ctypes.c_uint32), ("of", _Union))


class _GuiThread(ctypes.Structure):
    _fields_ = (
        ("size", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        *((name, ctypes.c_void_p) for name in ("active", "focus", "capture", "menu", "move", "caret")),
        ("caret_place", ctypes.c_int32 * 4),
    )


def inputs(strokes: Sequence[Stroke]) -> Any:
    """The array that SendInput takes."""
    array = (Input * len(strokes))()
    for item, stroke in zip(array, strokes, strict=True):
        item.kind = _KEYBOARD_INPUT
        item.of.keyboard = _Keyboard(stroke.key, stroke.unit, stroke.flags, 0, None)
    return array


class WindowsCalls:
    """See `Calls`.

    Args:
        user: the library user32; loaded when left out.
        kernel: the library kernel32; loaded when left out.
    """

    def __init__(self, user: Any = None, kernel: Any = None) -> None:
        load = getattr(ctypes, "WinDLL", None)
        self._user = user or load("user32", use_last_error=True)  # type: ignore[misc]
        self._kernel = kernel or load("kernel32", use_last_error=True)  # type: ignore[misc]
        self._user.GetForegroundWindow.restype = ctypes.c_void_p

    def foreground(self) -> int:
        return int(self._user.GetForegroundWindow() or 0)

    def exists(self, window: int) -> bool:
        return bool(self._user.IsWindow(ctypes.c_void_p(window)))

    def title(self, window: int) -> str:
        text = ctypes.create_unicode_buffer(_LONGEST)
        self._user.GetWindowTextW(ctypes.c_void_p(window), text, _LONGEST)
        return text.value

    def process(self, window: int) -> tuple[int, str]:
        number, size = ctypes.c_uint32(), ctypes.c_uint32(_LONGEST)
        self._user.GetWindowThreadProcessId(ctypes.c_void_p(window), ctypes.byref(number))
        self._kernel.OpenProcess.restype = ctypes.c_void_p
        handle = ctypes.c_void_p(self._kernel.OpenProcess(_QUERY_LIMITED, False, number.value))
        path = ctypes.create_unicode_buffer(_LONGEST)
        if handle:
            self._kernel.QueryFullProcessImageNameW(handle, 0, path, ctypes.byref(size))
            self._kernel.CloseHandle(handle)
        return int(number.value), path.value.rsplit("\\", 1)[-1]

    def asks_password(self, window: int) -> bool:
        """Of a standard edit field; browsers and others draw their own, of which Windows knows nothing here."""
        info = _GuiThread(size=ctypes.sizeof(_GuiThread))
        thread = self._user.GetWindowThreadProcessId(ctypes.c_void_p(window), None)
        if not self._user.GetGUIThreadInfo(thread, ctypes.byref(info)) or not info.focus:
            return False
        name = ctypes.create_unicode_buffer(_LONGEST)
        self._user.GetClassNameW(ctypes.c_void_p(info.focus), name, _LONGEST)
        style = int(self._user.GetWindowLongW(ctypes.c_void_p(info.focus), _STYLE))
        return "edit" in name.value.lower() and bool(style & _PASSWORD_STYLE)

    def modifiers_down(self) -> bool:
        return any(self._user.GetAsyncKeyState(key) & 0x8000 for key in _MODIFIERS)

    def send(self, strokes: Sequence[Stroke]) -> int:
        array = inputs(strokes)
        return int(self._user.SendInput(len(array), array, ctypes.sizeof(Input)))

    def wait_until_it_listens(self, window: int, seconds: float) -> bool:
        answer = ctypes.c_size_t()
        call = self._user.SendMessageTimeoutW
        milliseconds = int(seconds * 1000)
        place = ctypes.c_void_p(window)
        return bool(call(place, _NULL_MESSAGE, 0, 0, _ABORT_IF_HUNG, milliseconds, ctypes.byref(answer)))

    def activate(self, window: int) -> None:
        self._user.SetForegroundWindow(ctypes.c_void_p(window))
