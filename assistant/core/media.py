"""Pictures and speech as they travel from the screen and the microphone to an engine. Immutable, hashed by content."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from assistant.core.geometry import Rect

SAMPLE_RATE = 16_000
"""Hz. What every engine takes: Whisper and Phi-4-multimodal were both trained on 16 kHz mono."""


@dataclass(frozen=True)
class Window:
    """A top-level window as it lay on the captured screen.

    `rect` is in the picture's own pixels, clipped to it. Windows are listed from the topmost down.
    """

    title: str
    rect: Rect
    active: bool = False
    program: str = ""


@dataclass(frozen=True, eq=False)
class Picture:
    """An image: a captured screen or a picture that the user gave.

    Attributes:
        pixels: uint8, shape (height, width, 3), RGB, C-contiguous.
        name: where it comes from, for people ("Screen 1", "invoice.png").
        windows: for a screen, its windows from the topmost down; else empty.
        is_screen: whether it was captured from the user's screen.
    """

    pixels: NDArray[np.uint8]
    name: str = ""
    windows: tuple[Window, ...] = ()
    is_screen: bool = False

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @cached_property
    def sha256(self) -> str:
        """Hash of shape and pixels: the key of every cache that this picture feeds."""
        digest = hashlib.sha256(str(self.pixels.shape).encode())
        digest.update(np.ascontiguousarray(self.pixels).data)
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Clip:
    """Speech or other sound: float32, shape (samples,), mono, 16 kHz, in [-1, 1]."""

    samples: NDArray[np.float32]
    name: str = ""
    path: str = field(default="", compare=False)

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(np.ascontiguousarray(self.samples).data).hexdigest()
