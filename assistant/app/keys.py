"""Binds the global keys from a thread of its own: a desktop's portal may take seconds, and the window doesn't wait."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial
from queue import SimpleQueue

from assistant.core.errors import BadInput, HearsightError, HotkeyTaken
from assistant.desktop.hotkeys.main import INSTEAD
from assistant.desktop.hotkeys.models import HotkeyHandler, OnKey

_log = logging.getLogger(__name__)

_STOP_SECONDS = 2.0
_BIND_SECONDS = 0.1
"""Enough where keys are grabbed at once, and no more than the window may stand still."""


class Keys(threading.Thread):
    """Without global keys the window still does it all, so whatever goes wrong here is told and stops nothing.

    Args:
        on_key: called from the handler's thread.
        tell: what the user should know, from any thread.
    """

    def __init__(self, handler: HotkeyHandler, on_key: OnKey, tell: Callable[[str], None]) -> None:
        super().__init__(name="keys", daemon=True)
        self._handler, self._on_key, self._tell = handler, on_key, tell
        self._wanted: SimpleQueue[dict[str, str] | None] = SimpleQueue()
        self._told: set[str] = set()
        self._is_idle = threading.Event()

    def bind(self, shortcuts: Mapping[str, str]) -> None:
        """Binds each name to its shortcut, in place of what was bound before; by its return where that is quick."""
        self._is_idle.clear()
        self._wanted.put(dict(shortcuts))
        self._is_idle.wait(_BIND_SECONDS)

    def stop(self) -> None:
        """Gives the keys back; a portal that doesn't answer is not waited for."""
        self._wanted.put(None)
        if self.is_alive():
            self.join(_STOP_SECONDS)

    def run(self) -> None:
        while (shortcuts := self._wanted.get()) is not None:
            self._told.clear()
            self._guarded(partial(self._bind, shortcuts))
            self._is_idle.set()
        self._guarded(self._handler.stop)

    def _guarded(self, work: Callable[[], None]) -> None:
        try:
            work()
        except HearsightError as error:
            self._complain(error)
        except Exception as error:
            _log.exception("the global keys failed")
            words = f"The global keys don't work: something went wrong inside Hearsight ({type(error).__name__})."
            self._complain(HearsightError(words, action=INSTEAD))

    def _bind(self, shortcuts: dict[str, str]) -> None:
        """A key that another program holds, or that this keyboard lacks, must not cost the other one."""
        for names in (tuple(shortcuts), *((name,) for name in shortcuts)):
            try:
                self._handler.start({name: shortcuts[name] for name in names}, self._on_key, self._complain)
                return
            except (HotkeyTaken, BadInput) as error:
                self._complain(error)

    def _complain(self, error: HearsightError) -> None:
        """Says each thing once for each time that keys are bound."""
        if str(error) not in self._told:
            self._told.add(str(error))
            self._tell(str(error))
