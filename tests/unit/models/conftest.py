"""An index on this machine in the place of pip's, and a store in a temporary folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.models.artefacts import Artefact
from assistant.models.sources.transfer import Limits
from assistant.models.store import ModelStore
from tests.helpers.index_server import IndexServer, publish, serving

QUICK = Limits(connect=2, stall=0.5, attempts=2, pause=0.01)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[IndexServer]:
    with serving() as running:
        monkeypatch.setenv("PIP_INDEX_URL", running.index)
        monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
        monkeypatch.setenv("HF_ENDPOINT", running.url)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        yield running


@pytest.fixture
def artefact(server: IndexServer) -> Artefact:
    return publish(server, weights=os.urandom(900_001))


@pytest.fixture
def store(tmp_path: Path, artefact: Artefact) -> ModelStore:
    return ModelStore(tmp_path / "models", find=lambda _: artefact)
