"""The decode loop: one token after the other, as fast as the memory lets it.

On CUDA the next step is launched before the last one's token is read, so the device never waits for the host; the
price is one step past the end of an answer. Ends and cancelling are seen one token late, and nothing of that token
counts.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import TypeVar

import torch
from torch import Tensor

from assistant.core.cancel import CancelToken
from assistant.engine.phi4.adapters import Side
from assistant.engine.phi4.decoder import Decoder
from assistant.engine.phi4.faults import is_out_of_memory
from assistant.engine.phi4.graphs import CapturedTurn, Turn
from assistant.engine.phi4.readback import DirectReadback, PinnedReadback, Readback
from assistant.engine.phi4.sampling import DecodeOptions, Sampler, drawn_from
from assistant.engine.phi4.step import Place, bucket_of
from assistant.engine.phi4.steps import StepKind, step_of

__all__ = ["DecodeLoop", "DecodeOptions", "StepKind"]

_T = TypeVar("_T")
_AHEAD = 512
"""Tokens that room is made for at once."""


class DecodeLoop:
    """Decodes on one decoder's cache. Used from one thread.

    Args:
        captured: whether to replay CUDA graphs; by default on a single CUDA device.
        notice: told in plain words when something faster didn't work here.
    """

    def __init__(
        self,
        decoder: Decoder,
        *,
        step: StepKind = "auto",
        captured: bool | None = None,
        notice: Callable[[str], None] = lambda _text: None,
    ) -> None:
        device = self._device = decoder.weights.device
        alone = all(place == device for place in decoder.weights.devices())
        self._decoder = decoder
        self._notice = notice
        self._sampler = Sampler(decoder.sizes.vocab, device)
        self._place = Place.on(device)
        self._captured: CapturedTurn | None = None
        with self._current():
            self._turn = Turn(step_of(step, decoder, notice), self._sampler, self._place)
            if captured if captured is not None else device.type == "cuda" and alone:
                self._captured = CapturedTurn(self._turn)
            self._tokens: Readback = PinnedReadback() if device.type == "cuda" else DirectReadback()

    def run(
        self,
        first_logits: Tensor,
        side: Side,
        options: DecodeOptions,
        on_token: Callable[[int], None],
        cancel: CancelToken,
        *,
        on_logits: Callable[[Tensor], None] | None = None,
    ) -> list[int]:
        """Answers from the cache's end on.

        Args:
            first_logits: of the prompt's last token, float32 `[vocab]`.
            on_token: called with each token but one that ends the answer.
            on_logits: called with a copy of the logits that each token is chosen from; nothing runs ahead then.

        Returns:
            The tokens, the ending one included. The cache holds all of them but the last.

        Raises:
            Cancelled: within two tokens; the cache then holds every token that `on_token` got, but the last.
        """
        with self._current():
            return self._run(first_logits, side, options, on_token, cancel, on_logits)

    def _run(
        self,
        first_logits: Tensor,
        side: Side,
        options: DecodeOptions,
        on_token: Callable[[int], None],
        cancel: CancelToken,
        on_logits: Callable[[Tensor], None] | None,
    ) -> list[int]:
        decoder, start, top_k = self._decoder, self._decoder.cache.length, drawn_from(options)
        self._begin(first_logits, side, options)
        if on_logits:
            on_logits(first_logits.clone())
        ahead = self._tokens.late and not on_logits
        tokens: list[int] = []
        while len(tokens) < options.max_tokens:
            more = len(tokens) + 1 < options.max_tokens
            if more and ahead:
                self._advance(len(tokens), start, side, top_k)
            token = self._tokens.read()
            tokens.append(token)
            decoder.cache.length = start + len(tokens) - 1
            if token in options.eos:
                break
            on_token(token)
            cancel.check()
            if more and not ahead:
                logits = self._advance(len(tokens) - 1, start, side, top_k)
                if on_logits:
                    on_logits(logits.clone())
        return tokens

    @torch.no_grad()
    def _begin(self, first_logits: Tensor, side: Side, options: DecodeOptions) -> None:
        self._sampler.prepare(options)
        self._reserve(1)
        self._place.set(self._sampler.choose(first_logits, drawn_from(options)), self._decoder, side)
        self._tokens.clear()
        self._tokens.push(self._place.token)

    @torch.no_grad()
    def step_logits(self, token: int, side: Side) -> Tensor:
        """Feeds a given token through the same step that answers are made with; float32 `[vocab]` after it."""
        decoder = self._decoder
        self._reserve(1)
        self._place.set(token, decoder, side)
        with self._current():
            logits = self._turned(bucket_of(decoder, 1), 0).clone()
        decoder.cache.length += 1
        return logits

    @torch.no_grad()
    def rehearse(self, follows: int, side: Side, top_k: int) -> None:
        """Makes an answer's first step ready: captured, where that can be. Nothing is kept.

        Args:
            follows: tokens that will be in the cache before the answer begins, beside those that are.
        """
        self._reserve(follows + 1)
        self._place.set(0, self._decoder, side)
        bucket = bucket_of(self._decoder, follows + 1)
        with self._current():
            self._captured_or(lambda captured: captured.prepare(self._decoder, bucket, top_k))

    def forget(self) -> None:
        """Gives the captured steps' memory back; they are captured again when they are needed."""
        if self._captured:
            self._captured = CapturedTurn(self._turn)

    def _advance(self, fed: int, start: int, side: Side, top_k: int) -> Tensor:
        """Feeds the answer's token number `fed`; what the step before fed counts as kept from now on."""
        self._decoder.cache.length = start + fed
        if self._reserve(1):
            self._place.row.fill_(self._decoder.rope.row(start + fed, side))
        logits = self._turned(bucket_of(self._decoder, 1), top_k)
        self._tokens.push(self._place.token)
        return logits

    def _reserve(self, tokens: int) -> bool:
        """Makes room for more tokens, some ahead; says whether anything moved."""
        cache = self._decoder.cache
        if cache.length + tokens <= cache.capacity:
            return False
        self._decoder.reserve(cache.length + max(tokens, _AHEAD))
        return True

    def _turned(self, bucket: int, top_k: int) -> Tensor:
        logits = self._captured_or(lambda captured: captured(self._decoder, bucket, top_k))
        return self._turn(self._decoder, bucket, top_k) if logits is None else logits

    def _captured_or(self, use: Callable[[CapturedTurn], _T]) -> _T | None:
        """What `use` makes of the captured steps; None where there are none, or none any more."""
        if self._captured is None:
            return None
        try:
            return use(self._captured)
        except RuntimeError as error:
            # Memory that ran out says nothing of capturing: whoever asked has more to give up.
            if is_out_of_memory(error) or (error.__context__ and is_out_of_memory(error.__context__)):
                raise
            self._captured = None
            self._notice(f"Decoding runs slower than it could: it can't be captured here ({_first_line(error)}).")
            return None

    def _current(self) -> AbstractContextManager[object]:
        """Streams, events and Triton's launches are the *current* device's, which may be another GPU."""
        return torch.cuda.device(self._device) if self._device.type == "cuda" else nullcontext()


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__
