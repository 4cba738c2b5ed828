"""The two LoRA adapters: as files of their own in PEFT's form, compared with the published adapter folders."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelBroken
from assistant.models.phi4.keys import adapter_key, lora_parts
from assistant.models.phi4.layout import ADAPTERS
from assistant.models.phi4.shards import Spec, Tensor, digest_of, read_header

WEIGHTS = "adapter_model.safetensors"
TARGETS = r"model\.layers\.\d+\.((self_attn\.(qkv|o)_proj)|(mlp\.(gate_up|down)_proj))"
"""The modules that carry LoRA, as a regular expression over transformers' module names (for PEFT)."""

Comparison = str
"""`same`, `absent`, or why the folder couldn't be compared."""


def specs_of(tensors: Mapping[str, Spec]) -> dict[str, dict[str, Spec]]:
    """Adapter → name in its own file → dtype and shape, from all tensors of the hub layout."""
    files: dict[str, dict[str, Spec]] = {adapter: {} for adapter in ADAPTERS}
    for name, spec in tensors.items():
        parts = lora_parts(name)
        if parts is not None:
            module, half, adapter = parts
            files[adapter][adapter_key(module, half)] = spec
    return files


def config_of(config: Mapping[str, Any], adapter: str) -> dict[str, Any]:
    """adapter_config.json, with the published rank and alpha."""
    published = config[f"{adapter}_lora"]
    return {
        "peft_type": "LORA",
        "task_type": "CAUSAL_LM",
        "r": published["r"],
        "lora_alpha": published["lora_alpha"],
        "lora_dropout": published.get("dp", 0.0),
        "target_modules": TARGETS,
        "bias": "none",
        "fan_in_fan_out": False,
        "inference_mode": True,
        "base_model_name_or_path": None,
    }


def published_folder(source: Path, adapter: str) -> Path:
    return source / f"{adapter}-lora"


def compare(ours: Path, source: Path, adapter: str, cancel: CancelToken) -> Comparison:
    """Compares an adapter taken from the shards with the published adapter folder, tensor by tensor.

    Raises:
        ModelBroken: they hold different numbers, so one of them is damaged or of another revision.
    """
    theirs = published_folder(source, adapter) / WEIGHTS
    if not theirs.is_file():
        return "absent"
    mine, found = _by_part(read_header(ours)), _by_part(read_header(theirs))
    if not found:
        return "its tensors have unknown names"
    if {tensor.dtype for tensor in found.values()} != {tensor.dtype for tensor in mine.values()}:
        return "it holds another type of numbers"
    for part in sorted(mine.keys() | found.keys()):
        cancel.check()
        if not _is_same(ours, mine.get(part), theirs, found.get(part)):
            raise _different(adapter, ".lora_".join(part))
    return "same"


def _by_part(tensors: Mapping[str, Tensor]) -> dict[tuple[str, str], Tensor]:
    named = ((lora_parts(name), tensor) for name, tensor in tensors.items())
    return {parts[:2]: tensor for parts, tensor in named if parts is not None}


def _is_same(ours: Path, mine: Tensor | None, theirs: Path, found: Tensor | None) -> bool:
    if mine is None or found is None or mine.shape != found.shape:
        return False
    return digest_of(ours, mine) == digest_of(theirs, found)


def _different(adapter: str, part: str) -> ModelBroken:
    return ModelBroken(
        f"The {adapter} adapter in the model's weights isn't the one in its folder {adapter}-lora ({part} differs).",
        action="The files may be of different revisions. Fetch them together with: hearsight models pull phi4",
    )
