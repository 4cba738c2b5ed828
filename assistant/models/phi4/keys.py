"""From the hub layout's tensor names to those of transformers' Phi4Multimodal modules, and of PEFT adapter files."""

from __future__ import annotations

import re
from typing import Literal

_RENAMED = (
    (r"\.base_layer\.weight$", ".weight"),
    (r"\.image_embed\.glb_GN$", ".image_embed.global_img_feature_extensor"),
    (r"\.image_embed\.sub_GN$", ".image_embed.sub_img_feature_extensor"),
    (r"\.img_projection\.0\.", ".img_projection_up."),
    (r"\.img_projection\.2\.", ".img_projection_down."),
    (r"\.audio_projection\.speech\.0\.", ".up_proj_for_speech."),
    (r"\.audio_projection\.speech\.2\.", ".down_proj_for_speech."),
    (r"\.audio_projection\.vision\.0\.", ".up_proj_for_vision_speech."),
    (r"\.audio_projection\.vision\.2\.", ".down_proj_for_vision_speech."),
    (r"(\.feed_forward_(?:in|out))\.net\.0\.linear\.", r"\1.gate_up_proj."),
    (r"(\.feed_forward_(?:in|out))\.net\.2\.", r"\1.down_proj."),
    (r"(\.encoders\.\d+\.self_attn)\.linear_([qkv])\.", r"\1.\2_proj."),
    (r"(\.encoders\.\d+\.self_attn)\.linear_out\.", r"\1.o_proj."),
)
"""transformers' `convert_phi4_multimodal_weights_to_hf.py` renames the same; anything else keeps its name."""

_LORA = re.compile(
    r"(?:base_model\.model\.)?(?:model\.)?(?P<module>layers\.\d+\.\w+\.\w+)"
    r"\.lora_(?P<half>[AB])(?:\.(?P<adapter>vision|speech|default))?\.weight"
)


def native_key(key: str) -> str:
    """The native name of a base tensor of the hub layout."""
    for pattern, replacement in _RENAMED:
        key = re.sub(pattern, replacement, key)
    return key


def lora_parts(key: str) -> tuple[str, Literal["A", "B"], str] | None:
    """(module, half, adapter) of a LoRA tensor: `("layers.3.mlp.down_proj", "A", "vision")`; None for others.

    Takes the shards' names (`model.….lora_A.vision.weight`) and the three forms that adapter files have; there the
    adapter may be empty. "vision" and "speech" occur in base names too, so only `.lora_A.` and `.lora_B.` decide.
    """
    found = _LORA.fullmatch(key)
    if found is None:
        return None
    half: Literal["A", "B"] = "A" if found["half"] == "A" else "B"
    return found["module"], half, found["adapter"] or ""


def adapter_key(module: str, half: str) -> str:
    """A LoRA tensor's name in our adapter files: PEFT's own form."""
    return f"base_model.model.model.{module}.lora_{half}.weight"
