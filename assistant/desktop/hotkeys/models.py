"""Global keys: what arrives, and what a system has to bring."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from assistant.core.errors import HearsightError


@dataclass(frozen=True)
class KeyEvent:
    """A bound key was pressed or released, or Shift was pressed while it was held.

    Attributes:
        name: of the binding ("ask").
        kind: every "press" is followed by exactly one "release", whatever happens to modifiers, focus or auto-repeat;
            "shift" comes at most once between them.
        time: by `time.monotonic()`: a press when it arrived, a release as long after it as the keyboard says.
    """

    name: str
    kind: Literal["press", "release", "shift"]
    time: float


OnKey = Callable[[KeyEvent], None]
OnProblem = Callable[[HearsightError], None]


class HotkeyHandler(Protocol):
    """One way to be told of keys wherever the focus is. Its calls may come from any thread.

    Attributes:
        name: for `hearsight doctor`.
    """

    name: str

    def is_compatible(self) -> bool:
        """Whether this system and session are of the handler's kind. Cheap, and never raises."""
        ...

    def is_installed(self) -> bool:
        """Whether the parts it needs are on this machine. Cheap, and never raises."""
        ...

    def install_instructions(self) -> str:
        """What to do where `is_installed` says no."""
        ...

    def start(self, bindings: Mapping[str, str], on_event: OnKey, on_problem: OnProblem | None = None) -> None:
        """Binds each name to its shortcut ("Ctrl+Alt+Space"), in place of what was bound before.

        Args:
            bindings: shortcut by name.
            on_event: called from the handler's own thread; what it raises is logged and stops nothing.
            on_problem: called from that thread when the keys stop working later (display gone, key not on a new
                layout); logged when left out.

        Raises:
            BadInput: a shortcut that is none, or that this keyboard doesn't have.
            HotkeyTaken: another program holds it. Nothing is bound then.
            HearsightError: the display can't be reached.
        """
        ...

    def stop(self) -> None:
        """Gives the keys back. A key that is held is released first. Harmless when nothing is bound."""
        ...

    def is_held(self, name: str) -> bool:
        """Whether the binding's key is down, by the keyboard's real state at most 50 ms ago."""
        ...

    def grab_escape(self, on_escape: Callable[[], None]) -> bool:
        """Takes Escape from everyone, for the time of a recording.

        Args:
            on_escape: called from the handler's own thread at each press.

        Returns:
            Whether Escape is ours; False while another program holds it, or when nothing is bound.
        """
        ...

    def release_escape(self) -> None:
        """Gives Escape back. Harmless when it isn't taken."""
        ...
