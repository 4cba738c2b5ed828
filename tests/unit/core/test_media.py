"""Pictures and clips are known by their content."""

from __future__ import annotations

import numpy as np

from assistant.core.media import SAMPLE_RATE, Clip, Picture


def pixels(height: int = 4, width: int = 6) -> np.ndarray:
    return np.arange(height * width * 3, dtype=np.uint8).reshape(height, width, 3)


def test_width_and_height() -> None:
    picture = Picture(pixels(4, 6))
    assert (picture.width, picture.height) == (6, 4)


def test_the_hash_is_of_the_pixels_alone() -> None:
    assert Picture(pixels(), "a", is_screen=True).sha256 == Picture(pixels().copy(), "b").sha256
    changed = pixels()
    changed[0, 0, 0] ^= 1
    assert Picture(changed).sha256 != Picture(pixels()).sha256


def test_the_same_bytes_in_another_shape_are_another_picture() -> None:
    assert Picture(pixels(4, 6)).sha256 != Picture(pixels(6, 4)).sha256


def test_a_view_hashes_like_its_copy() -> None:
    view = pixels()[:, ::-1]
    assert Picture(view).sha256 == Picture(np.ascontiguousarray(view)).sha256 != Picture(pixels()).sha256


def test_a_clip_knows_its_length() -> None:
    assert Clip(np.zeros(SAMPLE_RATE // 2, np.float32)).seconds == 0.5
    assert Clip(np.zeros(0, np.float32)).seconds == 0.0


def test_a_clip_is_known_by_its_samples() -> None:
    samples = np.linspace(-1, 1, 100, dtype=np.float32)
    assert Clip(samples, "a", "/x").sha256 == Clip(samples.copy(), "b").sha256
    assert Clip(samples[::2]).sha256 == Clip(samples[::2].copy()).sha256
    assert Clip(samples[:-1]).sha256 != Clip(samples).sha256
