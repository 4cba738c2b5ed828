"""Grabs with mss, beside whatever the system knows of monitors, pointer and windows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from assistant.core.errors import NoScreen
from assistant.core.geometry import Rect
from assistant.screen.capture.models import Desktop
from assistant.screen.capture.targets import region
from assistant.screen.frames import Frame, Monitor, Target
from assistant.screen.windows import on_frame

T = TypeVar("T")


class DisplayLost(Exception):
    """A `Desktop` can't reach its display, or lost it."""


class MssScreen:
    """One mss grabber and one `Desktop`, kept open between captures: the first grab of a fresh pair takes seven times
    as long. A lock lets any thread capture (mss objects may be shared since 10.2, which has a lock of its own).

    Args:
        name: see `CaptureHandler`.
        open_desktop: connects to the display; raises `DisplayLost`.
        is_compatible: see `CaptureHandler`.
        is_installed: see `CaptureHandler`.
        instructions: see `CaptureHandler`.
        which: names the display to use now; when it changes, the pair is opened anew.
    """

    def __init__(
        self,
        name: str,
        *,
        open_desktop: Callable[[], Desktop],
        is_compatible: Callable[[], bool],
        is_installed: Callable[[], bool],
        instructions: str,
        which: Callable[[], str] = str,
    ) -> None:
        self.name = name
        self.is_compatible = is_compatible
        self.is_installed = is_installed
        self._open_desktop = open_desktop
        self._instructions = instructions
        self._which = which
        self._lock = threading.Lock()
        self._open: tuple[str, Desktop, Any] | None = None

    def install_instructions(self) -> str:
        return self._instructions

    def monitors(self) -> list[Monitor]:
        return self._with_display(lambda desktop, _: desktop.monitors())

    def capture(self, target: Target) -> Frame:
        return self._with_display(lambda desktop, grabber: _capture(desktop, grabber, target))

    def close(self) -> None:
        """Leaves the display; the next capture comes back to it."""
        with self._lock:
            self._close()

    def _with_display(self, work: Callable[[Desktop, Any], T]) -> T:
        """Works on the open pair, and once more on a fresh one: the display may have been restarted or resized."""
        import mss

        with self._lock:
            try:
                return work(*self._pair())
            except (DisplayLost, mss.ScreenShotError):
                self._close()
            try:
                return work(*self._pair())
            except (DisplayLost, mss.ScreenShotError) as error:
                self._close()
                raise self._no_screen(error) from error

    def _pair(self) -> tuple[Desktop, Any]:
        import mss

        which = self._which()
        if self._open is not None and self._open[0] != which:
            self._close()
        if self._open is None:
            desktop = self._open_desktop()
            try:
                self._open = (which, desktop, mss.MSS())
            except BaseException:
                desktop.close()
                raise
        return self._open[1], self._open[2]

    def _close(self) -> None:
        if self._open is not None:
            _, desktop, grabber = self._open
            self._open = None
            grabber.close()
            desktop.close()

    def _no_screen(self, error: Exception) -> NoScreen:
        which = self._which()
        where = f" {which}" if which else ""
        return NoScreen(
            f"The display{where} can't be captured: {error}.",
            action="Check that it runs and that you may use it; 'hearsight doctor' shows what was tried.",
        )


def _capture(desktop: Desktop, grabber: Any, target: Target) -> Frame:
    monitors = desktop.monitors()
    pointer = desktop.pointer() if target in ("pointer", "active") else None
    collect = desktop.ask_windows()
    windows = collect() if target == "active" else None
    part, name = region(target, monitors, pointer, windows)
    shot = grabber.grab(_box(part))
    taken = time.monotonic()
    data = np.frombuffer(shot.raw, np.uint8).reshape(shot.height, shot.width, 4)
    windows = collect() if windows is None else windows
    return Frame(data, name, on_frame(windows, part, shot.width, shot.height), taken)


def _box(part: Rect) -> dict[str, int]:
    return {"left": part.x, "top": part.y, "width": part.width, "height": part.height}
