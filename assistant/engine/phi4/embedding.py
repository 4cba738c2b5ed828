"""The embedding step: rows for any slice of a request, media through their towers once and kept by their hashes.

WORKAROUND(transformers, 5.17-5.23; no issue known): the native feature embedding chooses the audio projection by
whether pixels are in *this* call; the author's rule is the conversation's. And `generate()` feeds the media again at
every step, where a generated placeholder crashes it. So media are embedded here, by the request's projection, once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as nn

from assistant.core.cancel import CancelToken
from assistant.engine.phi4.native import Native
from assistant.engine.phi4.request import Company, Placed, Projection, Request
from assistant.engine.phi4.sound import LogMel
from assistant.engine.phi4.towers import hear, see

EmbedTokens = Callable[[list[int]], Tensor]
"""Token ids → `[n, hidden]`."""

MEDIA_BYTES = 256 * 2**20
"""Embeddings kept for reuse: about twenty 1080p screens in bf16, beside whatever a single request needs."""

_MediaKey = tuple[str, Projection | None, Company | None]


class Embedder:
    """Embeds requests of one loaded model.

    Args:
        tokens: the language model's own table (an int8 one where it is quantised).
        limit: bytes of media embeddings to keep; the medium used longest ago goes first.
    """

    def __init__(self, native: Native, tokens: EmbedTokens, limit: int = MEDIA_BYTES) -> None:
        self._extend = native.model.model.embed_tokens_extend
        self._tokens = tokens
        self._limit = limit
        self._kept: OrderedDict[_MediaKey, Tensor] = OrderedDict()

    @torch.no_grad()
    def embed(self, request: Request, start: int, end: int, cancel: CancelToken) -> Tensor:
        """Rows `[end - start, hidden]` of the positions `start` to `end`.

        Raises:
            Cancelled: the token was set; media that are done are kept.
        """
        rows = self._tokens([key if isinstance(key, int) else 0 for key in request.keys[start:end]])
        for placed in request.media:
            first, last = max(start, placed.start), min(end, placed.start + placed.medium.tokens)
            if first < last:
                medium = self._medium(placed, request.projection, cancel)
                rows[first - start : last - start] = medium[first - placed.start : last - placed.start].to(rows)
        return rows

    def forget(self) -> None:
        """Gives the kept embeddings' memory back."""
        self._kept.clear()

    def kept_bytes(self) -> int:
        return sum(rows.numel() * rows.element_size() for rows in self._kept.values())

    def _medium(self, placed: Placed, projection: Projection, cancel: CancelToken) -> Tensor:
        key = (placed.medium.sha256, projection if placed.company else None, placed.company)
        if key not in self._kept:
            self._keep(key, embed_medium(self._extend, placed, projection, cancel))
        self._kept.move_to_end(key)
        return self._kept[key]

    def _keep(self, key: _MediaKey, rows: Tensor) -> None:
        self._kept[key] = rows
        while len(self._kept) > 1 and self.kept_bytes() > self._limit:
            self._kept.popitem(last=False)


@torch.no_grad()
def embed_medium(extend: Any, placed: Placed, projection: Projection, cancel: CancelToken) -> Tensor:
    """One picture or clip as rows `[tokens, hidden]` of the language model.

    Args:
        extend: native `Phi4MultimodalFeatureEmbedding`.
        projection: of a clip; a picture has but one.
    """
    medium = placed.medium
    if isinstance(medium, LogMel):
        audio = extend.audio_embed
        rows = hear(audio.encoder, medium, placed.company or Company(), cancel)
        kind = "speech" if projection == "speech" else "vision_speech"
        return _project(rows, getattr(audio, f"up_proj_for_{kind}"), getattr(audio, f"down_proj_for_{kind}"))
    image = extend.image_embed
    return _project(see(image, medium, cancel), image.img_projection_up, image.img_projection_down)


def _project(rows: Tensor, up: Any, down: Any) -> Tensor:
    projected: Tensor = down(nn.gelu(up(rows)))
    return projected
