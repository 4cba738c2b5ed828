"""What a capture hands over: the frozen screen, the monitor it shows, and the windows that lay on it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from assistant.core.errors import BadInput
from assistant.core.geometry import Rect
from assistant.core.media import Picture, Window

Target = Literal["pointer", "active", "all"] | int
"""What to capture: the monitor under the pointer, the one with the active window, all of them as one picture, or
monitor N counted from 1."""


def target_of(word: str) -> Target:
    """What a setting or an argument names: "pointer", "active", "all", or a monitor's number.

    Raises:
        BadInput: none of these.
    """
    if word in ("pointer", "active", "all"):
        return cast(Target, word)
    if word.isdecimal():
        return int(word)
    raise BadInput(f"There is no screen called {word!r}.", action="Give a monitor's number, or 'all'.")


@dataclass(frozen=True)
class Monitor:
    """One monitor of the desktop.

    Attributes:
        index: counted from 1, in the order that the system names them.
        name: as the system names it ("DP-1"); may be empty.
        rect: in the desktop's coordinates: physical pixels on X11 and Windows, points on macOS.
        scale: physical pixels for each unit of `rect`; 1 wherever `rect` is in physical pixels.
    """

    index: int
    name: str
    rect: Rect
    scale: float = 1.0


@dataclass(frozen=True, eq=False)
class Frame:
    """A frozen screen as the system gave it: turning it into RGB takes longer than taking it, and can wait.

    Attributes:
        data: uint8, shape (height, width, 4) as B, G, R, unused, or (height, width, 3) as R, G, B; physical pixels.
        name: of the picture, for people ("Screen 1").
        windows: in the frame's pixels, from the topmost down.
        taken: `time.monotonic()` just after the pixels were there.
    """

    data: NDArray[np.uint8]
    name: str
    windows: tuple[Window, ...] = ()
    taken: float = field(default_factory=time.monotonic)

    @property
    def width(self) -> int:
        return int(self.data.shape[1])

    @property
    def height(self) -> int:
        return int(self.data.shape[0])

    def picture(self) -> Picture:
        """The frame as every engine takes it (about 10 ms for 3840×2160; belongs off the way from key to frame)."""
        return Picture(_rgb(self.data), self.name, self.windows, is_screen=True)


def _rgb(data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if data.shape[2] == 3:
        return np.ascontiguousarray(data)
    # One plane after the other is three times as fast as one copy of the reversed view.
    rgb = np.empty((*data.shape[:2], 3), np.uint8)
    rgb[..., 0], rgb[..., 1], rgb[..., 2] = data[..., 2], data[..., 1], data[..., 0]
    return rgb
