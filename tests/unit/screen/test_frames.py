"""From the system's bytes to RGB, and from the desktop's windows to the frame's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.errors import BadInput, NoScreen
from assistant.core.geometry import Rect
from assistant.screen.capture.handlers.grim import parse_ppm
from assistant.screen.capture.targets import region
from assistant.screen.frames import Frame, Monitor
from assistant.screen.windows import DesktopWindow, on_frame


def test_bgrx_becomes_rgb() -> None:
    data = np.array([[[3, 2, 1, 0], [6, 5, 4, 255]]], np.uint8)
    picture = Frame(data, "Screen 1").picture()
    assert picture.pixels.tolist() == [[[1, 2, 3], [4, 5, 6]]]
    assert picture.pixels.flags.c_contiguous
    assert (picture.name, picture.is_screen) == ("Screen 1", True)


def test_rgb_stays_rgb() -> None:
    assert Frame(np.array([[[1, 2, 3]]], np.uint8), "").picture().pixels.tolist() == [[[1, 2, 3]]]


def test_windows_are_clipped_and_moved() -> None:
    windows = [DesktopWindow("a", Rect(1900, -20, 200, 100), True, "A"), DesktopWindow("b", Rect(0, 0, 1920, 1080))]
    found = on_frame(windows, Rect(1920, 0, 1280, 1024), 1280, 1024)
    assert [(w.title, w.rect, w.active, w.program) for w in found] == [("a", Rect(0, 0, 180, 80), True, "A")]


def test_points_become_pixels() -> None:
    """macOS counts in points: a Retina frame has twice as many pixels."""
    (window,) = on_frame([DesktopWindow("a", Rect(10, 20, 30, 40))], Rect(0, 0, 100, 100), 200, 200)
    assert window.rect == Rect(20, 40, 60, 80)


rects = st.builds(Rect, st.integers(-500, 4000), st.integers(-500, 4000), st.integers(1, 3000), st.integers(1, 3000))


@given(rects, rects, st.sampled_from([1.0, 1.25, 1.5, 2.0]))
def test_every_window_lies_within_its_frame(window: Rect, part: Rect, scale: float) -> None:
    width, height = round(part.width * scale), round(part.height * scale)
    for found in on_frame([DesktopWindow("", window)], part, width, height):
        assert found.rect.x >= 0 and found.rect.y >= 0
        assert found.rect.right <= width and found.rect.bottom <= height


MONITORS = [
    Monitor(1, "A", Rect(0, 0, 1920, 1080)),
    Monitor(2, "B", Rect(1920, 0, 1280, 1024)),
    Monitor(3, "C", Rect(-800, 200, 800, 600)),
]


@pytest.mark.parametrize(
    ("target", "pointer", "expected"),
    [
        ("pointer", (5, 5), (MONITORS[0].rect, "Screen 1")),
        ("pointer", (1919, 1079), (MONITORS[0].rect, "Screen 1")),
        ("pointer", (1920, 0), (MONITORS[1].rect, "Screen 2")),
        ("pointer", (-1, 300), (MONITORS[2].rect, "Screen 3")),
        ("pointer", (2500, 1070), (MONITORS[1].rect, "Screen 2")),
        ("pointer", None, (MONITORS[0].rect, "Screen 1")),
        ("active", (-1, 300), (MONITORS[2].rect, "Screen 3")),
        (2, None, (MONITORS[1].rect, "Screen 2")),
        ("all", None, (Rect(-800, 0, 4000, 1080), "All screens")),
    ],
)
def test_what_a_target_means(target: object, pointer: tuple[int, int] | None, expected: tuple[Rect, str]) -> None:
    assert region(target, MONITORS, pointer) == expected  # type: ignore[arg-type]


def test_the_active_window_decides_before_the_pointer() -> None:
    windows = [DesktopWindow("x", Rect(0, 0, 50, 50)), DesktopWindow("y", Rect(1800, 0, 1000, 500), active=True)]
    assert region("active", MONITORS, (5, 5), windows)[1] == "Screen 2"


@pytest.mark.parametrize("number", [0, -1, 4])
def test_a_number_that_is_none_is_refused(number: int) -> None:
    with pytest.raises(BadInput, match=f"no screen {number}"):
        region(number, MONITORS, None)


def test_a_comment_free_ppm_is_read_whatever_its_numbers() -> None:
    pixels = np.arange(255 * 2 * 3, dtype=np.uint8).reshape(2, 255, 3)
    assert (parse_ppm(b"P6\n255 2\n255\n" + pixels.tobytes()) == pixels).all()


@pytest.mark.parametrize(
    "data", [b"", b"P5\n1 1\n255\n1", b"P6\n2 2\n255\n123", b"P6\nx y\n255\n123", b"P6 1 1 65535 12"]
)
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    with pytest.raises(NoScreen):
        parse_ppm(data)
