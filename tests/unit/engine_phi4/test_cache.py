"""The key-value cache: room in whole buckets, kept content, exact rewinding."""

from __future__ import annotations

import pytest
import torch

from assistant.engine.phi4.cache import BUCKET, KvCache, in_buckets
from assistant.engine.phi4.dimensions import Dimensions

_SIZES = Dimensions(
    layers=3, hidden=24, intermediate=48, vocab=64, heads=4, kv_heads=2, head=6, rotary=4, eps=1e-5, switch=32
)


@pytest.fixture
def cache() -> KvCache:
    made = KvCache(_SIZES, 10, [torch.device("cpu")] * 3, torch.float32)
    for layer in made.layers:
        layer[:, :, :7] = torch.randn(2, 2, 7, 6)
    made.length = 7
    return made


def test_growing_keeps_the_tokens_and_says_that_addresses_changed(cache: KvCache) -> None:
    kept = [layer[:, :, :7].clone() for layer in cache.layers]
    before = cache.generation
    cache.reserve(BUCKET)
    assert cache.capacity == BUCKET and cache.generation == before
    cache.reserve(BUCKET + 1)
    assert cache.capacity == 2 * BUCKET and cache.generation > before
    assert all(torch.equal(layer[:, :, :7], old) for layer, old in zip(cache.layers, kept, strict=True))
    cache.shrink()
    assert cache.capacity == BUCKET
    assert all(torch.equal(layer[:, :, :7], old) for layer, old in zip(cache.layers, kept, strict=True))


def test_out_of_memory_in_mid_growth_loses_nothing(cache: KvCache, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [layer[:, :, :7].clone() for layer in cache.layers]
    made, empty = [0], cache._empty

    def failing(tokens: int, device: torch.device) -> torch.Tensor:
        made[0] += 1
        if made[0] == 2:
            raise torch.OutOfMemoryError
        return empty(tokens, device)

    monkeypatch.setattr(cache, "_empty", failing)
    with pytest.raises(torch.OutOfMemoryError):
        cache.reserve(3 * BUCKET)
    assert cache.capacity == BUCKET and cache.length == 7
    assert cache.layers[0].shape[2] == 3 * BUCKET, "the first layer had grown"
    assert all(torch.equal(layer[:, :, :7], old) for layer, old in zip(cache.layers, kept, strict=True))
    cache.shrink()
    assert [layer.shape[2] for layer in cache.layers] == [BUCKET] * 3, "what it took is given back"
    assert all(torch.equal(layer[:, :, :7], old) for layer, old in zip(cache.layers, kept, strict=True))
    cache.reserve(3 * BUCKET)
    assert cache.capacity == 3 * BUCKET


def test_rewinding_goes_back_only(cache: KvCache) -> None:
    cache.rewind(3)
    assert cache.length == 3
    for wrong in (-1, 4):
        with pytest.raises(ValueError, match="rewind"):
            cache.rewind(wrong)


@pytest.mark.parametrize(("tokens", "rows"), [(0, BUCKET), (1, BUCKET), (BUCKET, BUCKET), (BUCKET + 1, 2 * BUCKET)])
def test_whole_buckets(tokens: int, rows: int) -> None:
    assert in_buckets(tokens) == rows
