"""Tiles, sizes and token counts against the published formula, written out with masks."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.errors import BadInput
from assistant.engine.phi4.tiling import MAX_TILES, TILE, tile, token_count

sides = st.integers(1, 8000)
budgets = st.integers(1, MAX_TILES)


def author(width: int, height: int, most: int) -> tuple[tuple[int, int], tuple[int, int], int] | None:
    """Grid, scaled size and tokens by the author's rule; nothing for a picture that it refuses."""
    columns, rows = math.ceil(width / 448), math.ceil(height / 448)
    if columns * rows > most:
        grids = {(i, j) for n in range(1, most + 1) for i in range(1, n + 1) for j in range(1, n + 1) if i * j <= most}
        best, least = (1, 1), float("inf")
        for grid in sorted(grids, key=lambda grid: grid[0] * grid[1]):
            difference = abs(width / height - grid[0] / grid[1])
            if difference < least:
                best, least = grid, difference
            elif difference == least and width * height > 0.5 * 448 * 448 * grid[0] * grid[1]:
                best = grid
        columns, rows = best
    whole = columns * 448, rows * 448
    x, y = whole[0] / width, whole[1] / height
    scaled = (whole[0], int(height * x)) if x < y else (int(width * y), whole[1])
    right, below = whole[0] - scaled[0], whole[1] - scaled[1]
    mask = np.ones((rows * 32, columns * 32))
    if right >= 14:
        mask[:, -math.floor(right / 14) :] = 0
    if below >= 14:
        mask[-math.floor(below / 14) :, :] = 0
    if min(scaled) < 10:
        return None
    coarse = mask[::2, ::2]
    return (columns, rows), scaled, 256 + 1 + int(coarse.sum()) + int(coarse[:, 0].sum()) + 16


@settings(max_examples=300, deadline=None)
@given(sides, sides, budgets)
def test_as_the_author_does(width: int, height: int, most: int) -> None:
    expected = author(width, height, most)
    if expected is None:
        with pytest.raises(BadInput, match="too long and thin"):
            tile(width, height, most)
        return
    found = tile(width, height, most)
    assert ((found.columns, found.rows), (found.width, found.height), found.tokens) == expected
    assert found.columns * found.rows <= most
    assert found.size == (found.rows * TILE, found.columns * TILE)
    assert token_count(width, height, most) == found.tokens


@pytest.mark.parametrize(
    ("width", "height", "tokens"),
    [(640, 480, 1065), (448, 448, 545), (200, 90, 409), (500, 1500, 1745), (1000, 700, 1777), (4000, 2600, 6384)],
)
def test_published_counts(width: int, height: int, tokens: int) -> None:
    assert token_count(width, height) == tokens


@pytest.mark.parametrize(("most", "tokens"), [(36, 3918), (12, 2129), (6, 753)])
def test_what_a_screen_costs(most: int, tokens: int) -> None:
    assert token_count(1920, 1080, most) == tokens


@pytest.mark.parametrize("size", [(1, 8000), (8000, 1), (9, 448 * 37), (40_000, 20)])
def test_a_long_and_thin_picture_is_refused_in_words(size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="too long and thin") as refused:
        tile(*size)
    assert refused.value.action


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_an_empty_picture_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(BadInput, match="empty"):
        tile(*size)


@pytest.mark.parametrize("most", range(1, MAX_TILES + 1))
def test_two_grids_of_one_size_are_never_equally_close(most: int) -> None:
    """The author sorts a set by the number of tiles: among grids of one number the order is Python's own, and only
    where a shape lies midway between two neighbouring ratios could it decide."""
    grids = [(i, j) for i in range(1, most + 1) for j in range(1, most // i + 1)]
    ratios = sorted({i / j for i, j in grids})
    counts = {ratio: {i * j for i, j in grids if i / j == ratio} for ratio in ratios}
    for left, right in itertools.pairwise(ratios):
        assert not counts[left] & counts[right]
