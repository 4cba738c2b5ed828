"""Hearsight's own windows are no part of what it reads from the screen."""

from __future__ import annotations

import numpy as np

from assistant.core.geometry import Rect
from assistant.core.media import Picture, Window
from assistant.engine.light.own_windows import without_own

OURS = Rect(10, 10, 40, 40)
PIXELS = np.arange(100 * 80 * 3, dtype=np.uint32).astype(np.uint8).reshape(80, 100, 3) // 2


def screen(*windows: Window) -> Picture:
    return Picture(PIXELS, "Screen 1", windows, is_screen=True)


def test_a_screen_without_ours_stays_as_it_is() -> None:
    picture = screen(Window("Editor", Rect(0, 0, 50, 50), True, "mousepad"))
    assert without_own(picture) is picture


def test_ours_is_painted_over_and_the_next_window_is_active() -> None:
    read = without_own(
        screen(
            Window("Hearsight", OURS, True, "Hearsight"),
            Window("Editor", Rect(0, 0, 100, 80), program="mousepad"),
            Window("Other", Rect(0, 0, 5, 5)),
        )
    )
    assert [(w.title, w.active) for w in read.windows] == [("Editor", True), ("Other", False)]
    assert (read.pixels[10:50, 10:50] == 255).all()
    assert (read.pixels[:10] == PIXELS[:10]).all()
    assert (read.pixels[:, 50:] == PIXELS[:, 50:]).all()


def test_what_lies_on_top_of_ours_is_still_read() -> None:
    read = without_own(
        screen(
            Window("Dialog", Rect(20, 20, 10, 10), True, "other"),
            Window("Hearsight", OURS, program="Hearsight"),
        )
    )
    assert (read.pixels[20:30, 20:30] == PIXELS[20:30, 20:30]).all()
    assert (read.pixels[10:20, 10:50] == 255).all()
    assert [(w.title, w.active) for w in read.windows] == [("Dialog", True)]


def test_with_nothing_else_on_the_screen_ours_is_what_is_asked_about() -> None:
    picture = screen(Window("Hearsight", OURS, True, "Hearsight"))
    assert without_own(picture) is picture


def test_windows_that_reach_beyond_the_picture_are_fine() -> None:
    read = without_own(
        screen(Window("Hearsight", Rect(-20, -20, 500, 500), True, "hearsight"), Window("E", Rect(0, 0, 9, 9)))
    )
    assert (read.pixels == 255).all()
