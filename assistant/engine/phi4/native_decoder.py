"""The reference language model: transformers' own layers behind the same interface as `decoder.Decoder`.

Slow, and right: the contract tests hold `Decoder` and the session to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from assistant.core.cancel import CancelToken
from assistant.engine.phi4.adapters import LINEARS, AdapterWeights
from assistant.engine.phi4.native import Native
from assistant.engine.phi4.request import Adapter, Side
from assistant.engine.phi4.sampling import DecodeOptions, Sampler, drawn_from


class NativeCache:
    """A `DynamicCache` that can be rewound.

    WORKAROUND(transformers, 5.18-5.23; no issue known): `DynamicCache.crop` takes only negative numbers, so that
    "keep the first n" can't be said; the layers' tensors are cut here instead.
    """

    def __init__(self, config: Any) -> None:
        from transformers import DynamicCache

        self._config = config
        self._make = DynamicCache
        self.tensors = self._make(config=config)

    @property
    def length(self) -> int:
        length: int = self.tensors.get_seq_length()
        return length

    def rewind(self, length: int) -> None:
        if not 0 <= length <= self.length:
            raise ValueError(f"Can't rewind from {self.length} to {length} tokens.")
        if length == 0:
            self.tensors = self._make(config=self._config)
            return
        layers: list[Any] = self.tensors.layers
        for layer in layers:
            layer.keys, layer.values = layer.keys[:, :, :length], layer.values[:, :, :length]

    def shrink(self) -> None:
        """It never holds more than its tokens."""


class PinnedRope(nn.Module):
    """Rotary positions of the side that the caller names.

    WORKAROUND(transformers, 5.17-5.23; no issue known): the native rotary embedding chooses its factors from the
    positions of each call, so a prompt over 4096 read in pieces would get short factors in its first pieces; and up to
    5.20 the choice waits for the device at every step.
    """

    def __init__(self, config: Any, device: torch.device) -> None:
        super().__init__()
        from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

        make = ROPE_INIT_FUNCTIONS[config.rope_parameters["rope_type"]]
        switch = config.original_max_position_embeddings
        self.side: Side = "short"
        self._short, self._factor = make(config, device, seq_len=switch)
        self._long, _ = make(config, device, seq_len=switch + 1)

    def forward(self, rows: Tensor, position_ids: Tensor) -> tuple[Tensor, Tensor]:
        frequencies = self._short if self.side == "short" else self._long
        angles = position_ids[..., None].float() * frequencies.to(rows.device)
        both = torch.cat((angles, angles), dim=-1)
        return (both.cos() * self._factor).to(rows.dtype), (both.sin() * self._factor).to(rows.dtype)


class NativeDecoder:
    """The native language model over one conversation, batch 1; see `decoder.Decoder` for each method.

    It changes the native model: its rotary embedding is replaced, and each linear map of its layers gets a hook that
    adds the adapter in use.
    """

    def __init__(self, native: Native) -> None:
        self._native = native
        self._model = native.model.model
        self._rope = PinnedRope(native.config, native.device)
        self._model.rotary_emb = self._rope
        self._adapter: AdapterWeights | None = None
        self.cache = NativeCache(native.config)
        for name, module in self._model.named_modules():
            if name.startswith("layers.") and name.endswith(LINEARS):
                module.register_forward_hook(self._adding(name))

    def use(self, adapter: Adapter) -> None:
        self._adapter = None if adapter is None else self._native.adapters[adapter]

    def reserve(self, tokens: int) -> None:
        """A dynamic cache grows on its own."""

    @torch.no_grad()
    def embed(self, tokens: list[int]) -> Tensor:
        table = self._model.embed_tokens
        rows: Tensor = table(torch.tensor(tokens, device=table.weight.device))
        return rows

    @torch.no_grad()
    def prefill(self, embeds: Tensor, side: Side) -> Tensor:
        self._rope.side = side
        length = self.cache.length
        positions = torch.arange(length, length + len(embeds), device=embeds.device)[None]
        before = self.cache.tensors
        try:
            out = self._model(
                inputs_embeds=embeds[None], position_ids=positions, past_key_values=before, use_cache=True
            )
        except BaseException:
            self.cache.rewind(length)
            raise
        logits: Tensor = self._native.model.lm_head(out.last_hidden_state[0, -1:])
        return logits[0].float()

    def step(self, token: int, side: Side) -> Tensor:
        return self.prefill(self.embed([token]), side)

    def _adding(self, name: str) -> Any:
        def add(_module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> Tensor:
            if self._adapter is None:
                return output
            a, b = (w.to(output.device) for w in (self._adapter.a[name], self._adapter.b[name]))
            return output + nn.functional.linear(nn.functional.linear(inputs[0], a), b) * self._adapter.scale

        return add


class NativeDecode:
    """The reference decode loop: one native forward pass a token."""

    def __init__(self, decoder: NativeDecoder) -> None:
        self._decoder = decoder

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
        sampler = Sampler(len(first_logits), first_logits.device)
        sampler.prepare(options)
        tokens: list[int] = []
        logits = first_logits
        while True:
            if on_logits:
                on_logits(logits)
            tokens.append(int(sampler.choose(logits, drawn_from(options))))
            if tokens[-1] in options.eos:
                return tokens
            on_token(tokens[-1])
            cancel.check()
            if len(tokens) == options.max_tokens:
                return tokens
            logits = self._decoder.step(tokens[-1], side)
