"""Bicubic scaling of float pictures as `torch.nn.functional.interpolate` does it, in numpy.

Pillow can't stand in: its bicubic has another constant (-0.5), widens the kernel when it shrinks, and rounds to bytes.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_A = np.float32(-0.75)
"""The constant of the cubic convolution kernel, as in torch (Keys 1981 leaves it free; -0.75 is OpenCV's too)."""

Floats = NDArray[np.float32]


def resize(planes: Floats, height: int, width: int) -> Floats:
    """Scales without antialiasing, `align_corners=False`, rows and columns beyond the edge repeated.

    Args:
        planes: float32, shape (channels, rows, columns).

    Returns:
        float32, shape (channels, height, width).
    """
    rows, row_weights = _taps(planes.shape[1], height)
    columns, column_weights = _taps(planes.shape[2], width)
    used, places = np.unique(rows, return_inverse=True)
    lines = planes if len(used) == planes.shape[1] else planes[:, used]
    across = _weighted(lines, columns, column_weights, axis=2)
    return _weighted(across, places.reshape(rows.shape), row_weights[:, :, None], axis=1)


def _taps(source: int, target: int) -> tuple[NDArray[np.intp], Floats]:
    """The four source places of each target place and their weights, both of shape (4, target)."""
    scale = np.float32(source) / np.float32(target)
    at = scale * (np.arange(target, dtype=np.float32) + np.float32(0.5)) - np.float32(0.5)
    floor = np.floor(at)
    places = floor.astype(np.intp) + np.arange(-1, 3)[:, None]
    return np.clip(places, 0, source - 1), _weights(at - floor)


def _weights(beyond: Floats) -> Floats:
    """Of the places at -1, 0, 1 and 2 for a point that lies `beyond` 0, in [0, 1)."""
    one = np.float32(1)
    return np.stack([_far(beyond + one), _near(beyond), _near(one - beyond), _far(one - beyond + one)])


def _near(x: Floats) -> Floats:
    """The kernel for |x| <= 1."""
    return ((_A + 2) * x - (_A + 3)) * x * x + 1


def _far(x: Floats) -> Floats:
    """The kernel for 1 < |x| < 2."""
    return ((_A * x - 5 * _A) * x + 8 * _A) * x - 4 * _A


def _weighted(planes: Floats, places: NDArray[np.intp], weights: Floats, axis: int) -> Floats:
    total: Floats = np.take(planes, places[0], axis) * weights[0]
    for place, weight in zip(places[1:], weights[1:], strict=True):
        part = np.take(planes, place, axis)
        part *= weight
        total += part
    return total
