"""The published ("hub") layout of Phi-4-multimodal: which tensors a checkpoint of a given config.json holds.

Names and shapes follow the modules of the model author's code (modeling_phi4mm.py, speech_conformer_encoder.py,
vision_siglip_navit.py); for the published config.json this gives the 2047 tensors of the published weights.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from assistant.core.errors import ModelBroken, ModelMissing
from assistant.models.phi4.shards import Spec

Layout = Literal["hub", "native"]
ADAPTERS: tuple[Literal["vision", "speech"], ...] = ("vision", "speech")
IMAGE = "model.embed_tokens_extend.image_embed"
AUDIO = "model.embed_tokens_extend.audio_embed"

SIGLIP = {
    "hidden_size": 1152,
    "intermediate_size": 4304,
    "num_attention_heads": 16,
    "num_hidden_layers": 27,
    "image_size": 448,
    "patch_size": 14,
}
"""The picture tower's sizes, which the author's code has built in (`get_siglip_vision_model`). A config.json may
give others under `img_processor`."""

_DTYPES = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}
_MODEL_TYPES: dict[str, Layout] = {"phi4mm": "hub", "phi4_multimodal": "native"}


def read_config(folder: Path) -> dict[str, Any]:
    """The folder's config.json.

    Raises:
        ModelMissing: there is none.
        ModelBroken: it can't be read.
    """
    path = folder / "config.json"
    if not path.is_file():
        raise ModelMissing(
            f"There is no model in {folder}: it has no config.json.",
            action="Name the folder that holds config.json and the model-*.safetensors files.",
        )
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelBroken(f"{path} can't be read as a model's configuration.") from error
    if not isinstance(config, dict):
        raise ModelBroken(f"{path} can't be read as a model's configuration.")
    return config


def detect(folder: Path) -> Layout:
    """Which layout the folder holds, by config.json's `model_type`.

    Raises:
        ModelMissing: no config.json.
        ModelBroken: another kind of model.
    """
    kind = read_config(folder).get("model_type")
    if kind not in _MODEL_TYPES:
        raise ModelBroken(
            f"The model in {folder} isn't Phi-4-multimodal (its config.json says “{kind}”).",
            action="Name a folder with microsoft/Phi-4-multimodal-instruct, or fetch it: hearsight models pull phi4",
        )
    return _MODEL_TYPES[kind]


def siglip(config: dict[str, Any]) -> dict[str, int]:
    """The picture tower's sizes."""
    given = config.get("img_processor") or {}
    return {key: int(given.get(key, default)) for key, default in SIGLIP.items()}


def expected(config: dict[str, Any]) -> dict[str, Spec]:
    """Name → (dtype, shape) of every tensor that the hub layout holds for this config.json.

    Raises:
        ModelBroken: config.json lacks a size.
    """
    try:
        dtype = _DTYPES[config.get("torch_dtype") or config["dtype"]]
        shapes = (*_language(config), *_picture(config), *_sound(config))
        return {name: (dtype, tuple(_side(side) for side in shape)) for name, shape in shapes}
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError) as error:
        raise ModelBroken("The model's config.json lacks sizes that Phi-4-multimodal has.") from error


def _side(value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise ValueError(value)
    return value


Shapes = Iterator[tuple[str, tuple[int, ...]]]


def language_modules(config: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """(out, in) of the four linear modules of a decoder layer, all of which carry both adapters."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    head = hidden // config["num_attention_heads"]
    qkv = (config["num_attention_heads"] + 2 * config["num_key_value_heads"]) * head
    return {
        "self_attn.qkv_proj": (qkv, hidden),
        "self_attn.o_proj": (hidden, config["num_attention_heads"] * head),
        "mlp.gate_up_proj": (2 * inner, hidden),
        "mlp.down_proj": (hidden, inner),
    }


def _language(config: dict[str, Any]) -> Shapes:
    hidden = config["hidden_size"]
    yield "model.embed_tokens.weight", (config["vocab_size"], hidden)
    yield "model.norm.weight", (hidden,)
    if not config.get("tie_word_embeddings", True):
        yield "lm_head.weight", (config["vocab_size"], hidden)
    for layer in range(config["num_hidden_layers"]):
        prefix = f"model.layers.{layer}"
        yield f"{prefix}.input_layernorm.weight", (hidden,)
        yield f"{prefix}.post_attention_layernorm.weight", (hidden,)
        for module, (out, into) in language_modules(config).items():
            yield f"{prefix}.{module}.base_layer.weight", (out, into)
            for adapter in ADAPTERS:
                rank = config[f"{adapter}_lora"]["r"]
                yield f"{prefix}.{module}.lora_A.{adapter}.weight", (rank, into)
                yield f"{prefix}.{module}.lora_B.{adapter}.weight", (out, rank)


def _linear(name: str, out: int, into: int, *kernel: int) -> Shapes:
    yield f"{name}.weight", (out, into, *kernel)
    yield f"{name}.bias", (out,)


def _norm(name: str, width: int) -> Shapes:
    yield f"{name}.weight", (width,)
    yield f"{name}.bias", (width,)


def _picture(config: dict[str, Any]) -> Shapes:
    sizes, hidden = siglip(config), config["hidden_size"]
    width, patch = sizes["hidden_size"], sizes["patch_size"]
    tower = f"{IMAGE}.img_processor"
    yield f"{IMAGE}.glb_GN", (1, 1, width)
    yield f"{IMAGE}.sub_GN", (1, 1, 1, width)
    yield from _linear(f"{IMAGE}.img_projection.0", hidden, width)
    yield from _linear(f"{IMAGE}.img_projection.2", hidden, hidden)
    yield from _linear(f"{tower}.embeddings.patch_embedding", width, 3, patch, patch)
    yield f"{tower}.embeddings.position_embedding.weight", ((sizes["image_size"] // patch) ** 2, width)
    for layer in range(sizes["num_hidden_layers"]):
        yield from _siglip_layer(f"{tower}.encoder.layers.{layer}", width, sizes["intermediate_size"])
    yield from _norm(f"{tower}.post_layernorm", width)
    yield from _siglip_head(f"{tower}.head", width, sizes["intermediate_size"])


def _siglip_layer(prefix: str, width: int, inner: int) -> Shapes:
    yield from _norm(f"{prefix}.layer_norm1", width)
    yield from _norm(f"{prefix}.layer_norm2", width)
    for part in "qkv":
        yield from _linear(f"{prefix}.self_attn.{part}_proj", width, width)
    yield from _linear(f"{prefix}.self_attn.out_proj", width, width)
    yield from _siglip_mlp(f"{prefix}.mlp", width, inner)


def _siglip_mlp(prefix: str, width: int, inner: int) -> Shapes:
    yield from _linear(f"{prefix}.fc1", inner, width)
    yield from _linear(f"{prefix}.fc2", width, inner)


def _siglip_head(prefix: str, width: int, inner: int) -> Shapes:
    """Attention pooling; its result is never used, but it is part of the checkpoint."""
    yield f"{prefix}.probe", (1, 1, width)
    yield f"{prefix}.attention.in_proj_weight", (3 * width, width)
    yield f"{prefix}.attention.in_proj_bias", (3 * width,)
    yield from _linear(f"{prefix}.attention.out_proj", width, width)
    yield from _norm(f"{prefix}.layernorm", width)
    yield from _siglip_mlp(f"{prefix}.mlp", width, inner)


def _sound(config: dict[str, Any]) -> Shapes:
    audio, hidden = config["audio_processor"]["config"], config["hidden_size"]
    width, bands = audio["attention_dim"], audio["input_size"]
    encoder = f"{AUDIO}.encoder"
    yield f"{encoder}.encoder_embedding.global_mean", (bands,)
    yield f"{encoder}.encoder_embedding.global_invstd", (bands,)
    yield from _subsampling(f"{encoder}.embed", audio)
    distance = audio["relative_attention_bias_args"]["t5_bias_max_distance"]
    yield f"{encoder}.relative_attention_bias_layer.bias_values.weight", (2 * distance, audio["attention_heads"])
    for block in range(audio["num_blocks"]):
        yield from _conformer_block(f"{encoder}.encoders.{block}", audio)
    for projection in ADAPTERS:
        yield from _linear(f"{AUDIO}.audio_projection.{projection}.0", hidden, width)
        yield from _linear(f"{AUDIO}.audio_projection.{projection}.2", hidden, hidden)


def _subsampling(prefix: str, audio: dict[str, Any]) -> Shapes:
    """A strided convolution for each factor of two, the first full, the others depthwise and pointwise."""
    channels, bands = audio["nemo_conv_settings"]["conv_channels"], audio["input_size"]
    stages = int(math.log2(audio["time_reduction"]))
    yield from _linear(f"{prefix}.conv.0", channels, 1, 3, 3)
    for stage in range(stages - 1):
        yield from _linear(f"{prefix}.conv.{2 + 3 * stage}", channels, 1, 3, 3)
        yield from _linear(f"{prefix}.conv.{3 + 3 * stage}", channels, channels, 1, 1)
    for _ in range(stages):
        bands = (bands - 1) // 2 + 1
    yield from _linear(f"{prefix}.out", audio["attention_dim"], channels * bands)


def _conformer_block(prefix: str, audio: dict[str, Any]) -> Shapes:
    width, inner, outer = audio["attention_dim"], audio["linear_units"], audio["ext_pw_out_channel"]
    for half in ("feed_forward_in", "feed_forward_out"):
        yield from _norm(f"{prefix}.{half}.layer_norm", width)
        yield from _linear(f"{prefix}.{half}.net.0.linear", 2 * inner, width)
        yield from _linear(f"{prefix}.{half}.net.2", width, inner)
    for part in ("q", "k", "v", "out"):
        yield from _linear(f"{prefix}.self_attn.linear_{part}", width, width)
    yield from _norm(f"{prefix}.layer_norm_att", width)
    yield from _norm(f"{prefix}.layer_norm", width)
    conv, wide = f"{prefix}.conv", width * audio["depthwise_multiplier"]
    yield from _norm(f"{conv}.layer_norm", width)
    yield f"{conv}.glu.b1", (1, outer, 1)
    yield f"{conv}.glu.b2", (1, outer, 1)
    yield from _linear(f"{conv}.glu.ext_pw_conv_1d", 2 * outer, width, 1)
    yield from _linear(f"{conv}.dw_sep_conv_1d.dw_conv", wide, 1, audio["kernel_size"])
    yield from _linear(f"{conv}.dw_sep_conv_1d.pw_conv", audio["depthwise_seperable_out_channel"], wide, 1)
    yield from _linear(f"{conv}.ext_pw_conv_1d", outer, width, 1)
