"""Which part of the desktop a target means."""

from __future__ import annotations

from assistant.core.errors import BadInput
from assistant.core.geometry import Rect
from assistant.screen.frames import Monitor, Target
from assistant.screen.windows import DesktopWindow


def region(
    target: Target,
    monitors: list[Monitor],
    pointer: tuple[int, int] | None,
    windows: list[DesktopWindow] | None = None,
) -> tuple[Rect, str]:
    """What to grab, in the desktop's coordinates, and what the picture is called.

    Args:
        target: see `Target`.
        monitors: at least one.
        pointer: where the pointer is, if that is known.
        windows: needed for "active" only.

    Raises:
        BadInput: there is no such monitor.
    """
    if target == "all":
        return _around(monitors), "All screens" if len(monitors) > 1 else "Screen 1"
    monitor = _monitor(target, monitors, pointer, windows or [])
    return monitor.rect, f"Screen {monitor.index}"


def _monitor(
    target: Target, monitors: list[Monitor], pointer: tuple[int, int] | None, windows: list[DesktopWindow]
) -> Monitor:
    if isinstance(target, int):
        return _numbered(target, monitors)
    active = next((window for window in windows if window.active), None)
    if target == "active" and active is not None:
        return max(monitors, key=lambda monitor: monitor.rect.intersect(active.rect).area)
    if pointer is None:
        return monitors[0]
    return min(monitors, key=lambda monitor: _distance(monitor.rect, *pointer))


def _numbered(number: int, monitors: list[Monitor]) -> Monitor:
    for monitor in monitors:
        if monitor.index == number:
            return monitor
    known = "There is only screen 1" if len(monitors) == 1 else f"There are screens 1 to {len(monitors)}"
    raise BadInput(f"There is no screen {number}.", action=f"{known}, and 'all'.")


def _distance(rect: Rect, x: int, y: int) -> int:
    """0 inside; a pointer between two monitors of different heights belongs to the nearest."""
    across = max(rect.x - x, 0, x - rect.right + 1)
    down = max(rect.y - y, 0, y - rect.bottom + 1)
    return across * across + down * down


def _around(monitors: list[Monitor]) -> Rect:
    left, top = min(m.rect.x for m in monitors), min(m.rect.y for m in monitors)
    right, bottom = max(m.rect.right for m in monitors), max(m.rect.bottom for m in monitors)
    return Rect(left, top, right - left, bottom - top)
