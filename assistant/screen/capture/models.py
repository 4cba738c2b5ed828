"""The two seams of a capture: how pixels are taken, and what the system knows of its monitors and windows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from assistant.screen.frames import Frame, Monitor, Target
from assistant.screen.windows import DesktopWindow


class CaptureHandler(Protocol):
    """One way to take a picture of the screen. Usable from any thread.

    Attributes:
        name: for `hearsight doctor` and for errors ("mss on X11").
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

    def monitors(self) -> list[Monitor]:
        """Every monitor, in the system's order; at least one.

        Raises:
            NoScreen: the display can't be reached.
        """
        ...

    def capture(self, target: Target) -> Frame:
        """Freezes what the target shows now.

        Raises:
            NoScreen: no picture can be taken, with the reason and what to do.
            BadInput: there is no such monitor.
        """
        ...


WindowAnswer = Callable[[], list[DesktopWindow]]
"""Collects the windows that were asked for; empty where the system says nothing of them. Never raises."""


class Desktop(Protocol):
    """What a system knows of its screen beside the pixels. Used by one thread at a time."""

    def monitors(self) -> list[Monitor]: ...

    def pointer(self) -> tuple[int, int] | None:
        """Where the pointer is, in the desktop's coordinates; None where the system keeps that to itself."""
        ...

    def ask_windows(self) -> WindowAnswer:
        """Asks for the windows from the topmost down *as they are now*; the answer may be collected after the grab."""
        ...

    def close(self) -> None: ...
