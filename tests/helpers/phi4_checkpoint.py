"""Checkpoints in the published layout of Phi-4-multimodal: its own config.json, and small or empty ones like it."""

from __future__ import annotations

import copy
import json
import random
import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors

from assistant.models.phi4.layout import expected
from assistant.models.phi4.shards import Spec, Writer, size_of

_LONG = (
    *(1, 1.118320672, 1.250641126, 1.398617824, 1.564103225, 1.74916897, 1.956131817, 2.187582649, 2.446418898),
    *(2.735880826, 3.059592084, 3.421605075, 3.826451687, 4.279200023, 4.785517845, 5.351743533, 5.984965424),
    *(6.693110555, 7.485043894, 8.370679318, 9.36110372, 10.4687158, 11.70738129, 13.09260651, 14.64173252),
    *(16.37415215, 18.31155283, 20.47818807, 22.90118105, 25.61086418, 28.64115884, 32.03, 32.1, 32.13, 32.23),
    *(32.6, 32.61, 32.64, 32.66, 32.7, 32.71, 32.93, 32.97, 33.28, 33.49, 33.5, 44.16, 47.77),
)

PUBLISHED: dict[str, Any] = {
    "architectures": ["Phi4MMForCausalLM"],
    "model_type": "phi4mm",
    "torch_dtype": "bfloat16",
    "hidden_size": 3072,
    "intermediate_size": 8192,
    "num_hidden_layers": 32,
    "num_attention_heads": 24,
    "num_key_value_heads": 8,
    "hidden_act": "silu",
    "vocab_size": 200064,
    "rms_norm_eps": 1e-5,
    "tie_word_embeddings": True,
    "max_position_embeddings": 131072,
    "original_max_position_embeddings": 4096,
    "rope_theta": 10000.0,
    "partial_rotary_factor": 0.75,
    "rope_scaling": {"type": "longrope", "short_factor": [1.0] * 48, "long_factor": list(_LONG)},
    "sliding_window": 262144,
    "attention_dropout": 0.0,
    "embd_pdrop": 0.0,
    "resid_pdrop": 0.0,
    "initializer_range": 0.02,
    "use_cache": True,
    "bos_token_id": 199999,
    "eos_token_id": 199999,
    "pad_token_id": 199999,
    "vision_lora": {"r": 256, "lora_alpha": 512, "dp": 0.0},
    "speech_lora": {"r": 320, "lora_alpha": 640, "dp": 0.01},
    "embd_layer": {
        "audio_embd_layer": {"compression_rate": 8, "downsample_rate": 1},
        "image_embd_layer": {"crop_size": 448},
    },
    "audio_processor": {
        "name": "cascades",
        "config": {
            "activation": "swish",
            "attention_dim": 1024,
            "attention_heads": 16,
            "chunk_size": -1,
            "conv_activation": "swish",
            "conv_glu_type": "swish",
            "depthwise_multiplier": 1,
            "depthwise_seperable_out_channel": 1024,
            "dropout_rate": 0.0,
            "ext_pw_out_channel": 1024,
            "input_size": 80,
            "kernel_size": 3,
            "left_chunk": 18,
            "linear_units": 1536,
            "nemo_conv_settings": {"conv_channels": 1024},
            "num_blocks": 24,
            "relative_attention_bias_args": {"type": "t5", "t5_bias_max_distance": 500},
            "time_reduction": 8,
        },
    },
}
"""What of the published config.json says anything about weights or arithmetic."""


def small_config(hidden: int = 32, layers: int = 3, vocabulary: int = 300, **changes: Any) -> dict[str, Any]:
    """The published one with other sizes everywhere, none of them equal by chance."""
    config = copy.deepcopy(PUBLISHED)
    config |= {"hidden_size": hidden, "intermediate_size": 3 * hidden, "num_hidden_layers": layers}
    config |= {"num_attention_heads": 4, "num_key_value_heads": 2, "vocab_size": vocabulary}
    factors = hidden // 4 * 3 // 4 // 2
    config["rope_scaling"] = {
        "type": "longrope",
        "short_factor": [1.0 + i / 10 for i in range(factors)],
        "long_factor": [2.0 + i for i in range(factors)],
    }
    config["vision_lora"] = {"r": 3, "lora_alpha": 6, "dp": 0.0}
    config["speech_lora"] = {"r": 5, "lora_alpha": 10, "dp": 0.0}
    config["img_processor"] = {
        "hidden_size": 24,
        "intermediate_size": 40,
        "num_attention_heads": 2,
        "num_hidden_layers": 4,
        "image_size": 448,
        "patch_size": 14,
    }
    audio = {"attention_dim": 16, "attention_heads": 2, "linear_units": 28, "num_blocks": 3, "ext_pw_out_channel": 16}
    audio |= {"depthwise_seperable_out_channel": 16, "nemo_conv_settings": {"conv_channels": 6}}
    config["audio_processor"]["config"] |= audio
    return config | changes


def write_checkpoint(folder: Path, config: dict[str, Any], shards: int = 2, seed: int = 1) -> Path:
    """A checkpoint of random bytes; tensors are dealt out to the files by size."""
    specs, chance = expected(config), random.Random(seed)
    files = _deal(specs, shards)
    write_small_files(folder, config, files)
    for file, names in files.items():
        save(folder / file, {name: (specs[name], chance.randbytes(size_of(specs[name]))) for name in names})
    return folder


def write_empty_checkpoint(folder: Path, config: dict[str, Any], shards: int) -> Path:
    """The same with nothing but zeros, in files that take no room on the disk, however large they are."""
    specs = expected(config)
    files = _deal(specs, shards)
    write_small_files(folder, config, files)
    for file, names in files.items():
        Writer(folder / file, {name: specs[name] for name in names}).close()
    return folder


def write_small_files(folder: Path, config: dict[str, Any], files: dict[str, list[str]]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    weight_map = {name: file for file, names in files.items() for name in names}
    index = {"metadata": {"total_size": 0}, "weight_map": weight_map}
    generation = {"bos_token_id": 199999, "eos_token_id": [200020, 199999], "pad_token_id": 199999}
    preprocessing = {"image_processor_type": "X", "auto_map": {"AutoProcessor": "code.X"}, "dynamic_hd": 36}
    texts = {"config.json": config, "model.safetensors.index.json": index, "generation_config.json": generation}
    texts |= {"preprocessor_config.json": preprocessing, "tokenizer.json": {"version": "1.0"}}
    for name, data in texts.items():
        (folder / name).write_text(json.dumps(data))


def _deal(specs: dict[str, Spec], shards: int) -> dict[str, list[str]]:
    """File → names, about equal in bytes, in the list's order."""
    names, total = list(specs), sum(size_of(spec) for spec in specs.values())
    files: dict[str, list[str]] = {f"model-{n:05}-of-{shards:05}.safetensors": [] for n in range(1, shards + 1)}
    done = 0
    for name in names:
        files[list(files)[min(shards - 1, done * shards // total)]].append(name)
        done += size_of(specs[name])
    return {file: held for file, held in files.items() if held}


def save(path: Path, tensors: dict[str, tuple[Spec, bytes]]) -> None:
    """Writes a weight file. The library wants a framework's arrays, and numpy has no bfloat16."""
    header, begin = {}, 0
    for name, ((dtype, shape), data) in tensors.items():
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [begin, begin + len(data)]}
        begin += len(data)
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(data for _, data in tensors.values()))


def load(*paths: Path) -> dict[str, tuple[Spec, bytes]]:
    """All tensors of weight files, read by the library."""
    entries = (pair for path in paths for pair in safetensors.deserialize(path.read_bytes()))
    return {name: ((entry["dtype"], tuple(entry["shape"])), bytes(entry["data"])) for name, entry in entries}


def rewrite(path: Path, drop: Sequence[str] = (), add: dict[str, Spec] | None = None) -> None:
    """Writes a weight file anew, without some tensors and with others (of zeros)."""
    kept = {name: held for name, held in load(path).items() if name not in drop}
    save(path, kept | {name: (spec, bytes(size_of(spec))) for name, spec in (add or {}).items()})
