"""The thread that owns the registered keys, and watches them until they come up."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future

from assistant.core.errors import HearsightError, HotkeyTaken
from assistant.desktop.hotkeys.handlers.presses import Presses
from assistant.desktop.hotkeys.handlers.windows_calls import ALREADY_REGISTERED, WindowsCalls
from assistant.desktop.hotkeys.handlers.windows_keys import ESCAPE, NO_REPEAT, SHIFT, modifier_bits, virtual_key
from assistant.desktop.hotkeys.models import OnKey, OnProblem
from assistant.desktop.hotkeys.shortcuts import Shortcut

_POLL_SECONDS = 0.01
"""How often the keyboard's real state is looked at while a key is held."""
_CALL_SECONDS = 5.0
_ESCAPE_NUMBER = 0x3000


class WindowsLoop(threading.Thread):
    """RegisterHotKey tells presses alone, and takes the key from everyone else; GetAsyncKeyState sees the release.

    A low-level keyboard hook would tell both. But every key of the whole system waits for a hook, and Windows takes
    one away without a word when its program was once too slow; here nobody waits for us, and nothing gets lost.
    """

    def __init__(
        self, shortcuts: Mapping[str, Shortcut], on_event: OnKey, on_problem: OnProblem, calls: WindowsCalls
    ) -> None:
        super().__init__(name="hotkeys-windows", daemon=True)
        self._names = list(shortcuts)
        self._shortcuts = dict(shortcuts)
        self._windows = calls
        self._keys = {name: virtual_key(calls.user32, shortcut) for name, shortcut in shortcuts.items()}
        self._on_escape: Callable[[], None] | None = None
        self._shift = self._escape = False
        self._stopping = False
        self._ready: Future[None] = Future()
        self._work: queue.SimpleQueue[tuple[Callable[[], bool], Future[bool]]] = queue.SimpleQueue()
        self._presses = Presses(on_event, on_problem)

    def open(self) -> None:
        """Starts the thread; returns once it has every key.

        Raises:
            HotkeyTaken: another program holds one of them. Nothing is held then.
        """
        self.start()
        try:
            self._ready.result(_CALL_SECONDS)
        except BaseException:
            self.stop()
            raise

    def is_held(self, name: str) -> bool:
        return name in self._presses.held

    def call(self, work: Callable[[], bool]) -> bool:
        """Does the work on the thread that owns the keys; False when it has ended."""
        future: Future[bool] = Future()
        self._work.put((work, future))
        self._windows.wake()
        if self._stopping or not self.is_alive():
            return False
        try:
            return future.result(_CALL_SECONDS)
        except TimeoutError:
            return False

    def take_escape(self, on_escape: Callable[[], None]) -> bool:
        self.give_escape_back()
        self._on_escape = on_escape
        return self._windows.register(_ESCAPE_NUMBER, NO_REPEAT, ESCAPE) == 0

    def give_escape_back(self) -> bool:
        if self._on_escape is not None:
            self._windows.unregister(_ESCAPE_NUMBER)
        self._on_escape = None
        return True

    def stop(self) -> None:
        """Gives the keys back and ends; returns once nothing is held any more."""
        self._stopping = True
        self._windows.wake()
        if threading.current_thread() is not self:
            self.join(_CALL_SECONDS)

    def run(self) -> None:
        try:
            self._windows.begin()
            self._register()
            self._ready.set_result(None)
            while not self._stopping:
                self._step()
        except HearsightError as error:
            self._ready.set_exception(error)
        finally:
            self.give_escape_back()
            for number in range(len(self._names)):
                self._windows.unregister(number)
            self._refuse_work()
            self._presses.stop()

    def _register(self) -> None:
        for number, name in enumerate(self._names):
            shortcut = self._shortcuts[name]
            code = self._windows.register(number, modifier_bits(shortcut) | NO_REPEAT, self._keys[name])
            if code == ALREADY_REGISTERED:
                action = "Choose another key in the settings, or take it from that program."
                raise HotkeyTaken(f"Another program holds {shortcut}.", action=action)
            if code:
                raise HearsightError(f"Windows doesn't give {shortcut} (error {code}).", action="Choose another key.")

    def _step(self) -> None:
        for number in self._windows.pressed():
            self._pressed(number)
        while not self._work.empty():
            work, future = self._work.get()
            future.set_result(work())
        if self._presses.held:
            self._check_real_state()
        if not self._stopping:
            self._windows.wait(_POLL_SECONDS if self._presses.held else None)

    def _pressed(self, number: int) -> None:
        if number == _ESCAPE_NUMBER:
            self._tell_escape()
        elif number < len(self._names):
            # Without auto-repeat, a second press means that the release between them was too short to be seen.
            self._presses.release(self._names[number])
            self._presses.press(self._names[number])
            self._shift, self._escape = self._windows.is_down(SHIFT), self._windows.is_down(ESCAPE)

    def _check_real_state(self) -> None:
        """Escape with other keys down is not the Escape that was registered, so it is looked at as well."""
        shift, escape = self._windows.is_down(SHIFT), self._windows.is_down(ESCAPE)
        if shift and not self._shift:
            self._presses.latch()
        if escape and not self._escape:
            self._tell_escape()
        self._shift, self._escape = shift, escape
        for name in self._presses.held:
            if not self._windows.is_down(self._keys[name]):
                self._presses.release(name)

    def _tell_escape(self) -> None:
        if self._on_escape is not None:
            self._presses.tell(self._on_escape)

    def _refuse_work(self) -> None:
        while not self._work.empty():
            self._work.get()[1].set_result(False)
