"""What an engine loads is what its hash says: a touched file is hashed again, a wrong one never reaches the engine."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineCrashed, ModelBroken, ModelMissing
from assistant.engine.base import Report
from assistant.engine.fake import FakeEngine
from assistant.flows.model_check import CheckedEngine
from assistant.models.artefacts import Artefact, ModelFile
from assistant.models.store import ModelStore

CONTENT = b"weights" * 100


class Counting(FakeEngine):
    """Counts its loads; can fail as an engine does that chokes on a broken file."""

    def __init__(self, *, chokes: bool = False) -> None:
        super().__init__()
        self.loads = 0
        self._chokes = chokes

    def load(self, report: Report, cancel: CancelToken) -> None:
        self.loads += 1
        if self._chokes:
            raise EngineCrashed("The engine ended.")
        super().load(report, cancel)


@pytest.fixture
def store(tmp_path: Path) -> ModelStore:
    file = ModelFile("model.gguf", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    artefact = Artefact("toy", "A toy", "answers", "MIT", (file,), ())
    (tmp_path / "toy").mkdir()
    (tmp_path / "toy" / "model.gguf").write_bytes(CONTENT)
    return ModelStore(tmp_path, lambda _name: artefact)


def load(engine: FakeEngine, store: ModelStore) -> None:
    CheckedEngine(engine, store, ("toy",)).load(lambda _what, _share: None, CancelToken())


def test_a_good_file_is_hashed_once_and_then_known(store: ModelStore) -> None:
    engine = Counting()
    load(engine, store)
    assert store.check_quick("toy")
    load(engine, store)
    assert engine.loads == 2


def test_a_flipped_byte_never_reaches_the_engine(store: ModelStore) -> None:
    load(Counting(), store)
    file = store.folder / "toy" / "model.gguf"
    file.write_bytes(b"W" + CONTENT[1:])
    engine = Counting()
    with pytest.raises(ModelBroken):
        load(engine, store)
    assert engine.loads == 0
    assert not file.exists()


def test_a_missing_file_is_said_before_anything_loads(store: ModelStore) -> None:
    (store.folder / "toy" / "model.gguf").unlink()
    engine = Counting()
    with pytest.raises(ModelMissing):
        load(engine, store)
    assert engine.loads == 0


def test_a_failed_load_hashes_in_full(store: ModelStore) -> None:
    load(Counting(), store)
    file = store.folder / "toy" / "model.gguf"
    stat = file.stat()
    file.write_bytes(b"W" + CONTENT[1:])
    import os

    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert store.check_quick("toy"), "size and time alone can't tell"
    with pytest.raises(ModelBroken):
        load(Counting(chokes=True), store)


def test_an_engine_that_fails_on_good_files_says_its_own_reason(store: ModelStore) -> None:
    with pytest.raises(EngineCrashed):
        load(Counting(chokes=True), store)
