"""Pixels against the fingerprints of the author's tensors, and the scaling against torch."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.errors import BadInput
from assistant.engine.phi4 import bicubic
from assistant.engine.phi4.pictures import PicturePatches, prepare_picture, token_count
from tests.helpers.golden import Case, Golden

WITH_PICTURES = [
    "image_padded",
    "image_tile",
    "image_grid",
    "image_wide",
    "image_tall",
    "image_two",
    "image_audio",
    "image_audio_system",
    "turn2_image",
    "turn3_audio",
]


def batch(pictures: list[PicturePatches]) -> tuple[np.ndarray, np.ndarray]:
    """Tiles and masks as the author's batch holds them: the smaller pictures filled up with zeros and ones."""
    most = max(len(picture.mask) for picture in pictures)
    tiles = np.zeros((len(pictures), most, 3, 448, 448), np.float32)
    masks = np.ones((len(pictures), most, 32, 32), bool)
    for index, picture in enumerate(pictures):
        tiles[index, : len(picture.mask)] = picture.tiles
        masks[index, : len(picture.mask)] = picture.mask
    return tiles, masks


@pytest.mark.parametrize("name", WITH_PICTURES)
def test_the_authors_tensors(golden: Golden, name: str) -> None:
    case: Case = golden.cases[name]
    pictures = [prepare_picture(pixels) for pixels in case.pictures]
    tiles, masks = batch(pictures)
    assert tiles.dtype == np.float32
    assert case.tensor("image_pixel_values").difference(tiles) <= 1e-7
    assert case.tensor("image_attention_mask").difference(masks) == 0
    assert [picture.tokens for picture in pictures] == case.data["image_tokens"]
    assert [list(picture.size) for picture in pictures] == case.data["image_sizes_scaled"]


def test_every_case_with_pictures_is_here(golden: Golden) -> None:
    assert [name for name, case in golden.cases.items() if case.data["images"]] == WITH_PICTURES


@pytest.mark.parametrize("size", [(448, 448), (896, 1344), (1344, 448), (448, 2240), (2688, 2688)])
def test_bicubic_is_torchs(size: tuple[int, int]) -> None:
    torch = pytest.importorskip("torch")
    planes = np.random.default_rng(1).uniform(-1, 1, (3, *size)).astype(np.float32)
    expected = torch.nn.functional.interpolate(torch.from_numpy(planes)[None], size=(448, 448), mode="bicubic")[0]
    assert np.abs(bicubic.resize(planes, 448, 448) - expected.numpy()).max() <= 1e-6


def test_bicubic_leaves_a_picture_of_the_same_size_alone() -> None:
    planes = np.random.default_rng(2).uniform(-1, 1, (3, 64, 80)).astype(np.float32)
    assert np.array_equal(bicubic.resize(planes, 64, 80), planes)


@settings(max_examples=25, deadline=None)
@given(st.integers(1, 700), st.integers(1, 700), st.integers(1, 6), st.integers(0, 2**32))
def test_what_any_picture_becomes(width: int, height: int, most: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    try:
        tokens = token_count(width, height, most)
    except BadInput:
        with pytest.raises(BadInput):
            prepare_picture(pixels, most)
        return
    patches = prepare_picture(pixels, most)
    tiles, mask = patches.tiles, patches.mask
    rows, columns = (side // 448 for side in patches.size)
    assert tiles.shape == (1 + rows * columns, 3, 448, 448) and mask.shape == (1 + rows * columns, 32, 32)
    assert tiles[1:].min() >= -1 and tiles[1:].max() <= 1
    assert np.abs(tiles[0]).max() <= 1.9  # bicubic swings over, by its kernel's weights at most
    assert mask[0].all()
    joined = mask[1:].reshape(rows, columns, 32, 32).transpose(0, 2, 1, 3).reshape(rows * 32, columns * 32)[::2, ::2]
    assert tokens == patches.tokens == 256 + 17 + joined.sum() + joined[:, 0].sum()
    white = ~np.repeat(np.repeat(mask, 14, 1), 14, 2)
    assert (tiles.transpose(0, 2, 3, 1)[white] == 1).all()


def test_tiles_show_their_part_of_the_picture() -> None:
    """Four quarters of one colour each: tile k holds colour k."""
    pixels = np.zeros((896, 896, 3), np.uint8)
    pixels[:448, 448:], pixels[448:, :448], pixels[448:, 448:] = 50, 100, 150
    tiles = prepare_picture(pixels).tiles
    assert [float(tile.mean()) for tile in tiles[1:]] == pytest.approx([k * 100 / 255 - 1 for k in range(4)], abs=1e-6)


def test_the_key_is_of_the_pixels_and_the_number_of_tiles() -> None:
    pixels = np.zeros((100, 200, 3), np.uint8)
    other = pixels.copy()
    other[50, 50] = 1
    key = prepare_picture(pixels, 12).sha256
    assert key == prepare_picture(pixels.copy(), 12).sha256
    assert len({key, prepare_picture(other, 12).sha256, prepare_picture(pixels, 36).sha256}) == 3
    assert prepare_picture(pixels.reshape(200, 100, 3), 12).sha256 != key


def test_pixels_that_lie_apart_in_memory() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (300, 500, 3), np.uint8)
    apart = np.empty((300, 500, 4), np.uint8)
    apart[..., :3] = pixels
    assert np.array_equal(prepare_picture(apart[..., :3]).tiles, prepare_picture(pixels).tiles)


@pytest.mark.parametrize("shape", [(10, 10), (10, 10, 4), (10, 10, 1)])
def test_other_arrays_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match="RGB"):
        prepare_picture(np.zeros(shape, np.uint8))


def test_other_types_are_refused() -> None:
    with pytest.raises(BadInput, match="8 bits"):
        prepare_picture(np.zeros((20, 20, 3), np.float32))  # type: ignore[arg-type]
