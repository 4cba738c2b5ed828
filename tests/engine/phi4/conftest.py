"""The Phi-4 model in two sizes: the golden checkpoint with its author's answers, and a tiny one with a switch at 48."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from assistant.engine.phi4.native import Native, load_native
from assistant.models.phi4.install import prepare
from tests.engine.phi4.sessions import tiny
from tests.helpers.golden import Golden


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """The matrices are so small that a second thread only waits."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def folder(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden checkpoint, converted. Tests don't change it."""
    return prepare(golden.checkpoint, tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def loaded(folder: Path) -> Native:
    """The golden checkpoint, loaded and cured."""
    return load_native(folder, "cpu", torch.float32)


@pytest.fixture(scope="session")
def tiny_model() -> Native:
    return tiny()
