"""Pictures and sounds through their towers: alone as in company, in windows as whole, eager as SDPA."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from assistant.core.cancel import CancelToken
from assistant.engine.phi4 import towers
from assistant.engine.phi4.embedding import embed_medium
from assistant.engine.phi4.native import Native, load_native
from assistant.engine.phi4.request import REACH, Company, Placed
from assistant.engine.phi4.sound import LogMel
from tests.engine.phi4.sessions import noise, picture, relative, request

_NO = CancelToken()


@torch.no_grad()
def together(encoder: Any, clips: list[LogMel]) -> list[Tensor]:
    """The author's batch: log-mels padded with 0 to the longest, and the padding masked as keys by a large negative
    number. It is the native forward with its masks made additive."""
    longest = max(len(clip.features) for clip in clips)
    mel = torch.stack([torch.from_numpy(np.pad(c.features, ((0, longest - len(c.features)), (0, 0)))) for c in clips])
    valid = torch.stack([torch.arange(longest) < len(clip.features) for clip in clips])
    rows, keys = encoder.embed(encoder.encoder_embedding(mel), valid)
    windows = _windows(rows, 0.0) if rows.shape[1] > towers.WINDOW else rows
    seen = _windows(keys[:, 0, :, None].float(), 0.0)[..., 0] if rows.shape[1] > towers.WINDOW else keys[:, 0].float()
    bias = encoder.relative_attention_bias_layer(windows) + (1 - seen)[:, None, None] * -1e9
    for layer in encoder.encoders:
        windows = layer(windows, bias)
    heard = windows.reshape(len(clips), -1, windows.shape[-1])
    return [each[: clip.tokens] for each, clip in zip(heard, clips, strict=True)]


def _windows(rows: Tensor, fill: float) -> Tensor:
    """`[n, frames, …]` → `[n * windows, 500, …]`, the last one filled up."""
    missing = -rows.shape[1] % towers.WINDOW
    return torch.nn.functional.pad(rows, (0, 0, 0, missing), value=fill).reshape(-1, towers.WINDOW, rows.shape[-1])


@torch.no_grad()
def _alone(native: Native, clips: list[LogMel]) -> list[Tensor]:
    encoder = native.model.model.embed_tokens_extend.audio_embed.encoder
    placed = request(*clips, adapter="speech").media
    return [towers.hear(encoder, each.medium, each.company or Company(), _NO) for each in placed]


@given(st.lists(st.integers(400, 40_000), min_size=2, max_size=4))
@settings(max_examples=25, deadline=None)
def test_clips_of_unequal_length_alone_are_as_together(loaded: Native, samples: list[int]) -> None:
    clips = [noise(length / 16_000, seed) for seed, length in enumerate(samples)]
    encoder = loaded.model.model.embed_tokens_extend.audio_embed.encoder
    for ours, theirs in zip(_alone(loaded, clips), together(encoder, clips), strict=True):
        assert relative(ours, theirs) < 2e-5


def test_a_long_clip_in_company_too(loaded: Native) -> None:
    clips = [noise(3.0), noise(47.3, 1), noise(41.0, 2)]
    encoder = loaded.model.model.embed_tokens_extend.audio_embed.encoder
    for ours, theirs in zip(_alone(loaded, clips), together(encoder, clips), strict=True):
        assert relative(ours, theirs) < 2e-5


def test_company_matters_to_the_end_of_a_clip(loaded: Native) -> None:
    """Else `Company` would be in the keys for nothing."""
    clip = noise(1.5)
    lone, padded = _alone(loaded, [clip])[0], _alone(loaded, [clip, noise(3.0)])[0]
    assert relative(padded, lone) > 1e-3


@given(st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=10, deadline=None)
def test_more_padding_than_the_convolutions_reach_changes_nothing(loaded: Native, tokens: int, extra: int) -> None:
    clip = noise(0.08 * tokens + 0.025)
    encoder = loaded.model.model.embed_tokens_extend.audio_embed.encoder
    with torch.no_grad():
        far = towers.hear(encoder, clip, Company(False, REACH + extra), _NO)
        near = towers.hear(encoder, clip, Company(False, REACH), _NO)
    assert relative(near, far) < 1e-6


@pytest.mark.parametrize("seconds", [39.9, 40.0, 40.1, 47.3, 80.0, 200.0])
def test_a_long_clip_in_pieces_is_as_the_author_hears_it_whole(loaded: Native, seconds: float) -> None:
    """Alone, the author's last window is filled up with zeros that it attends to."""
    clip = noise(seconds)
    encoder = loaded.model.model.embed_tokens_extend.audio_embed.encoder
    with torch.no_grad():
        rows, _ = encoder.embed(encoder.encoder_embedding(torch.from_numpy(clip.features)[None]), None)
        windows = _windows(rows, 0.0) if rows.shape[1] > towers.WINDOW else rows
        bias = encoder.relative_attention_bias_layer(windows)
        for layer in encoder.encoders:
            windows = layer(windows, bias)
    whole = windows.reshape(-1, windows.shape[-1])[: clip.tokens]
    assert relative(_alone(loaded, [clip])[0], whole) < 2e-5


@pytest.mark.parametrize("size", [(448, 448), (640, 480), (90, 700), (1400, 300)])
def test_attention_kinds_agree_and_counts_are_kept(folder: Any, loaded: Native, size: tuple[int, int]) -> None:
    eager = load_native(folder, "cpu", torch.float32, attention="eager")
    asked = request(picture(*size), noise(0.7), adapter="vision")
    for placed in asked.media:
        rows = [_embedded(native, placed) for native in (loaded, eager)]
        assert rows[0].shape == (placed.medium.tokens, loaded.config.hidden_size)
        assert relative(rows[0], rows[1]) < 1e-5


def test_the_projection_is_the_requests(loaded: Native) -> None:
    placed = request(noise(0.7), adapter="speech").media[0]
    speech, vision = (
        embed_medium(loaded.model.model.embed_tokens_extend, placed, p, _NO) for p in ("speech", "vision")
    )
    assert relative(speech, vision) > 0.05


def _embedded(native: Native, placed: Placed) -> Tensor:
    return embed_medium(native.model.model.embed_tokens_extend, placed, "vision", _NO)
