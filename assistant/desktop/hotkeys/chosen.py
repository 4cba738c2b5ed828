"""The session's way to hear keys, looked for only when keys are first bound: a desktop's portal may take its time."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.core.errors import HearsightError
from assistant.desktop.hotkeys.main import choose
from assistant.desktop.hotkeys.models import HotkeyHandler, OnKey, OnProblem


class ChosenHotkeys:
    """See `HotkeyHandler`. Until the first `start` has found a handler nothing is held and Escape is nobody's.

    Args:
        look: gives the handler, or None and why there is none.
    """

    name = "global keys"

    def __init__(self, look: Callable[[], tuple[HotkeyHandler | None, str]] = choose) -> None:
        self._look = look
        self._handler: HotkeyHandler | None = None

    def is_compatible(self) -> bool:
        return self._look()[0] is not None

    def is_installed(self) -> bool:
        return self.is_compatible()

    def install_instructions(self) -> str:
        return self._look()[1]

    def start(self, bindings: Mapping[str, str], on_event: OnKey, on_problem: OnProblem | None = None) -> None:
        """As the handler's; HearsightError where there is none, which is looked for again the next time."""
        handler, reason = (self._handler, "") if self._handler is not None else self._look()
        if handler is None:
            raise HearsightError(reason)
        self._handler = handler
        handler.start(bindings, on_event, on_problem)

    def stop(self) -> None:
        if self._handler is not None:
            self._handler.stop()

    def is_held(self, name: str) -> bool:
        return self._handler is not None and self._handler.is_held(name)

    def grab_escape(self, on_escape: Callable[[], None]) -> bool:
        return self._handler is not None and self._handler.grab_escape(on_escape)

    def release_escape(self) -> None:
        if self._handler is not None:
            self._handler.release_escape()
