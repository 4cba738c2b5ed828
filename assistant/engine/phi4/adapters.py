"""The two LoRA adapters: their weights, and the merge that never loses the base weights.

An adapter adds `scale * B (A x)` to each of a layer's four linear maps (LoRA, Hu et al. 2021, arXiv 2106.09685). The
conversation's media choose it: vision for pictures (with or without sound), speech for sound alone, none for text.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from safetensors import safe_open
from torch import Tensor

Adapter: TypeAlias = Literal["vision", "speech"] | None
Projection: TypeAlias = Literal["vision", "speech"]
Side: TypeAlias = Literal["short", "long"]

ADAPTERS: tuple[Adapter, ...] = (None, "vision", "speech")
LINEARS = ("self_attn.qkv_proj", "self_attn.o_proj", "mlp.gate_up_proj", "mlp.down_proj")
"""The linear maps of one layer that an adapter touches, as the native module names them."""


@dataclass(frozen=True)
class AdapterWeights:
    """One adapter.

    Attributes:
        a: by the linear map's name (`layers.3.self_attn.qkv_proj`), `[rank, in]`.
        b: likewise, `[out, rank]`.
        scale: alpha / rank.
    """

    a: dict[str, Tensor]
    b: dict[str, Tensor]
    scale: float

    @classmethod
    def load(cls, folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype | None = None) -> AdapterWeights:
        """Reads `adapter_model.safetensors` and `adapter_config.json`, whatever stands before `layers.` in the keys."""
        facts = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
        a: dict[str, Tensor] = {}
        b: dict[str, Tensor] = {}
        with safe_open(folder / "adapter_model.safetensors", framework="pt", device=str(device)) as file:
            for key in file.keys():  # noqa: SIM118 - the file handle is no mapping
                name, kind = _split(key)
                (a if kind == "A" else b)[name] = file.get_tensor(key).to(dtype) if dtype else file.get_tensor(key)
        return cls(a, b, facts["lora_alpha"] / facts["r"])

    def to(self, device: torch.device | str, dtype: torch.dtype | None = None) -> AdapterWeights:
        """The same adapter on another device or in another type."""
        a, b = ({name: w.to(device, dtype) for name, w in side.items()} for side in (self.a, self.b))
        return AdapterWeights(a, b, self.scale)

    def rank(self) -> int:
        return next(iter(self.a.values())).shape[0]

    def merged(self, name: str, weight: Tensor) -> Tensor:
        """`weight + scale * B A`, summed in float32 and rounded once to the weight's type."""
        a, b = (w.to(weight.device, torch.float32) for w in (self.a[name], self.b[name]))
        return torch.addmm(weight.float(), b, a, alpha=self.scale).to(weight.dtype)


def _split(key: str) -> tuple[str, str]:
    """`….layers.3.mlp.down_proj.lora_A.weight` → (`layers.3.mlp.down_proj`, `A`)."""
    name, _, rest = key[key.index("layers.") :].partition(".lora_")
    return name, rest[0]
