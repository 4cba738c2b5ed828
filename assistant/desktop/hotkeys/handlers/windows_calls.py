"""The calls of user32 and kernel32 that global keys need, in Python's terms."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

_HOTKEY, _APP = 0x0312, 0x8000
"""Window messages: a registered key was pressed; anything of a program's own."""
_REMOVE = 1
_ALL_INPUT = 0x04FF
_INPUT_AVAILABLE = 4
"""MsgWaitForMultipleObjectsEx returns at once when a message is waiting already."""
ALREADY_REGISTERED = 1409


class _Message(ctypes.Structure):
    """MSG."""

    _fields_ = (
        ("window", ctypes.c_void_p),
        ("kind", ctypes.c_uint),
        ("w_param", ctypes.c_size_t),
        ("l_param", ctypes.c_ssize_t),
        ("time", ctypes.c_uint32),
        ("x", ctypes.c_long),
        ("y", ctypes.c_long),
    )


class WindowsCalls:
    """Registered keys belong to the thread that asked for them: everything but `wake` is for that thread alone.

    Args:
        user32: the library; the system's own when left out.
        kernel32: likewise.
        last_error: gives the code of the last failure.
    """

    def __init__(self, user32: Any = None, kernel32: Any = None, last_error: Callable[[], int] | None = None) -> None:
        self.user32: Any = user32 or _library("user32")
        self._kernel32: Any = kernel32 or _library("kernel32")
        self._last_error = last_error or vars(ctypes).get("get_last_error", int)
        self._thread = 0

    def begin(self) -> None:
        """Gives this thread a message queue, which Windows makes at the first look into it."""
        self._thread = int(self._kernel32.GetCurrentThreadId())
        self.pressed()

    def register(self, number: int, modifiers: int, key: int) -> int:
        """Takes a key from everyone else; 0, or the code of the failure."""
        return 0 if self.user32.RegisterHotKey(None, number, modifiers, key) else self._last_error() or -1

    def unregister(self, number: int) -> None:
        self.user32.UnregisterHotKey(None, number)

    def pressed(self) -> list[int]:
        """Numbers of the registered keys that were pressed since the last call."""
        message, numbers = _Message(), []
        while self.user32.PeekMessageW(ctypes.byref(message), None, 0, 0, _REMOVE):
            if message.kind == _HOTKEY:
                numbers.append(int(message.w_param))
        return numbers

    def wait(self, seconds: float | None) -> None:
        """Until a message comes, at most so long."""
        milliseconds = 0xFFFFFFFF if seconds is None else round(seconds * 1000)
        self.user32.MsgWaitForMultipleObjectsEx(0, None, milliseconds, _ALL_INPUT, _INPUT_AVAILABLE)

    def wake(self) -> None:
        """Ends `wait`, from any thread."""
        self.user32.PostThreadMessageW(self._thread, _APP, 0, 0)

    def is_down(self, key: int) -> bool:
        """By the keyboard's real state; a locked screen says no of every key."""
        return bool(self.user32.GetAsyncKeyState(key) & 0x8000)


def _library(name: str) -> Any:
    return vars(ctypes)["WinDLL"](name, use_last_error=True)
