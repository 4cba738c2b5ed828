"""Quartz as far as global keys call it: an event tap on a run loop, key codes, the keys' real state."""

from __future__ import annotations

import queue
import threading
from dataclasses import dataclass, field
from typing import Any

_AMERICAN = "asdfhgzxcv bqweryt123465=97-80]ou[ip lj'k;\\,/nm.  `"
_CODES = {"ctrl": 59, "alt": 58, "shift": 56, "space": 49, "d": 2, "F9": 101, "Escape": 53, "z": 6}
_FLAGS = {56: 0x20000, 59: 0x40000, 58: 0x80000}
_CAPS_LOCK = 0x10000


@dataclass
class Event:
    kind: int
    code: int
    flags: int = 0
    repeats: bool = False
    passed: threading.Event = field(default_factory=threading.Event)


class FakeQuartz:
    """What the tap gives back reaches other programs; every event passes the run loop of the tap's thread.

    Attributes:
        allowed: whether the user lets us hear keys.
        typed: keys that other programs got.
    """

    kCGEventKeyDown, kCGEventKeyUp, kCGEventFlagsChanged = 10, 11, 12
    kCGKeyboardEventAutorepeat, kCGKeyboardEventKeycode = 8, 9
    kCGSessionEventTap, kCGHeadInsertEventTap, kCGEventTapOptionDefault = 1, 0, 0
    kCFRunLoopDefaultMode, kCFRunLoopCommonModes = "default", "common"

    def __init__(self) -> None:
        self.allowed = True
        self.caps_lock = False
        self.typed: list[str] = []
        self._down: set[int] = set()
        self._events: queue.Queue[Event | None] = queue.Queue()
        self._tap: Any = None
        self._enabled = False

    def down(self, *keys: str) -> None:
        for key in keys:
            code = _CODES[key]
            repeats = code in self._down
            self._down.add(code)
            kind = self.kCGEventFlagsChanged if code in _FLAGS else self.kCGEventKeyDown
            self._send(key, Event(kind, code, self._flags(), repeats))

    def up(self, *keys: str) -> None:
        for key in keys:
            code = _CODES[key]
            if code in self._down:
                self._down.discard(code)
                kind = self.kCGEventFlagsChanged if code in _FLAGS else self.kCGEventKeyUp
                self._send(key, Event(kind, code, self._flags()))

    def lose(self, key: str) -> None:
        """The key comes up while a password field has the keyboard: no tap is told."""
        self._down.discard(_CODES[key])

    def time_out(self) -> None:
        """What macOS does with a tap that was too slow."""
        self._enabled = False
        self._tap(None, 0xFFFFFFFE, None, None)
        assert self._enabled

    def CGEventTapCreate(self, place: int, order: int, option: int, mask: int, callback: Any, info: Any) -> Any:
        assert mask == 1 << 10 | 1 << 11 | 1 << 12
        self._tap = callback if self.allowed else None
        return self._tap

    def CGEventTapEnable(self, tap: Any, enabled: bool) -> None:
        self._enabled = enabled

    def CFMachPortInvalidate(self, tap: Any) -> None:
        self._tap = None

    def CFMachPortCreateRunLoopSource(self, allocator: None, tap: Any, order: int) -> Any:
        return tap

    def CFRunLoopAddSource(self, loop: Any, source: Any, mode: str) -> None:
        assert loop == threading.get_ident()

    def CFRunLoopGetCurrent(self) -> int:
        return threading.get_ident()

    def CFRunLoopStop(self, loop: Any) -> None:
        self._events.put(None)

    def CFRunLoopRunInMode(self, mode: str, seconds: float, once: bool) -> None:
        try:
            while (event := self._events.get(timeout=seconds)) is not None:
                self._pass(event)
        except queue.Empty:
            return

    def CGEventGetFlags(self, event: Event) -> int:
        return event.flags

    def CGEventGetIntegerValueField(self, event: Event, wanted: int) -> int:
        return event.code if wanted == self.kCGKeyboardEventKeycode else int(event.repeats)

    def CGEventSourceKeyState(self, state: int, code: int) -> bool:
        return code in self._down

    def CGEventCreateKeyboardEvent(self, source: None, code: int, down: bool) -> Event:
        return Event(self.kCGEventKeyDown, code, 0x40000)

    def CGEventSetFlags(self, event: Event, flags: int) -> None:
        event.flags = flags

    def CGEventKeyboardGetUnicodeString(self, event: Event, length: int, a: None, b: None) -> tuple[int, str]:
        assert event.flags == 0, "with Ctrl down it would be a control character"
        typed = _AMERICAN[event.code : event.code + 1].strip()
        return len(typed), typed

    def _flags(self) -> int:
        """With the bits for left and right that real events carry as well."""
        return sum(_FLAGS.get(code, 0) for code in self._down) | 0x101 | (_CAPS_LOCK if self.caps_lock else 0)

    def _send(self, key: str, event: Event) -> None:
        if not self._enabled:
            self.typed.append(key)
            return
        event.passed = threading.Event()
        self._events.put(event)
        assert event.passed.wait(10)

    def _pass(self, event: Event) -> None:
        if self._tap(None, event.kind, event, None) is not None and event.kind != self.kCGEventKeyUp:
            self.typed.append(next(name for name, code in _CODES.items() if code == event.code))
        event.passed.set()
