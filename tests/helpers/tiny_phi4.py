"""A Phi-4-multimodal of random weights, small enough for unit tests: the native module and two adapters."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import Phi4MultimodalConfig, Phi4MultimodalForCausalLM

from assistant.engine.phi4.adapters import LINEARS, AdapterWeights

VOCAB = 512
SWITCH = 48
"""From one token more than this, the long rope factors hold (4096 in the published model)."""


@dataclass
class TinyNative:
    """What the decoder reads of `engine/phi4/native.py: Native`."""

    model: Any
    config: Any
    adapters: dict[str, AdapterWeights]


def tiny_native(dtype: torch.dtype = torch.float32, *, layers: int = 2, hidden: int = 96, seed: int = 0) -> TinyNative:
    """6 query heads on 2 key heads, rope on 3/4 of each head, long factors from `SWITCH` on."""
    torch.manual_seed(seed)
    config = tiny_config(layers, hidden)
    model = Phi4MultimodalForCausalLM(config).eval()
    with torch.no_grad():
        for name, weight in model.model.named_parameters():
            if name.startswith(("layers.", "norm.", "embed_tokens.")):
                weight.copy_(_drawn(name, weight))
    model.tie_weights()
    model = model.to(dtype)
    adapters = {"vision": _adapter(model, rank=8, dtype=dtype), "speech": _adapter(model, rank=12, dtype=dtype)}
    return TinyNative(model, config, adapters)


def tiny_config(layers: int, hidden: int) -> Any:
    half = int(hidden // 6 * 0.75) // 2
    config = Phi4MultimodalConfig(
        vocab_size=VOCAB, hidden_size=hidden, intermediate_size=2 * hidden, num_hidden_layers=layers,
        num_attention_heads=6, num_key_value_heads=2, max_position_embeddings=SWITCH * 32,
        original_max_position_embeddings=SWITCH, tie_word_embeddings=True, bos_token_id=1, eos_token_id=[2],
        pad_token_id=0,
        rope_parameters={
            "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.75,
            "short_factor": [1.0] * half, "long_factor": [1.0 + i for i in range(half)],
            "original_max_position_embeddings": SWITCH,
        },
        vision_config={"hidden_size": 48, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4},
        audio_config={
            "hidden_size": 32, "intermediate_size": 48, "num_blocks": 1, "num_attention_heads": 4,
            "ext_pw_out_channel": 32, "depthwise_separable_out_channel": 32, "nemo_conv_channels": 32,
        },
    )  # fmt: skip
    config._attn_implementation = "eager"
    return config


def _adapter(model: Any, *, rank: int, dtype: torch.dtype) -> AdapterWeights:
    a, b = {}, {}
    for index, layer in enumerate(model.model.layers):
        for path in LINEARS:
            out, width = layer.get_submodule(path).weight.shape
            a[f"layers.{index}.{path}"] = (torch.randn(rank, width) * 0.1).to(dtype)
            b[f"layers.{index}.{path}"] = (torch.randn(out, rank) * 0.1).to(dtype)
    return AdapterWeights(a, b, 2.0)


def _drawn(name: str, weight: torch.Tensor) -> torch.Tensor:
    """Wide enough that every input matters, and not so wide that rounding grows from layer to layer."""
    if "norm" in name:
        return 1.0 + 0.1 * torch.randn_like(weight)
    return torch.randn_like(weight) * weight.shape[-1] ** -0.5


def save(native: TinyNative, folder: Path) -> Path:
    """Writes the native layout that `assistant.models.phi4` makes: config, weights in two files, adapters."""
    folder.mkdir(parents=True, exist_ok=True)
    native.config.save_pretrained(folder)
    tensors = {k: v.contiguous() for k, v in native.model.state_dict().items() if k != "lm_head.weight"}
    names = sorted(tensors)
    for number, part in enumerate((names[::2], names[1::2]), start=1):
        save_file({name: tensors[name] for name in part}, folder / f"model-{number:05}-of-00002.safetensors")
    for name, adapter in native.adapters.items():
        _save_adapter(adapter, folder / "adapters" / name)
    return folder


def _save_adapter(adapter: AdapterWeights, folder: Path) -> None:
    folder.mkdir(parents=True)
    prefix = "base_model.model.model."
    tensors = {f"{prefix}{name}.lora_A.weight": a for name, a in adapter.a.items()}
    tensors |= {f"{prefix}{name}.lora_B.weight": b for name, b in adapter.b.items()}
    save_file(tensors, folder / "adapter_model.safetensors")
    facts = {"r": adapter.rank(), "lora_alpha": round(adapter.scale * adapter.rank())}
    (folder / "adapter_config.json").write_text(json.dumps(facts), encoding="utf-8")
