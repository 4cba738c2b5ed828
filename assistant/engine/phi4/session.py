"""One conversation's KV cache: what it holds, how much of it the next request can keep, and decoding on top of it.

A warm-up reads a request's beginning into the cache while the user speaks; the request itself then computes only what
is new. Follow-ups and regenerations keep their common beginning the same way. Rewinding is exact: positions beyond
the cache's length are never read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import takewhile

import torch
from torch import Tensor

from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput
from assistant.engine.phi4.crossing import side_of, tokens_before
from assistant.engine.phi4.embedding import Embedder
from assistant.engine.phi4.native import Native
from assistant.engine.phi4.parts import Decode, LanguageModel
from assistant.engine.phi4.request import Adapter, Key, Request, Side
from assistant.engine.phi4.sampling import DecodeOptions

CHUNK = 512
"""Positions read in one piece; between two pieces a prefill can be stopped."""

OnToken = Callable[[int], None]
OnLogits = Callable[[Tensor], None]


@dataclass(frozen=True)
class Prefilled:
    """What a prefill did.

    Attributes:
        computed: positions read now.
        cached: positions that were there and could stay.
        done: the whole request is in the cache; False when the time was over first.
    """

    computed: int
    cached: int
    done: bool


@dataclass(frozen=True)
class Generated:
    """An answer.

    Attributes:
        tokens: in order, without the token that ended it.
        ended: by an end token; False when `max_tokens` or the context was used up.
        computed: prompt positions read for it, those of a crossing included.
        cached: prompt positions that were in the cache.
        crossed: whether the answer crossed the long-rope switch, so that everything was read again.
    """

    tokens: tuple[int, ...]
    ended: bool
    prompt_tokens: int
    computed: int
    cached: int
    crossed: bool


@dataclass
class _Held:
    """What the cache holds: its positions' keys, and what they were computed with."""

    keys: list[Key] = field(default_factory=list)
    adapter: Adapter = None
    side: Side = "short"


class Session:
    """Prefill and decode over one cache. Used from one thread.

    After every call, an exception included, the cache holds exactly what the session knows of: a cancelled call
    loses nothing but its own unfinished piece.

    Args:
        decoder: the language model with its cache.
        decode: its decode loop.
        long_early: choose the long factors from the start where prompt and answer together may pass the switch. Saves
            the second reading in mid-answer, and differs from the author's model below the switch.
    """

    def __init__(
        self,
        native: Native,
        decoder: LanguageModel,
        decode: Decode,
        *,
        embedder: Embedder | None = None,
        long_early: bool = False,
    ) -> None:
        self.decoder = decoder
        self.embedder = embedder or Embedder(native, decoder.embed)
        self._decode = decode
        self._long_early = long_early
        self._held = _Held()
        self._switch: int = native.config.original_max_position_embeddings
        self.limit: int = native.config.max_position_embeddings

    @property
    def length(self) -> int:
        """Positions in the cache."""
        return len(self._held.keys)

    def prefill(
        self, request: Request, cancel: CancelToken, seconds: float | None = None, *, expected: int = 0
    ) -> Prefilled:
        """Reads a request, or the beginning of one, into the cache.

        Args:
            seconds: stop between two pieces once so much time is over; call again to go on.
            expected: positions of the prompt that will follow (with `long_early` the answer's too): what is read now is
                turned for as many in all. A wrong guess costs a second reading, never a token.

        Raises:
            BadInput: the request is longer than the model's context.
            Cancelled: the token was set; what was read stays.
        """
        self._check(request)
        cached = self._keep(request, side_of(len(request) + expected, self._switch))
        deadline = None if seconds is None else time.monotonic() + seconds
        self._read(request, cancel, deadline)
        return Prefilled(self.length - cached, cached, self.length == len(request))

    def generate(
        self,
        request: Request,
        options: DecodeOptions,
        on_token: OnToken,
        cancel: CancelToken,
        *,
        on_logits: OnLogits | None = None,
    ) -> Generated:
        """Answers a request, token by token.

        Args:
            on_token: called with each token of the answer.
            on_logits: called with the float32 logits `[vocab]` that each token is chosen from, for measuring; it
                makes decoding wait for each token.

        Raises:
            BadInput: the request leaves no room for an answer in the model's context.
            Cancelled: the token was set; prompt and answer so far stay in the cache.
        """
        self._check(request)
        most = min(options.max_tokens, self.limit - len(request))
        logits, computed, cached = self._logits(request, self._side(len(request), most), cancel)
        answer: list[int] = []
        crossed = ended = False
        while True:
            room = tokens_before(self.length, self._held.side, self._switch)
            ask = most - len(answer) if room is None else min(room, most - len(answer))
            part, ended = self._run(logits, replace(options, max_tokens=ask), on_token, cancel, on_logits)
            answer += part
            if ended or len(answer) == most:
                break
            logits, again, _ = self._logits(request.followed_by(answer), "long", cancel)
            computed, crossed = computed + again, True
        return Generated(tuple(answer), ended, len(request), computed, cached, crossed)

    def logits(self, request: Request, cancel: CancelToken) -> Tensor:
        """Logits `[vocab]`, float32, after a request's last position."""
        self._check(request)
        return self._logits(request, side_of(len(request), self._switch), cancel)[0]

    def rewind(self, length: int) -> None:
        """Forgets the positions from `length` on."""
        self.decoder.cache.rewind(length)
        del self._held.keys[length:]

    def common(self, request: Request) -> int:
        """How many of a request's first positions the cache holds, apart from adapter and side."""
        pairs = zip(self._held.keys, request.keys, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))

    def _check(self, request: Request) -> None:
        if not len(request):
            raise BadInput("There is nothing to answer.")
        if len(request) >= self.limit:
            raise BadInput(
                f"This conversation has {len(request):,} tokens, and the model takes at most {self.limit:,}.",
                kept="The conversation is kept as it is.",
                action="Ask in a new conversation, or with fewer or smaller pictures and recordings.",
            )

    def _side(self, prompt: int, answer: int) -> Side:
        return side_of(prompt + (answer if self._long_early else 0), self._switch)

    def _keep(self, request: Request, side: Side, leave: int = 0) -> int:
        """Rewinds to what the request has in common with the cache, short of its last `leave` positions."""
        held = self._held
        same = held.adapter == request.adapter and held.side == side
        common = min(self.common(request), len(request) - leave) if same else 0
        self.rewind(common)
        held.adapter, held.side = request.adapter, side
        self.decoder.use(request.adapter)
        return common

    def _logits(self, request: Request, side: Side, cancel: CancelToken) -> tuple[Tensor, int, int]:
        """Logits after the request, with the positions that were computed and that were cached."""
        cached = self._keep(request, side, leave=1)
        logits = self._read(request, cancel, None)
        assert logits is not None
        return logits, len(request) - cached, cached

    @torch.no_grad()
    def _read(self, request: Request, cancel: CancelToken, deadline: float | None) -> Tensor | None:
        """Reads what the cache lacks of a request; the last piece's logits, or None when nothing was read."""
        logits = None
        self.decoder.reserve(len(request))
        while self.length < len(request) and (deadline is None or time.monotonic() < deadline):
            cancel.check()
            start, end = self.length, min(self.length + CHUNK, len(request))
            rows = self.embedder.embed(request, start, end, cancel)
            logits = self.decoder.prefill(rows, self._held.side)
            self._held.keys += request.keys[start:end]
        return logits

    def _run(
        self,
        logits: Tensor,
        options: DecodeOptions,
        on_token: OnToken,
        cancel: CancelToken,
        on_logits: OnLogits | None,
    ) -> tuple[list[int], bool]:
        """Decodes on one side of the switch; says whether an end token came."""
        heard: list[int] = []

        def hear(token: int) -> None:
            heard.append(token)
            on_token(token)

        try:
            tokens = self._decode.run(logits, self._held.side, options, hear, cancel, on_logits=on_logits)
        finally:
            self._settle(heard)
        return heard, len(tokens) > len(heard)

    def _settle(self, tokens: list[int]) -> None:
        """After decoding, ended or broken off: the cache keeps what was fed of the tokens that are known."""
        held = self._held
        held.keys += tokens
        length = min(self.decoder.cache.length, len(held.keys))
        self.rewind(length)
