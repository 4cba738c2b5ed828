"""The sizes of the language model, read off its configuration once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Dimensions:
    """What the forward pass needs to know.

    Attributes:
        rotary: how many of a head's dimensions turn with the position (0.75 of them in the published model).
        switch: from one token more than this, the long rope factors hold for all positions (4096).
    """

    layers: int
    hidden: int
    intermediate: int
    vocab: int
    heads: int
    kv_heads: int
    head: int
    rotary: int
    eps: float
    switch: int

    @classmethod
    def of(cls, config: Any) -> Dimensions:
        """Of a `Phi4MultimodalConfig` of transformers 5.17 or newer."""
        head = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
        rope = config.rope_parameters
        return cls(
            layers=config.num_hidden_layers,
            hidden=config.hidden_size,
            intermediate=config.intermediate_size,
            vocab=config.vocab_size,
            heads=config.num_attention_heads,
            kv_heads=config.num_key_value_heads,
            head=head,
            rotary=int(head * rope.get("partial_rotary_factor", 1.0)),
            eps=config.rms_norm_eps,
            switch=rope.get("original_max_position_embeddings") or config.original_max_position_embeddings,
        )

    @property
    def group(self) -> int:
        """Query heads that share one key and value head."""
        return self.heads // self.kv_heads
