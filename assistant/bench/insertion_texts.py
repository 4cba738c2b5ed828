"""The texts that are inserted: `insertion_texts.toml`, from one letter to 100 kB."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Sample:
    """One text.

    Attributes:
        group: what is hard about it.
    """

    group: str
    text: str


def samples() -> list[Sample]:
    """All of them, in the file's order."""
    groups = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))["group"]
    return [Sample(g["name"], text * g.get("repeated", 1)) for g in groups for text in g["texts"]]
