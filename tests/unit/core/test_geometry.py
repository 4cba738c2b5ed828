"""Rectangles in physical pixels."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.core.geometry import Rect

numbers = st.integers(-5000, 5000)
sizes = st.integers(0, 5000)
rects = st.builds(Rect, numbers, numbers, sizes, sizes)


def test_edges_and_area() -> None:
    rect = Rect(-10, 20, 30, 40)
    assert (rect.right, rect.bottom, rect.area) == (20, 60, 1200)


@pytest.mark.parametrize(
    ("x", "y", "inside"),
    [(0, 0, True), (9.99, 9.99, True), (10, 5, False), (5, 10, False), (-0.01, 5, False)],
)
def test_the_right_and_lower_edge_belong_to_the_neighbour(x: float, y: float, inside: bool) -> None:
    assert Rect(0, 0, 10, 10).contains(x, y) == inside


def test_intersections() -> None:
    assert Rect(0, 0, 10, 10).intersect(Rect(5, -5, 10, 10)) == Rect(5, 0, 5, 5)
    assert Rect(0, 0, 10, 10).intersect(Rect(10, 0, 5, 5)).area == 0


@given(rects, rects)
def test_an_intersection_lies_in_both_and_never_has_a_negative_size(first: Rect, second: Rect) -> None:
    common = first.intersect(second)
    assert common.width >= 0
    assert common.height >= 0
    assert common.area == second.intersect(first).area
    if common.area:
        for rect in (first, second):
            assert rect.x <= common.x
            assert rect.y <= common.y
            assert common.right <= rect.right
            assert common.bottom <= rect.bottom


@given(rects, numbers, numbers)
def test_moving_keeps_the_size_and_can_be_undone(rect: Rect, dx: int, dy: int) -> None:
    moved = rect.moved(dx, dy)
    assert (moved.width, moved.height, moved.x - rect.x, moved.y - rect.y) == (rect.width, rect.height, dx, dy)
    assert moved.moved(-dx, -dy) == rect
