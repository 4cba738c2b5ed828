"""The thread whose run loop the keyboard's events pass through: ours are taken out, all others go on untouched."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from typing import Any

from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys.handlers.macos_keys import ESCAPE, SHIFT_FLAG, flags, key_code, modifiers_of
from assistant.desktop.hotkeys.handlers.presses import Presses
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut

_POLL_SECONDS = 0.03
"""How often the keyboard's real state is looked at while a key is held."""
_IDLE_SECONDS = 0.5
"""How soon a stop is seen that came just before the run loop began to wait."""
_START_SECONDS = 5.0
_DISABLED = (0xFFFFFFFE, 0xFFFFFFFF)
"""kCGEventTapDisabledByTimeout, kCGEventTapDisabledByUserInput."""
_SESSION_STATE, _HARDWARE_STATE = 0, 1
"""kCGEventSourceStateCombinedSessionState, kCGEventSourceStateHIDSystemState."""


class MacLoop(threading.Thread):
    """One event tap. It only decides and counts; the listeners are called on another thread, for macOS switches off a
    tap that takes its time.

    Args:
        quartz: pyobjc's module.
    """

    def __init__(self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem, quartz: Any) -> None:
        super().__init__(name="hotkeys-macos", daemon=True)
        self._quartz = quartz
        self._codes = {name: key_code(quartz, shortcut) for name, shortcut in shortcuts.items()}
        self._flags = {name: flags(shortcut) for name, shortcut in shortcuts.items()}
        self._on_escape: Callable[[], None] | None = None
        self._swallowed: set[int] = set()
        self._shift = False
        self._stopping = False
        self._ready: Future[None] = Future()
        self._loop: Any = None
        self._tap: Any = None
        self._presses = Presses(on_event, on_problem)

    def open(self) -> None:
        """Starts the thread; returns once it hears keys.

        Raises:
            HearsightError: the user has not allowed it yet.
        """
        self.start()
        try:
            self._ready.result(_START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def is_held(self, name: str) -> bool:
        return name in self._presses.held

    def set_escape(self, on_escape: Callable[[], None] | None) -> None:
        self._on_escape = on_escape

    def stop(self) -> None:
        """Gives the keys back and ends; returns once nothing is held any more."""
        self._stopping = True
        if self._loop is not None:
            self._quartz.CFRunLoopStop(self._loop)
        if threading.current_thread() is not self:
            self.join(_START_SECONDS)

    def run(self) -> None:
        quartz = self._quartz
        try:
            self._open_tap()
        except HearsightError as error:
            self._ready.set_exception(error)
        else:
            self._ready.set_result(None)
            while not self._stopping:
                self._turn()
            quartz.CGEventTapEnable(self._tap, False)
            quartz.CFMachPortInvalidate(self._tap)
        finally:
            self._presses.stop()

    def _turn(self) -> None:
        """A key that goes down ends the turn, so that the next one is short enough to watch it."""
        quartz, held = self._quartz, bool(self._presses.held)
        quartz.CFRunLoopRunInMode(quartz.kCFRunLoopDefaultMode, _POLL_SECONDS if held else _IDLE_SECONDS, False)
        for name in self._presses.held:
            if not self._is_down(self._codes[name]):
                # Its release went to a password field or the lock screen.
                self._presses.release(name)

    def _open_tap(self) -> None:
        quartz = self._quartz
        kinds = (quartz.kCGEventKeyDown, quartz.kCGEventKeyUp, quartz.kCGEventFlagsChanged)
        self._loop = quartz.CFRunLoopGetCurrent()
        self._tap = quartz.CGEventTapCreate(
            quartz.kCGSessionEventTap,
            quartz.kCGHeadInsertEventTap,
            quartz.kCGEventTapOptionDefault,
            sum(1 << kind for kind in kinds),
            self._on_input,
            None,
        )
        if self._tap is None:
            raise HearsightError(
                "macOS doesn't let Hearsight hear its keys yet.",
                action="Allow it in System Settings › Privacy & Security › Accessibility, and start Hearsight again.",
            )
        source = quartz.CFMachPortCreateRunLoopSource(None, self._tap, 0)
        quartz.CFRunLoopAddSource(self._loop, source, quartz.kCFRunLoopCommonModes)
        quartz.CGEventTapEnable(self._tap, True)

    def _on_input(self, _proxy: Any, kind: int, event: Any, _info: Any) -> Any:
        """The event goes on as it is; None takes it from everyone else."""
        quartz = self._quartz
        if kind in _DISABLED:
            quartz.CGEventTapEnable(self._tap, True)
            return event
        modifiers = modifiers_of(quartz.CGEventGetFlags(event))
        if kind == quartz.kCGEventFlagsChanged:
            self._modifiers_changed(bool(modifiers & SHIFT_FLAG))
            return event
        code = int(quartz.CGEventGetIntegerValueField(event, quartz.kCGKeyboardEventKeycode))
        if kind == quartz.kCGEventKeyUp:
            ours = self._key_up(code)
        elif quartz.CGEventGetIntegerValueField(event, quartz.kCGKeyboardEventAutorepeat):
            ours = code in self._swallowed
        else:
            ours = self._key_down(code, modifiers)
        return None if ours else event

    def _modifiers_changed(self, shift: bool) -> None:
        if shift and not self._shift:
            self._presses.latch()
        self._shift = shift

    def _key_down(self, code: int, modifiers: int) -> bool:
        """Says whether the key is ours. One that was down by our books has lost its release."""
        self._key_up(code)
        names = [name for name, own in self._codes.items() if own == code and self._flags[name] == modifiers]
        for name in names:
            self._presses.press(name)
        escape = self._on_escape if code == ESCAPE and (not modifiers or self._presses.held) else None
        if escape is not None:
            self._presses.tell(escape)
        if names or escape:
            self._swallowed.add(code)
            self._quartz.CFRunLoopStop(self._loop)
        return bool(names or escape)

    def _key_up(self, code: int) -> bool:
        for name in self._presses.held:
            if self._codes[name] == code:
                self._presses.release(name)
        ours = code in self._swallowed
        self._swallowed.discard(code)
        return ours

    def _is_down(self, code: int) -> bool:
        """By the keyboard itself, or by the session, which knows what other programs press."""
        down = self._quartz.CGEventSourceKeyState
        return bool(down(_HARDWARE_STATE, code) or down(_SESSION_STATE, code))
