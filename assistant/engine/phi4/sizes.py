"""How much memory the model takes in each form, computed from its configuration alone. No torch.

Agrees with the published model's own sizes: 5,574 M parameters, 3,221 M of them in the language model's linears,
131,072 bytes of keys and values a token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from assistant.core.errors import ModelBroken, ModelMissing

Form = Literal["float32 lora", "bf16 merged", "bf16 lora", "int8", "int4"]
"""How the language model's linears lie in memory: one merged copy an adapter, or the plain ones with the adapters
beside them; whole or quantised."""

ADAPTER_SETS = 3
"""Without adapter (text), vision, speech."""

_INT8_BYTES = 1.01
_INT4_BYTES = 0.54
"""Bytes a weight with its share of the scales: 4 bytes a group of 128 for int4, and one scale a row for int8."""
_WORKSPACE = 1_250_000_000
"""CUDA context 0.45 GB and 0.8 GB of activations, as planned for in the performance notes of the engine's design."""
_USUAL_CONTEXT = 8192


@dataclass(frozen=True)
class ModelSize:
    """Attributes:
    linears: parameters of the language model's linears, which adapters change and quantising shrinks.
    adapters: parameters of both adapters.
    rest: parameters of everything else: embeddings, towers, projections.
    token: bytes of keys and values a token, at two bytes a number.
    context: the most tokens that the model was trained for.
    """

    linears: int
    adapters: int
    rest: int
    table: int
    token: int
    context: int

    @classmethod
    def of(cls, folder: Path) -> ModelSize:
        """Of a checkpoint in either layout.

        Raises:
            ModelMissing: there is no checkpoint in the folder.
            ModelBroken: its configuration can't be read.
        """
        file = folder / "config.json"
        if not file.is_file():
            raise ModelMissing(
                f"There is no model in {folder}.",
                action="Name the folder that holds its config.json, or fetch it with: hearsight models pull phi4",
            )
        try:
            return _from_config(json.loads(file.read_text(encoding="utf-8")), folder)
        except (ValueError, KeyError, TypeError, OSError) as error:
            raise ModelBroken(
                f"The model's configuration in {folder} can't be read.", action="Fetch it again."
            ) from error

    def weights(self, form: Form, sets: int) -> int:
        """Bytes of the weights with so many adapter sets in memory at once.

        Merged forms: fewer than all three sets keep the plain linears and both adapters beside the one that is merged,
        to merge the next from; all three need neither.
        """
        rest, both = 2 * self.rest, 2 * (self.linears + self.adapters)
        if form == "float32 lora":
            return 2 * (rest + both)
        if form == "bf16 lora":
            return rest + both
        if form == "bf16 merged":
            return rest + (2 * self.linears * ADAPTER_SETS if sets >= ADAPTER_SETS else both + 2 * self.linears)
        return rest - self.table + round(self.linears * (_INT8_BYTES if form == "int8" else _INT4_BYTES)) * sets

    def needed(self, form: Form, sets: int, tokens: int = _USUAL_CONTEXT) -> int:
        """Bytes of GPU memory in all, with keys and values for so many tokens."""
        return self.weights(form, sets) + tokens * self.token + _WORKSPACE


def _from_config(config: dict[str, Any], folder: Path) -> ModelSize:
    hidden, layers, heads = config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"]
    kv_heads, inner = config["num_key_value_heads"], config["intermediate_size"]
    head = hidden // heads
    shapes = (
        (hidden, (heads + 2 * kv_heads) * head),
        (heads * head, hidden),
        (hidden, 2 * inner),
        (inner, hidden),
    )
    linears = layers * sum(rows * columns for rows, columns in shapes)
    ranks = sum(_rank(config, folder, name) for name in ("vision", "speech"))
    adapters = layers * ranks * sum(rows + columns for rows, columns in shapes)
    stored = sum(file.stat().st_size for file in folder.rglob("*.safetensors")) // _bytes_each(config)
    known = linears + adapters
    return ModelSize(
        linears,
        adapters,
        max(0, stored - known),
        config["vocab_size"] * hidden,
        4 * layers * kv_heads * head,
        config["max_position_embeddings"],
    )


def _rank(config: dict[str, Any], folder: Path, name: str) -> int:
    told = config.get(f"{name}_lora")
    if told is None:
        file = folder / "adapters" / name / "adapter_config.json"
        told = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {"r": 0}
    return int(told["r"])


def _bytes_each(config: dict[str, Any]) -> int:
    return 4 if config.get("torch_dtype", config.get("dtype")) == "float32" else 2
