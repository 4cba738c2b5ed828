"""What a converted model has besides its weights: configurations, the tokenizer, the spoken examples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from assistant.core.files import write_atomic
from assistant.models.phi4.adapters import config_of
from assistant.models.phi4.check import Checkpoint
from assistant.models.phi4.layout import ADAPTERS
from assistant.models.phi4.native_config import to_native

_COPIED = (
    *("tokenizer.json", "vocab.json", "merges.txt", "added_tokens.json", "special_tokens_map.json"),
    *("generation_config.json", "LICENSE"),
)
_WITHOUT_CODE = ("tokenizer_config.json", "preprocessor_config.json")
_CODE_KEYS = ("auto_map", "processor_class", "image_processor_type", "feature_extractor_type")
"""They name the author's Python files, which are never fetched."""

_END, _ENDOFTEXT = 200020, 199999
"""The author's generation_config.json, where a folder lacks it."""


def write(checkpoint: Checkpoint, work: Path) -> None:
    """Fills `work` with everything but the weights, their index and the record."""
    source = checkpoint.folder
    for name in _COPIED:
        if (source / name).is_file():
            _copy(source / name, work / name)
    for name in _WITHOUT_CODE:
        _copy_without_code(source / name, work / name)
    for path in sorted((source / "examples").glob("*.wav")):
        (work / "examples").mkdir(exist_ok=True, mode=0o700)
        _copy(path, work / "examples" / path.name)
    for adapter in ADAPTERS:
        write_json(work / "adapters" / adapter / "adapter_config.json", config_of(checkpoint.config, adapter))
    write_json(work / "config.json", to_native(checkpoint.config, _end_ids(source)))


def write_json(path: Path, data: object) -> None:
    write_atomic(path, json.dumps(data, indent=2).encode() + b"\n")


def _copy(source: Path, target: Path) -> None:
    write_atomic(target, source.read_bytes())


def _copy_without_code(source: Path, target: Path) -> None:
    values = _read(source)
    if values:
        write_json(target, {key: value for key, value in values.items() if key not in _CODE_KEYS})


def _end_ids(source: Path) -> list[int]:
    ids = _read(source / "generation_config.json").get("eos_token_id", [_END, _ENDOFTEXT])
    return [ids] if isinstance(ids, int) else list(ids)


def _read(path: Path) -> dict[str, Any]:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return values if isinstance(values, dict) else {}
