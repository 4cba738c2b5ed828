"""Windows' keyboard as far as global keys call it: registered keys, message queues by thread, the keys' real state."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from types import SimpleNamespace
from typing import Any

from assistant.desktop.hotkeys.handlers.windows_calls import ALREADY_REGISTERED, WindowsCalls

_HOTKEY = 0x0312
_CODES = {"ctrl": 0x11, "alt": 0x12, "shift": 0x10, "space": 0x20, "d": 0x44, "F9": 0x78, "Escape": 0x1B, "z": 0x5A}
_BITS = {0x12: 1, 0x11: 2, 0x10: 4}


class FakeWindows:
    """A press of a registered key is posted to its owner and reaches nobody else; everything else is typed.

    Attributes:
        typed: keys that other programs got.
    """

    def __init__(self) -> None:
        self.typed: list[str] = []
        self._down: set[int] = set()
        self._registered: dict[tuple[int, int], tuple[int, int]] = {}
        self._queues: dict[int, deque[tuple[int, int]]] = defaultdict(deque)
        self._changed = threading.Condition()
        self._error = 0

    def calls(self) -> WindowsCalls:
        return WindowsCalls(
            self._user32(), SimpleNamespace(GetCurrentThreadId=threading.get_ident), lambda: self._error
        )

    def down(self, *keys: str) -> None:
        for key in keys:
            code = _CODES[key]
            bits = sum(_BITS.get(held, 0) for held in self._down)
            with self._changed:
                repeats = code in self._down
                self._down.add(code)
                owner = self._registered.get((bits, code))
                if owner is None:
                    self.typed.append(key)
                elif not repeats:
                    self._queues[owner[0]].append((_HOTKEY, owner[1]))
                self._changed.notify_all()

    def up(self, *keys: str) -> None:
        with self._changed:
            self._down -= {_CODES[key] for key in keys}

    def take_elsewhere(self, modifiers: int, code: int) -> None:
        """Another program registers a key."""
        self._registered[modifiers, code] = (-1, 0)

    def _user32(self) -> SimpleNamespace:
        return SimpleNamespace(
            RegisterHotKey=self._register,
            UnregisterHotKey=self._unregister,
            PeekMessageW=self._peek,
            MsgWaitForMultipleObjectsEx=self._wait,
            PostThreadMessageW=self._post,
            GetAsyncKeyState=lambda code: -0x8000 if code in self._down else 0,
            VkKeyScanW=lambda character: 0xBC if character == "," else -1,
        )

    def _register(self, window: None, number: int, modifiers: int, code: int) -> int:
        key = (modifiers & 0xF, code)
        assert modifiers & 0x4000, "auto-repeat would be told as presses"
        with self._changed:
            self._error = ALREADY_REGISTERED if key in self._registered else 0
            self._registered.setdefault(key, (threading.get_ident(), number))
        return int(not self._error)

    def _unregister(self, window: None, number: int) -> int:
        owner = (threading.get_ident(), number)
        found = [key for key, value in self._registered.items() if value == owner]
        for key in found:
            del self._registered[key]
        return int(bool(found))

    def _peek(self, reference: Any, window: None, first: int, last: int, remove: int) -> int:
        waiting = self._queues[threading.get_ident()]
        if not waiting:
            return 0
        message = reference._obj
        message.kind, message.w_param = waiting.popleft()
        return 1

    def _wait(self, count: int, handles: None, milliseconds: int, mask: int, flags: int) -> int:
        seconds = None if milliseconds == 0xFFFFFFFF else milliseconds / 1000
        with self._changed:
            return int(self._changed.wait_for(lambda: self._queues[threading.get_ident()], seconds) is None)

    def _post(self, thread: int, kind: int, first: int, second: int) -> int:
        with self._changed:
            self._queues[thread].append((kind, first))
            self._changed.notify_all()
        return 1
