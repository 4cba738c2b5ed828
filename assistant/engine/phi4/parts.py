"""What a session needs of the language model and its decode loop: the reference can stand in for the fast one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from torch import Tensor

from assistant.core.cancel import CancelToken
from assistant.engine.phi4.request import Adapter, Side
from assistant.engine.phi4.sampling import DecodeOptions


class Cache(Protocol):
    """Keys and values of one conversation."""

    @property
    def length(self) -> int: ...

    def rewind(self, length: int) -> None:
        """Forgets everything from `length` on."""
        ...

    def shrink(self) -> None:
        """Gives back the memory beyond what it holds."""
        ...


class LanguageModel(Protocol):
    """`decoder.Decoder`, or the reference in `native_decoder.py`."""

    @property
    def cache(self) -> Cache: ...

    def use(self, adapter: Adapter) -> None: ...

    def reserve(self, tokens: int) -> None: ...

    def embed(self, tokens: list[int]) -> Tensor: ...

    def prefill(self, embeds: Tensor, side: Side) -> Tensor:
        """Reads `[n, hidden]` rows in at the cache's end; float32 logits `[vocab]` after the last one."""
        ...


class Decode(Protocol):
    """`decode.DecodeLoop`, or the reference in `native_decoder.py`."""

    def run(
        self,
        first_logits: Tensor,
        side: Side,
        options: DecodeOptions,
        on_token: Callable[[int], None],
        cancel: CancelToken,
        *,
        on_logits: Callable[[Tensor], None] | None = None,
    ) -> Sequence[int]:
        """Samples at most `options.max_tokens` tokens, the first from `first_logits`.

        Each but the one that ends the answer is said to `on_token`; the one that ends it is the last returned.
        `on_logits` gets the logits that each is chosen from.
        """
        ...
