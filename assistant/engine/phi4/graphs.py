"""Captured steps: on CUDA one graph per bucket of keys, so that a token costs one launch instead of hundreds.

A graph reads fixed addresses. It is thrown away when the cache moved, and each set of weights has its own.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch import Tensor

from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.sampling import Sampler
from assistant.engine.phi4.step import Place, Step

_log = logging.getLogger(__name__)
_WARM_UPS = 2
"""Runs before a capture: libraries choose their kernels and workspaces at the first one."""


class Turn:
    """One step and the choice of the token after it, run operation by operation.

    Args:
        step: what computes the logits.
    """

    def __init__(self, step: Step, sampler: Sampler, place: Place) -> None:
        self.step = step
        self._sampler = sampler
        self._place = place

    @torch.no_grad()
    def __call__(self, decoder: Decoder, bucket: int, top_k: int) -> Tensor:
        """Reads `place.token` in, puts the next token there and moves on; gives the logits that it was chosen from."""
        logits = self.step(decoder, self._place, bucket)
        self._place.token.copy_(self._sampler.choose(logits, top_k))
        self._place.advance()
        return logits

    @torch.no_grad()
    def rehearse(self, decoder: Decoder, bucket: int, top_k: int) -> None:
        """Computes everything and moves nothing on; what it writes, the step itself writes again."""
        self._sampler.choose(self.step(decoder, self._place, bucket), top_k)


class CapturedTurn:
    """The same turn, replayed from CUDA graphs."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._graphs: dict[tuple[int, int, int], tuple[Any, Tensor, Any]] = {}
        self._generation = -1
        self._pool: Any = None
        self._stream: Any = None

    def __call__(self, decoder: Decoder, bucket: int, top_k: int) -> Tensor:
        """As `Turn`; the logits lie in a buffer that the next replay overwrites.

        Raises:
            RuntimeError: the step can't be captured here; nothing was computed that counts.
        """
        graph, logits = self.prepare(decoder, bucket, top_k)
        graph.replay()
        return logits

    def prepare(self, decoder: Decoder, bucket: int, top_k: int) -> tuple[Any, Tensor]:
        """The graph with its logits, captured unless it was.

        Raises:
            RuntimeError: as above.
        """
        if decoder.cache.generation != self._generation:
            # A pool dies with its last graph, so it is forgotten with them.
            self._graphs, self._pool, self._generation = {}, None, decoder.cache.generation
        # The layers' tensors, not the set: a set is refilled in place for another adapter. They stay referenced beside
        # their graph, so that nothing else can take their id.
        layers = decoder.weights.layers
        key = (id(layers), bucket, top_k)
        if key not in self._graphs:
            self._graphs[key] = (*self._capture(decoder, bucket, top_k), layers)
        graph, logits, _ = self._graphs[key]
        return graph, logits

    def _capture(self, decoder: Decoder, bucket: int, top_k: int) -> tuple[Any, Tensor]:
        # One stream for all, the warm-ups too: memory and workspaces are kept for each stream apart.
        self._stream = self._stream or torch.cuda.Stream()  # type: ignore[no-untyped-call]
        self._warm_up(decoder, bucket, top_k)
        graph, before = torch.cuda.CUDAGraph(), torch.cuda.current_stream()
        try:
            # Another thread may be uploading a picture meanwhile: only this thread's calls are held to the rules.
            with torch.cuda.graph(graph, pool=self._pool, stream=self._stream, capture_error_mode="thread_local"):
                logits = self._turn(decoder, bucket, top_k)
        except BaseException:
            # Where ending a broken capture fails, `torch.cuda.graph` leaves its stream as the current one.
            torch.cuda.set_stream(before)
            raise
        self._pool = self._pool or graph.pool()
        _log.debug("captured the step for %d keys", bucket)
        return graph, logits

    def _warm_up(self, decoder: Decoder, bucket: int, top_k: int) -> None:
        self._stream.wait_stream(torch.cuda.current_stream())
        try:
            with torch.cuda.stream(self._stream):
                for _ in range(_WARM_UPS):
                    self._turn.rehearse(decoder, bucket, top_k)
        finally:
            torch.cuda.current_stream().wait_stream(self._stream)
