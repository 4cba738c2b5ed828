"""Choosing the next token on the device: greedy, or at a temperature among the likeliest, with forbidden ids.

One formula serves both, so that a captured step needs no branch: the argmax of `logits + temperature * gumbel` is a
draw from `softmax(logits / temperature)` (Gumbel, 1954), and at temperature 0 it is the greedy choice.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

SUPPRESSED = (200010, 200011)
"""The placeholders of pictures and sounds: they stand for media and are never an answer's text."""
ENDS = (200020, 199999)
"""`<|end|>` and `<|endoftext|>`."""
TOP_K = 50


@dataclass(frozen=True)
class DecodeOptions:
    """One answer.

    Attributes:
        temperature: 0 chooses the likeliest token.
        suppress: ids that are never chosen; those beyond the vocabulary are left out.
        eos: ids that end the answer.
    """

    max_tokens: int
    temperature: float = 0.0
    top_k: int = TOP_K
    suppress: tuple[int, ...] = SUPPRESSED
    eos: tuple[int, ...] = ENDS


class Sampler:
    """Fixed buffers of one device, filled for each answer and read by every step.

    Attributes:
        bias: added to the logits: minus infinity where an id is suppressed.
        temperature: `[1]`.
    """

    def __init__(self, vocab: int, device: torch.device) -> None:
        self.bias = torch.zeros(vocab, device=device)
        self.temperature = torch.zeros(1, device=device)

    def prepare(self, options: DecodeOptions) -> None:
        """Sets the buffers for an answer, in place."""
        self.bias.zero_()
        known = [token for token in options.suppress if token < len(self.bias)]
        if known:
            self.bias[torch.tensor(known, device=self.bias.device)] = -torch.inf
        self.temperature.fill_(options.temperature)

    def choose(self, logits: Tensor, top_k: int) -> Tensor:
        """The next token: int64 `[1]`.

        Args:
            logits: float32 `[vocab]`.
            top_k: how many of the likeliest take part in a draw; 0 is greedy.
        """
        scores = logits + self.bias
        if not top_k:
            return scores.argmax(dim=-1, keepdim=True)
        values, ids = scores.topk(min(top_k, len(scores)))
        # The smallest positive number keeps the logarithm finite: 0 * infinity would be no number.
        noise = torch.empty_like(values).exponential_().clamp_min(torch.finfo(values.dtype).tiny)
        return ids[(values - self.temperature * noise.log()).argmax(dim=-1, keepdim=True)]


def drawn_from(options: DecodeOptions) -> int:
    """The `top_k` of a step: 0 where nothing is drawn."""
    return options.top_k if options.temperature > 0 else 0
