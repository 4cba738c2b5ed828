"""Phi-4-multimodal with random weights, built where it will run: the published sizes, or a thin one of as many layers.

Random weights take the same time as trained ones and say nothing about quality.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from torch import nn

from assistant.engine.phi4 import native_patches
from assistant.engine.phi4.adapters import LINEARS, AdapterWeights
from assistant.engine.phi4.native import Native

RANKS = {"vision": 256, "speech": 320}
"""Of the published adapters, whose alpha is twice the rank."""
_THIN_RANKS = {"vision": 8, "speech": 10}
_LONG_FACTORS = [1 + 31 * index / 47 for index in range(48)]
"""As many as the published model's, of the same reach."""


def random_native(device: torch.device, dtype: torch.dtype, *, thin: bool) -> Native:
    """The modules with random weights and random adapters, never from the hub.

    Built on the device itself: parameters made elsewhere and left empty would leave the towers' buffers unset.
    """
    from transformers import Phi4MultimodalForCausalLM

    config = thin_config() if thin else published_config()
    config._attn_implementation = "sdpa"
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            model: Any = Phi4MultimodalForCausalLM(config)
    finally:
        torch.set_default_dtype(before)
    model.eval().requires_grad_(False)
    model.tie_weights()
    native_patches.see_everything(model)
    adapters = {name: random_adapter(model, rank) for name, rank in (_THIN_RANKS if thin else RANKS).items()}
    return Native(model, config, adapters, device, dtype, Path(), {"": device})


def published_config() -> Any:
    """The sizes of microsoft/Phi-4-multimodal-instruct's config.json."""
    from transformers import Phi4MultimodalConfig

    return Phi4MultimodalConfig(
        vocab_size=200064, hidden_size=3072, intermediate_size=8192, num_hidden_layers=32, num_attention_heads=24,
        num_key_value_heads=8, max_position_embeddings=131072, original_max_position_embeddings=4096,
        tie_word_embeddings=True, sliding_window=262144, rope_parameters=_rope(48, 4096),
        audio_config={"bias_max_distance": 500},
    )  # fmt: skip


def thin_config() -> Any:
    """All 32 layers, narrow: what a step costs the host shows, and little else."""
    from transformers import Phi4MultimodalConfig

    return Phi4MultimodalConfig(
        vocab_size=2048, hidden_size=96, intermediate_size=192, num_hidden_layers=32, num_attention_heads=6,
        num_key_value_heads=2, max_position_embeddings=131072, original_max_position_embeddings=4096,
        tie_word_embeddings=True, bos_token_id=1, eos_token_id=[2], pad_token_id=0, rope_parameters=_rope(6, 4096),
        vision_config={"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "num_attention_heads": 4},
        audio_config={
            "hidden_size": 64, "intermediate_size": 96, "num_blocks": 2, "num_attention_heads": 4,
            "ext_pw_out_channel": 64, "depthwise_separable_out_channel": 64, "nemo_conv_channels": 64,
            "bias_max_distance": 500,
        },
    )  # fmt: skip


def _rope(half: int, trained: int) -> dict[str, Any]:
    return {
        "rope_type": "longrope", "rope_theta": 10000.0, "partial_rotary_factor": 0.75,
        "original_max_position_embeddings": trained,
        "short_factor": [1.0] * half, "long_factor": _LONG_FACTORS[:half],
    }  # fmt: skip


def random_adapter(model: Any, rank: int) -> AdapterWeights:
    """Wide enough to change the answer, as trained ones do."""
    a, b = {}, {}
    for index, layer in enumerate(model.model.layers):
        for path in LINEARS:
            weight = layer.get_submodule(path).weight
            out, width = weight.shape
            a[f"layers.{index}.{path}"] = torch.randn(rank, width, device=weight.device, dtype=weight.dtype) * 0.01
            b[f"layers.{index}.{path}"] = torch.randn(out, rank, device=weight.device, dtype=weight.dtype) * 0.01
    return AdapterWeights(a, b, 2.0)


def attach(native: Native) -> Callable[[str | None], None] | None:
    """Puts the adapters on the native model as the model card does, through peft; gives what chooses one.

    The base weights stay where they are, so that our own forward pass reads the very same ones. None without peft.
    """
    if find_spec("peft") is None:
        return None
    from peft import LoraConfig

    targets = r"model\.layers\.\d+\.((self_attn\.(qkv|o)_proj)|(mlp\.(gate_up|down)_proj))"
    for name, adapter in native.adapters.items():
        rank = adapter.rank()
        alpha = round(adapter.scale * rank)
        config = LoraConfig(r=rank, lora_alpha=alpha, target_modules=targets, lora_dropout=0.0)
        native.model.add_adapter(config, name)
    _copy_adapters(native)
    native.model.eval().requires_grad_(False)
    return lambda adapter: _choose(native.model, adapter)


@torch.no_grad()
def _copy_adapters(native: Native) -> None:
    for index, layer in enumerate(native.model.model.layers):
        for path in LINEARS:
            module: Any = layer.get_submodule(path)
            for name, adapter in native.adapters.items():
                _share(module.lora_A[name], adapter.a[f"layers.{index}.{path}"])
                _share(module.lora_B[name], adapter.b[f"layers.{index}.{path}"])


def _share(module: Any, weight: torch.Tensor) -> None:
    module.weight = nn.Parameter(weight, requires_grad=False)


def _choose(model: Any, adapter: str | None) -> None:
    if adapter is None:
        model.disable_adapters()
    else:
        model.enable_adapters()
        model.set_adapter(adapter)
