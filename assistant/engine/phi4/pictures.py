"""Pictures as Phi-4-multimodal takes them: tiles of normalised pixels, and which of their patches are picture.

The arithmetic is the model author's to the rounding, with Pillow (whose bilinear scaling the author's code calls) and
numpy alone: torchvision, which stands for it elsewhere, is one level off where it shrinks.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from assistant.core.errors import BadInput
from assistant.core.media import Picture
from assistant.engine.phi4 import bicubic
from assistant.engine.phi4.tiling import MAX_TILES, PATCHES, TILE, Tiling, tile, token_count

__all__ = ["MAX_TILES", "PicturePatches", "prepare_picture", "token_count"]


@dataclass(frozen=True, eq=False)
class PicturePatches:
    """A picture for the vision tower. Its tiles are made when they are asked for: a conversation may hold more
    pictures than tiles fit into memory, and those whose embeddings are cached need none.

    Attributes:
        pixels: the picture itself, uint8 [height, width, 3], RGB.
        tiling: where it lies on its tiles.
        sha256: of the pixels and the number of tiles that they may take: equal ones have equal tiles.
    """

    pixels: NDArray[np.uint8]
    tiling: Tiling
    sha256: str

    @property
    def tiles(self) -> NDArray[np.float32]:
        """float32 [1 + n, 3, 448, 448] in [-1, 1]: the whole picture first, then its tiles row by row.

        Made when asked for, in about 0.1 s for a screen; those of the picture asked for last are kept.
        """
        return _tiles(self)

    @property
    def mask(self) -> NDArray[np.bool_]:
        """bool [1 + n, 32, 32]: which patches of each tile hold picture; of the view of the whole, all."""
        rows, columns = self.tiling.rows, self.tiling.columns
        valid = np.zeros((rows * PATCHES, columns * PATCHES), bool)
        valid[: self.tiling.valid[0], : self.tiling.valid[1]] = True
        tiles = valid.reshape(rows, PATCHES, columns, PATCHES).transpose(0, 2, 1, 3).reshape(-1, PATCHES, PATCHES)
        return np.concatenate([np.ones((1, PATCHES, PATCHES), bool), tiles])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels of the scaled and padded picture."""
        return self.tiling.size

    @property
    def tokens(self) -> int:
        return self.tiling.tokens


def prepare_picture(pixels: NDArray[np.uint8], max_tiles: int = MAX_TILES, sha256: str = "") -> PicturePatches:
    """Takes a picture in.

    Args:
        pixels: uint8 [height, width, 3], RGB.
        max_tiles: of 448 × 448 pixels, besides the view of the whole; each costs up to 272 tokens.
        sha256: of shape and pixels as `Picture` has it, where it is known already; saves computing it.

    Raises:
        BadInput: no picture, or one too long and thin.
    """
    if pixels.ndim != 3 or pixels.shape[2] != 3 or pixels.dtype != np.uint8:
        raise BadInput("This is not a picture in RGB with 8 bits a channel.", action="Give another one.")
    tiling = tile(pixels.shape[1], pixels.shape[0], max_tiles)
    key = f"{sha256 or Picture(pixels).sha256} {max_tiles}"
    return PicturePatches(pixels, tiling, hashlib.sha256(key.encode()).hexdigest())


@lru_cache(maxsize=1)
def _tiles(patches: PicturePatches) -> NDArray[np.float32]:
    rows, columns = patches.tiling.rows, patches.tiling.columns
    planes = _normalised(_laid_out(patches.pixels, patches.tiling))
    tiles = np.empty((1 + rows * columns, 3, TILE, TILE), np.float32)
    tiles[0] = bicubic.resize(planes, TILE, TILE)
    cut = planes.reshape(3, rows, TILE, columns, TILE).transpose(1, 3, 0, 2, 4)
    tiles[1:].reshape(rows, columns, 3, TILE, TILE)[:] = cut
    return tiles


def _laid_out(pixels: NDArray[np.uint8], tiling: Tiling) -> NDArray[np.uint8]:
    """The picture scaled, on white: uint8, (height, width, 3) of all tiles."""
    scaled = pixels
    if pixels.shape[:2] != (tiling.height, tiling.width):
        image = Image.fromarray(pixels).resize((tiling.width, tiling.height), Image.Resampling.BILINEAR)
        scaled = np.asarray(image)
    if scaled.shape[:2] == tiling.size:
        return scaled
    canvas = np.full((*tiling.size, 3), 255, np.uint8)
    canvas[: tiling.height, : tiling.width] = scaled
    return canvas


def _normalised(pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    """To [0, 1], then by mean 0.5 and deviation 0.5, in float32: (3, height, width)."""
    planes = pixels.transpose(2, 0, 1).astype(np.float32, order="C")
    planes /= np.float32(255)
    planes -= np.float32(0.5)
    planes *= np.float32(2)
    return planes
