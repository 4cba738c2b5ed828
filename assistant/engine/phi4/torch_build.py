"""Which torch is installed and what it was built for, found out without importing it."""

from __future__ import annotations

import importlib.metadata
import re
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("torch", "transformers", "accelerate", "safetensors", "tokenizers")
"""What the engine imports in its process."""


@dataclass(frozen=True)
class TorchBuild:
    """Attributes:
    version: as pip names it; empty where torch isn't installed.
    cuda: the CUDA version that it was built for ("12.8"); empty for a build without.
    """

    version: str = ""
    cuda: str = ""


def missing_packages() -> list[str]:
    """Those of `PACKAGES` that aren't installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def torch_build() -> TorchBuild:
    """Reads `torch/version.py`, which every wheel carries."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return TorchBuild()
    told = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    cuda = re.search(r"^cuda\b[^=]*= *['\"]([\d.]+)['\"]", told, re.MULTILINE)
    return TorchBuild(importlib.metadata.version("torch"), cuda[1] if cuda else "")
