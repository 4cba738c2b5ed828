"""How Phi-4-multimodal cuts a picture: into how many tiles, scaled to what size, for how many tokens. No pixels here.

The rules are those of the model author's image processor (`dynamic_hd`), to the last tie: a picture scaled otherwise is
another picture to the model.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

from assistant.core.errors import BadInput

TILE = 448
"""Side of a tile in pixels: what the vision tower sees at once."""
PATCH = 14
"""Side of a patch in pixels."""
PATCHES = TILE // PATCH
"""Patches along a tile's side. Two by two of them make one token."""
MAX_TILES = 36
"""The published `dynamic_hd`."""

_SHORTEST = 10
"""The least side in pixels that the author's processor accepts after scaling."""
_GLOBAL_TOKENS = 256 + 16
"""The view of the whole picture: 16 × 16 tokens and a separator after each row."""


@dataclass(frozen=True)
class Tiling:
    """Where a picture lies on its tiles: scaled, in the upper left corner; white fills the rest.

    Attributes:
        columns, rows: of tiles.
        width, height: of the scaled picture in pixels.
    """

    columns: int
    rows: int
    width: int
    height: int

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels of all tiles together."""
        return self.rows * TILE, self.columns * TILE

    @property
    def valid(self) -> tuple[int, int]:
        """Rows and columns of patches that aren't white filling alone."""
        height, width = self.size
        white_rows, white_columns = (height - self.height) // PATCH, (width - self.width) // PATCH
        return height // PATCH - white_rows, width // PATCH - white_columns

    @property
    def tokens(self) -> int:
        """Of the tiles, each row ended by a separator; one separator; and the view of the whole."""
        rows, columns = (math.ceil(patches / 2) for patches in self.valid)
        return rows * columns + rows + 1 + _GLOBAL_TOKENS


def tile(width: int, height: int, max_tiles: int = MAX_TILES) -> Tiling:
    """Chooses the tiles for a picture of a size in pixels.

    Small pictures get as many tiles as cover them, and are scaled up to fill them; those that would need more than
    `max_tiles` get the grid whose shape is closest to theirs.

    Raises:
        BadInput: the picture is empty, or so long and thin that nothing of it would be left.
    """
    if min(width, height) < 1:
        raise BadInput("The picture is empty.", action="Give another one.")
    columns, rows = math.ceil(width / TILE), math.ceil(height / TILE)
    if columns * rows > max_tiles:
        columns, rows = _closest(width, height, max_tiles)
    by_width, by_height = columns * TILE / width, rows * TILE / height
    if by_width < by_height:
        found = Tiling(columns, rows, columns * TILE, int(height * by_width))
    else:
        found = Tiling(columns, rows, int(width * by_height), rows * TILE)
    if min(found.width, found.height) < _SHORTEST:
        raise BadInput(
            f"The picture is too long and thin to be seen ({width} × {height} pixels).",
            action="Cut a part out of it.",
        )
    return found


def token_count(width: int, height: int, max_tiles: int = MAX_TILES) -> int:
    """How many tokens a picture takes, without touching its pixels.

    Raises:
        BadInput: as `tile`.
    """
    return tile(width, height, max_tiles).tokens


def _closest(width: int, height: int, max_tiles: int) -> tuple[int, int]:
    """The grid with the closest ratio; of two equally close ones the larger if the picture fills half of it."""
    best, least = (1, 1), math.inf
    for columns, rows in _grids(max_tiles):
        difference = abs(width / height - columns / rows)
        fills = width * height > 0.5 * TILE * TILE * columns * rows
        if difference < least or (difference == least and fills):
            best, least = (columns, rows), difference
    return best


@cache
def _grids(max_tiles: int) -> tuple[tuple[int, int], ...]:
    """All grids of at most `max_tiles`, by their number of tiles."""
    sides = range(1, max_tiles + 1)
    found = [(columns, rows) for columns in sides for rows in sides if columns * rows <= max_tiles]
    return tuple(sorted(found, key=lambda grid: grid[0] * grid[1]))
