"""Small pictures and clips."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from assistant.core.geometry import Rect
from assistant.core.media import Picture, Window


def picture(seed: int = 0, width: int = 31, height: int = 17) -> Picture:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    windows = (Window("Editor – naïve.py", Rect(1, 2, 20, 10), True, "code"), Window("", Rect(0, 0, 31, 17)))
    return Picture(pixels, "Screen 1", windows, True)


def noise(samples: int, seed: int = 0) -> NDArray[np.float32]:
    """Sound as a microphone delivers it: whole 16-bit steps."""
    steps = np.random.default_rng(seed).integers(-32768, 32768, samples)
    return (steps / 32768).astype(np.float32)
