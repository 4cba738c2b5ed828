"""Keeps Hearsight's own windows out of what is read from a screen.

Their text is in the prompt already, as the conversation, and the user asks about what lies beside them. With the ask
key pressed while Hearsight is in front, its own window would otherwise count as the active one.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from assistant.core.media import Picture, Window

PROGRAM = "hearsight"
"""The program's name as window systems report it, in small letters."""


def without_own(picture: Picture) -> Picture:
    """The picture with the visible parts of Hearsight's windows painted over.

    The topmost other window counts as active where one of ours was. Where no other window is known the picture stays
    as it is: then Hearsight is what the question is about.
    """
    others = tuple(window for window in picture.windows if not _is_own(window))
    if not others or len(others) == len(picture.windows):
        return picture
    if not any(window.active for window in others):
        others = (replace(others[0], active=True), *others[1:])
    return Picture(_painted(picture), picture.name, others, picture.is_screen)


def _is_own(window: Window) -> bool:
    return window.program.lower() == PROGRAM


def _painted(picture: Picture) -> NDArray[np.uint8]:
    """From the bottom up: each of ours hides what is below it, each other one shows again what is its own."""
    hidden = np.zeros((picture.height, picture.width), bool)
    for window in reversed(picture.windows):
        rect = window.rect
        hidden[max(0, rect.y) : rect.bottom, max(0, rect.x) : rect.right] = _is_own(window)
    pixels = picture.pixels.copy()
    pixels[hidden] = 255
    return pixels
