"""How fast one answer is decoded: by the model card's own `generate()`, and by ours, from the same context."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from assistant.core.cancel import CancelToken
from assistant.engine.phi4.adapters import Side
from assistant.engine.phi4.decode import DecodeLoop, DecodeOptions
from assistant.engine.phi4.decoder import Decoder

_CHUNK = 512
_SETTLED = 4
"""Tokens left out at an answer's start: the first step of a bucket is captured in them."""
SIDE: Side = "short"


@dataclass
class Pace:
    """Runs of one case.

    Attributes:
        per_token: seconds a token, one number a run.
        gaps: seconds between two tokens, of all runs.
    """

    per_token: list[float] = field(default_factory=list)
    gaps: list[float] = field(default_factory=list)

    @property
    def tokens_per_s(self) -> float:
        return 1 / statistics.median(self.per_token)

    def gap_ms(self, percent: int) -> float:
        """A percentile of the time between two tokens."""
        ordered = sorted(self.gaps)
        return 1000 * ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


class Ours:
    """Our decode loop from a context of random rows, which is read in once and kept.

    Args:
        tokens: of each answer.
    """

    def __init__(self, decoder: Decoder, loop: DecodeLoop, context: int, tokens: int) -> None:
        self.decoder, self.loop, self.context, self.tokens = decoder, loop, context, tokens
        self._options = DecodeOptions(tokens, suppress=(), eos=())
        self._first = fill(decoder, context)
        self.pace = Pace()

    def run(self, *, count: bool = True) -> None:
        """One answer; a warm-up isn't counted."""
        self.decoder.cache.rewind(self.context)
        times: list[float] = []
        listen: Callable[[int], None] = lambda _token: times.append(time.perf_counter())  # noqa: E731
        self.loop.run(self._first, SIDE, self._options, listen, CancelToken())
        if count:
            kept = times[_SETTLED:]
            self.pace.gaps += [later - sooner for sooner, later in pairwise(kept)]
            self.pace.per_token.append((kept[-1] - kept[0]) / (len(kept) - 1))


class Card:
    """`generate()` as the model card calls it: greedy, dynamic cache, the adapter on through peft.

    The time of a token is that of an answer less that of its first token, which holds the prefill.
    """

    def __init__(self, model: Any, vocab: int, context: int, tokens: int) -> None:
        self._model, self._tokens = model, tokens
        self._ids = torch.randint(3, min(vocab, 199_000), (1, context), device=model.device)
        self.pace = Pace()

    def run(self, *, count: bool = True) -> None:
        first, whole = self._seconds(1), self._seconds(self._tokens)
        if count:
            self.pace.per_token.append((whole - first) / (self._tokens - 1))

    def _seconds(self, tokens: int) -> float:
        synchronise(self._ids.device)
        started = time.perf_counter()
        self._model.generate(
            input_ids=self._ids, attention_mask=torch.ones_like(self._ids), max_new_tokens=tokens,
            min_new_tokens=tokens, do_sample=False, eos_token_id=None, pad_token_id=0,
        )  # fmt: skip
        synchronise(self._ids.device)
        return time.perf_counter() - started


def interleave(cases: list[Ours | Card], runs: int) -> None:
    """One warm-up of each, then all of them in turn, so that a drifting machine hits all alike."""
    for case in cases:
        case.run(count=False)
    for _ in range(runs):
        for case in cases:
            case.run()


def fill(decoder: Decoder, context: int) -> Tensor:
    """Reads random rows in until the cache holds `context` tokens; the last one's logits."""
    decoder.cache.rewind(0)
    generator = torch.Generator().manual_seed(context)
    vocab = min(decoder.sizes.vocab, 199_000)
    tokens = torch.randint(3, vocab, (context,), generator=generator).tolist()
    logits = torch.empty(0)
    for start in range(0, context, _CHUNK):
        logits = decoder.prefill(decoder.embed(tokens[start : start + _CHUNK]), SIDE)
    return logits


def prefill_rate(decoder: Decoder, context: int, runs: int) -> float:
    """Tokens a second that a prompt is read in at, in the session's pieces."""
    seconds = []
    for _ in range(runs + 1):
        synchronise(decoder.weights.device)
        started = time.perf_counter()
        fill(decoder, context)
        synchronise(decoder.weights.device)
        seconds.append(time.perf_counter() - started)
    return context / statistics.median(seconds[1:])


@torch.no_grad()
def agreement(fast: DecodeLoop, decoder: Decoder, plain: Decoder, context: int, tokens: int) -> tuple[float, float]:
    """Teacher-forced: both get the same random tokens after the same context.

    Args:
        plain: the reference arithmetic on the same weights, uncaptured.

    Returns:
        The share of equal greedy choices, and the largest logit difference over the largest logit.
    """
    fill(decoder, context)
    # The same keys and values, so that what differs is the step alone.
    plain.reserve(context + tokens)
    for ours, theirs in zip(decoder.cache.layers, plain.cache.layers, strict=True):
        theirs[:, :, :context] = ours[:, :, :context]
    plain.cache.length = context
    fed = torch.randint(3, min(decoder.sizes.vocab, 199_000), (tokens,)).tolist()
    equal, worst = 0, 0.0
    for token in fed:
        ours, theirs = fast.step_logits(token, SIDE), plain.step(token, SIDE)
        equal += int(ours.argmax() == theirs.argmax())
        worst = max(worst, float((ours - theirs).abs().max() / theirs.abs().max()))
    return equal / tokens, worst


def synchronise(device: torch.device) -> None:
    """Waits for everything queued on a CUDA device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
