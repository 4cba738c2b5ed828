"""The scripts beside the project, loaded as they load each other: by name, from their own folder."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / "packaging"
_NAMES = ("environment", "gpu_packages", "system_packages", "run", "test")


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Gives a function that imports one of the scripts afresh."""
    monkeypatch.syspath_prepend(str(SCRIPTS))

    def by_name(name: str) -> ModuleType:
        return importlib.import_module(name)

    yield by_name
    for name in _NAMES:
        sys.modules.pop(name, None)
