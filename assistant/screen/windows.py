"""From the desktop's windows to those that a frame shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from assistant.core.geometry import Rect
from assistant.core.media import Window


@dataclass(frozen=True)
class DesktopWindow:
    """A visible top-level window; `rect` is in the desktop's coordinates and includes the frame around it."""

    title: str
    rect: Rect
    active: bool = False
    program: str = ""


def on_frame(windows: Iterable[DesktopWindow], region: Rect, width: int, height: int) -> tuple[Window, ...]:
    """The windows that reach into a captured region, in the frame's own pixels and clipped to it.

    Args:
        windows: from the topmost down.
        region: what was captured, in the desktop's coordinates.
        width: of the frame in pixels; more than the region's where the system counts in points.
        height: of the frame in pixels.
    """
    across, down = width / region.width, height / region.height
    found = []
    for window in windows:
        part = window.rect.intersect(region)
        if part.area:
            local = _scaled(part.moved(-region.x, -region.y), across, down)
            found.append(Window(window.title, local, window.active, window.program))
    return tuple(found)


def _scaled(rect: Rect, across: float, down: float) -> Rect:
    x, y = round(rect.x * across), round(rect.y * down)
    return Rect(x, y, round(rect.right * across) - x, round(rect.bottom * down) - y)
