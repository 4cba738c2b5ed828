"""The vision tower and the audio encoder with the author's arithmetic: their native layers, called by our own forward.

Each picture and each clip goes through alone, in batches small enough to stop between them. What the author's code
makes of a clip in the company of others is in `request.Company`.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as nn

from assistant.core.cancel import CancelToken
from assistant.engine.phi4.pictures import PicturePatches
from assistant.engine.phi4.request import Company
from assistant.engine.phi4.sound import LogMel

WINDOW = 500
"""Encoder frames (80 ms each) the author's encoder sees at once: longer clips are cut into windows of 40 s."""

_TILES_AT_ONCE = 8
_WINDOWS_AT_ONCE = 4
_CONTEXT = 2
"""Encoder frames computed beyond a window's edges and dropped: the convolutions reach 7 mel frames to each side."""


def see(image_embed: Any, patches: PicturePatches, cancel: CancelToken) -> Tensor:
    """Features of one picture in the author's order: its tiles joined row by row, a separator, the global view.

    Args:
        image_embed: native `Phi4MultimodalImageEmbedding`.

    Returns:
        `[patches.tokens, vision hidden]`.
    """
    tiles, mask = patches.tiles, torch.from_numpy(patches.mask)
    pieces = []
    for start in range(0, len(mask), _TILES_AT_ONCE):
        cancel.check()
        batch = slice(start, start + _TILES_AT_ONCE)
        pieces.append(_see_tiles(image_embed, torch.from_numpy(tiles[batch]), mask[batch]))
    return _in_order(image_embed, torch.cat(pieces), mask, patches.size)


def hear(encoder: Any, sound: LogMel, company: Company, cancel: CancelToken) -> Tensor:
    """Encodes one clip.

    Args:
        encoder: native `Phi4MultimodalAudioModel`.

    Returns:
        `[sound.tokens, audio hidden]`.
    """
    if sound.tokens <= WINDOW:
        return _attend(encoder, _subsample(encoder, sound, company, 0, sound.tokens)[None])[0]
    pieces = []
    for start in range(0, sound.tokens, WINDOW * _WINDOWS_AT_ONCE):
        cancel.check()
        end = min(sound.tokens, start + WINDOW * _WINDOWS_AT_ONCE)
        pieces.append(_hear_windows(encoder, _subsample(encoder, sound, company, start, end), company))
    return torch.cat(pieces)


def _see_tiles(image_embed: Any, tiles: Tensor, mask: Tensor) -> Tensor:
    """`[n, 3, 448, 448]` pixels and their valid patches → `[n, 16, 16, hidden]` features, averaged 2×2."""
    vision = image_embed.img_processor
    weight = vision.embeddings.patch_embedding.weight
    mask = mask.to(weight.device).contiguous()
    rows = vision.embeddings(pixel_values=tiles.to(weight.device, weight.dtype), patch_attention_mask=mask)
    allowed = None if bool(mask.all()) else _additive(mask.flatten(1), rows.dtype)
    for layer in vision.encoder.layers:
        rows = layer(rows, allowed)
    side = mask.shape[1]
    rows = rows.view(len(rows), side, side, -1).permute(0, 3, 1, 2)
    averaged: Tensor = image_embed.image_token_compression(rows).permute(0, 2, 3, 1)
    return averaged


def _additive(valid: Tensor, dtype: torch.dtype) -> Tensor:
    """`[n, keys]` bool → `[n, 1, keys, keys]` to be added to attention scores."""
    n, keys = valid.shape
    scores = torch.zeros(n, 1, 1, keys, dtype=dtype, device=valid.device)
    return scores.masked_fill(~valid[:, None, None, :], torch.finfo(dtype).min).expand(n, 1, keys, keys)


def _in_order(image_embed: Any, features: Tensor, mask: Tensor, size: tuple[int, int]) -> Tensor:
    """`[1 + tiles, 16, 16, hidden]` → the token rows, cut to the picture's valid part ("sub_glb")."""
    crop = image_embed.crop_size
    down, across = size[0] // crop, size[1] // crop
    tiles = features[1 : 1 + down * across]
    joined = _joined(tiles, down, across)
    valid = _joined(mask[1 : 1 + down * across, ::2, ::2], down, across)
    joined = joined[: int(valid[:, 0].sum()), : int(valid[0].sum())]
    separator = image_embed.global_img_feature_extensor[0]
    return torch.cat([_with_row_ends(image_embed, joined), separator, _with_row_ends(image_embed, features[0])])


def _joined(tiles: Tensor, down: int, across: int) -> Tensor:
    """`[down * across, rows, columns, …]` → one grid `[down * rows, across * columns, …]`."""
    grid = tiles.reshape(down, across, *tiles.shape[1:]).transpose(1, 2)
    return grid.flatten(2, 3).flatten(0, 1)


def _with_row_ends(image_embed: Any, grid: Tensor) -> Tensor:
    """`[rows, columns, hidden]` → `[rows * (columns + 1), hidden]`: the learnt row end after each row."""
    ends = image_embed.sub_img_feature_extensor[0].expand(len(grid), 1, -1)
    return torch.cat([grid, ends], dim=1).flatten(0, 1)


def _subsample(encoder: Any, sound: LogMel, company: Company, start: int, end: int) -> Tensor:
    """Encoder frames `start` to `end` of a clip, before attention: `[end - start, hidden]`.

    The convolutions run over these frames and a little around them; over a whole hour they would take gigabytes.
    """
    step = encoder.config.time_reduction
    first = max(0, start - _CONTEXT)
    mel = torch.from_numpy(sound.features[first * step : (end + _CONTEXT) * step])
    if end == sound.tokens:
        mel = nn.pad(mel, (0, 0, 0, company.padding))
    weight = encoder.embed.out.weight
    rows, _ = encoder.embed(encoder.encoder_embedding(mel[None].to(weight.device, weight.dtype)), None)
    kept: Tensor = rows[0, start - first : end - first]
    return kept


def _hear_windows(encoder: Any, rows: Tensor, company: Company) -> Tensor:
    """Frames of one or several whole windows, the last one possibly shorter."""
    whole = len(rows) // WINDOW * WINDOW
    windows, rest = rows[:whole].view(-1, WINDOW, rows.shape[1]), rows[whole:]
    heard = [_attend(encoder, windows).flatten(0, 1)] if whole else []
    if len(rest):
        # A clip alone has no padding mask in the author's code: its last window attends to zeros up to its end.
        padded = nn.pad(rest, (0, 0, 0, WINDOW - len(rest))) if company.alone else rest
        heard.append(_attend(encoder, padded[None])[0, : len(rest)])
    return torch.cat(heard)


def _attend(encoder: Any, windows: Tensor) -> Tensor:
    """The conformer over `[n, frames, hidden]` windows, each to itself.

    WORKAROUND(transformers, 5.17-5.23; no issue known): the native `forward` adds its boolean masks (+1 and 0) to the
    relative bias, so that padding is attended. Nothing is padded here but what the author attends to: the bias is all.
    """
    bias = encoder.relative_attention_bias_layer(windows)
    for layer in encoder.encoders:
        windows = layer(windows, bias)
    return windows
