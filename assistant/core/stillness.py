"""Holding the window's thread still for a moment, where another thread must have the X server to itself.

PySide (6.10–6.11) keeps Python's global lock while Qt waits for an answer of the X server, as in `QCursor.pos()`. A
server that another thread has grabbed answers Qt only after the grab, and that thread gets its own answers only with
the lock: both wait for ever. So whoever grabs the server first asks for stillness; the window's thread then waits in
Python, which gives the lock away. Without a window there is nobody to hold.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

Hold = Callable[[], AbstractContextManager[bool]]
"""Gives whether the window's thread stands still; where it can't for now, the server must not be grabbed."""

_hold: Hold = lambda: nullcontext(True)  # noqa: E731 - replaced as a whole


def use(hold: Hold) -> None:
    """What `still` does from now on: for the one who owns the window's thread."""
    global _hold  # noqa: PLW0603 - a process has one such thread
    _hold = hold


def still() -> AbstractContextManager[bool]:
    """For the time of the `with`, the window's thread asks nobody anything."""
    return _hold()
