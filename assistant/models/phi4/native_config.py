"""config.json in transformers' form (`Phi4MultimodalConfig`), made from the published one, and read back."""

from __future__ import annotations

from typing import Any

from assistant.core.errors import ModelBroken
from assistant.models.phi4.layout import siglip

IMAGE_TOKEN = 200010
AUDIO_TOKEN = 200011

_SAME = (
    *("vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("num_key_value_heads", "hidden_act", "max_position_embeddings", "original_max_position_embeddings"),
    *("rms_norm_eps", "initializer_range", "use_cache", "tie_word_embeddings", "bos_token_id", "pad_token_id"),
    *("attention_dropout", "embd_pdrop", "resid_pdrop"),
)

_AUDIO = {
    "hidden_size": "attention_dim",
    "intermediate_size": "linear_units",
    "num_blocks": "num_blocks",
    "num_attention_heads": "attention_heads",
    "activation": "activation",
    "chunk_size": "chunk_size",
    "left_chunk": "left_chunk",
    "dropout_rate": "dropout_rate",
    "ext_pw_out_channel": "ext_pw_out_channel",
    "depthwise_separable_out_channel": "depthwise_seperable_out_channel",
    "depthwise_multiplier": "depthwise_multiplier",
    "kernel_size": "kernel_size",
    "conv_activation": "conv_activation",
    "conv_glu_type": "conv_glu_type",
    "input_size": "input_size",
    "time_reduction": "time_reduction",
}
"""transformers' name → the published one (the misspelling is theirs)."""


def to_native(config: dict[str, Any], eos: list[int]) -> dict[str, Any]:
    """What `Phi4MultimodalConfig` reads.

    Args:
        config: the published config.json.
        eos: the ids that end an answer, from generation_config.json.

    Raises:
        ModelBroken: config.json lacks a value.
    """
    try:
        native = {key: config[key] for key in _SAME if key in config}
        return native | {
            "architectures": ["Phi4MultimodalForCausalLM"],
            "model_type": "phi4_multimodal",
            "dtype": config.get("torch_dtype") or config["dtype"],
            "eos_token_id": eos,
            "rope_parameters": _rope(config),
            "sliding_window": _sliding_window(config),
            "vision_config": _vision(config),
            "audio_config": _audio(config),
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelBroken("The model's config.json lacks values that Phi-4-multimodal has.") from error


def _rope(config: dict[str, Any]) -> dict[str, Any]:
    scaling = config["rope_scaling"]
    return {
        "rope_type": scaling.get("rope_type") or scaling["type"],
        "rope_theta": config["rope_theta"],
        "partial_rotary_factor": config.get("partial_rotary_factor", 1.0),
        "original_max_position_embeddings": config["original_max_position_embeddings"],
        "short_factor": scaling["short_factor"],
        "long_factor": scaling["long_factor"],
    }


def _sliding_window(config: dict[str, Any]) -> int | None:
    """None where the window is wider than the context: it never bites, yet costs another kind of mask and cache."""
    window = config.get("sliding_window")
    return None if window is None or window >= config["max_position_embeddings"] else int(window)


def _vision(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "model_type": "phi4_multimodal_vision",
        **siglip(config),
        "crop_size": config["embd_layer"]["image_embd_layer"]["crop_size"],
        "hidden_act": "gelu_pytorch_tanh",
        "layer_norm_eps": 1e-6,
        "feature_layer": -2,
        "image_token_id": IMAGE_TOKEN,
    }


def _audio(config: dict[str, Any]) -> dict[str, Any]:
    audio = config["audio_processor"]["config"]
    return {
        "model_type": "phi4_multimodal_audio",
        **{native: audio[published] for native, published in _AUDIO.items()},
        # transformers' default is 1000, which would make a table of 2000 rows; the published one has 2 × 500.
        "bias_max_distance": audio["relative_attention_bias_args"]["t5_bias_max_distance"],
        "bias_symmetric": False,
        "nemo_conv_channels": audio["nemo_conv_settings"]["conv_channels"],
        "nemo_activation": "relu",
        "downsample_rate": config["embd_layer"]["audio_embd_layer"]["downsample_rate"],
        "audio_token_id": AUDIO_TOKEN,
    }


def sizes_of_native(native: dict[str, Any]) -> dict[str, Any]:
    """The published names for a native config's sizes, as far as `layout.expected` needs them; no adapters' ranks.

    Raises:
        ModelBroken: it lacks one.
    """
    try:
        audio, vision = native["audio_config"], native["vision_config"]
        symmetric = 2 if audio.get("bias_symmetric", False) else 1
        published = {old: audio[new] for new, old in _AUDIO.items() if new in audio}
        published["relative_attention_bias_args"] = {"t5_bias_max_distance": audio["bias_max_distance"] // symmetric}
        published["nemo_conv_settings"] = {"conv_channels": audio["nemo_conv_channels"]}
        sizes = {key: native[key] for key in _SAME if key in native}
        rank = {"r": 1}
        return sizes | {
            "dtype": native.get("dtype") or native["torch_dtype"],
            "img_processor": vision,
            "audio_processor": {"config": published},
            "vision_lora": rank,
            "speech_lora": rank,
        }
    except (KeyError, TypeError, AttributeError) as error:
        raise ModelBroken("The model's config.json lacks sizes that Phi-4-multimodal has.") from error
