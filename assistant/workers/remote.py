"""Commands of `hearsight trigger` and of a second start, brought from the socket's thread to the GUI thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal, Slot

from assistant.core.errors import BadInput, HearsightError
from assistant.flows.coordinator import Job

if TYPE_CHECKING:
    from assistant.workers.controller import Controller

_HOW = ("press", "release", "tap")
_JOBS = ("ask", "dictate", "undo", "again", "cancel")


class RemoteCommands(QObject):
    """Takes commands from the moment the socket listens; until the window is there it asks to come again."""

    _arrived = Signal(str, str)

    def __init__(self) -> None:
        super().__init__()
        self._controller: Controller | None = None
        self._show: Callable[[], None] | None = None
        self._arrived.connect(self._carry_out)

    def attach(self, controller: Controller, show: Callable[[], None]) -> None:
        """From now on commands reach these."""
        self._controller, self._show = controller, show

    def take(self, command: dict[str, Any]) -> dict[str, Any]:
        """On the socket's thread: checks one command and passes it on.

        Raises:
            BadInput: no such command.
            HearsightError: the window is still being built.
        """
        job, how = str(command.get("job", "show")), str(command.get("how", "tap"))
        known = command.get("command") == "show" or (command.get("command") == "trigger" and job in _JOBS)
        if not known or how not in _HOW:
            raise BadInput("This Hearsight does not know that command.", action="See 'hearsight trigger --help'.")
        if self._controller is None:
            raise HearsightError("Hearsight is still starting.", action="Try again in a moment.")
        self._arrived.emit(job if command["command"] == "trigger" else "show", how)
        return {"ok": True}

    @Slot(str, str)
    def _carry_out(self, job: str, how: str) -> None:
        assert self._controller is not None
        assert self._show is not None
        if job == "show":
            self._show()
        elif job == "cancel":
            self._controller.cancel()
        elif job == "undo":
            self._controller.dictating.undo()
        elif job == "again":
            self._controller.dictating.paste_again()
        else:
            held: Job = "dictate" if job == "dictate" else "ask"
            {"press": self._controller.press, "release": self._controller.release, "tap": self._controller.tap}[how](
                held
            )
