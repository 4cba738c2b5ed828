"""The store: what is ready, what was touched, what is damaged."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from assistant.core.errors import ModelBroken, ModelMissing
from assistant.models.artefacts import Artefact
from assistant.models.pull import pull
from assistant.models.store import ModelStore


@pytest.fixture
def weights(store: ModelStore, artefact: Artefact) -> Path:
    """A file of a model that was fetched and verified."""
    return pull(store, artefact) / "model.bin"


def flip(path: Path, *, keep_time: bool = False) -> None:
    """Flips one bit in the middle."""
    times = path.stat()
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    if keep_time:
        os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def test_nothing_there_names_the_command(store: ModelStore) -> None:
    with pytest.raises(ModelMissing, match="hearsight models pull tiny"):
        store.path("tiny")
    with pytest.raises(ModelMissing):
        store.check_quick("tiny")


def test_fetched_files_are_found_private_and_recorded(store: ModelStore, weights: Path) -> None:
    assert store.path("tiny") == weights.parent
    assert store.check_quick("tiny")
    assert stat.S_IMODE(weights.stat().st_mode) == 0o600
    assert stat.S_IMODE(weights.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700


def test_a_flipped_byte_is_noticed_and_the_file_removed(store: ModelStore, weights: Path) -> None:
    flip(weights)
    assert not store.check_quick("tiny")
    with pytest.raises(ModelBroken, match=r"model\.bin.*removed.*models pull tiny"):
        store.verify("tiny")
    assert not weights.exists()
    with pytest.raises(ModelMissing):
        store.path("tiny")


def test_a_silent_flip_is_found_by_the_full_hash(store: ModelStore, weights: Path) -> None:
    """The disk itself went wrong: size and time are as before, so only `verify` (after a failed load) can tell."""
    flip(weights, keep_time=True)
    assert store.check_quick("tiny")
    with pytest.raises(ModelBroken):
        store.verify("tiny")


def test_a_short_file_is_broken_at_once(store: ModelStore, weights: Path) -> None:
    os.truncate(weights, 1000)
    with pytest.raises(ModelBroken):
        store.check_quick("tiny")


def test_touched_files_are_good_again_after_a_full_hash(store: ModelStore, weights: Path) -> None:
    os.utime(weights, ns=(1, 1))
    assert not store.check_quick("tiny")
    store.verify("tiny")
    assert store.check_quick("tiny")


@pytest.mark.parametrize("content", ["", "[]", "{", '{"model.bin": 3}', "\x00"])
def test_a_damaged_record_only_costs_a_hash(store: ModelStore, weights: Path, content: str) -> None:
    (weights.parent / ".verified.json").write_text(content)
    assert not store.check_quick("tiny")
    store.verify("tiny")
    assert store.check_quick("tiny")


def test_states(store: ModelStore, artefact: Artefact) -> None:
    assert store.stored(artefact).state == "missing"
    begun = store.incoming(artefact)
    begun.mkdir(parents=True)
    (begun / "some.whl.part").write_bytes(b"x" * 10)
    assert (store.stored(artefact).state, store.stored(artefact).size) == ("partial", 10)
    pull(store, artefact)
    assert (store.stored(artefact).state, store.stored(artefact).size) == ("ready", artefact.size)
    os.truncate(store.path("tiny") / "model.bin", 1)
    assert store.stored(artefact).state == "broken"


def test_remove_frees_everything(store: ModelStore, artefact: Artefact, weights: Path) -> None:
    assert store.remove("tiny") == artefact.size
    assert not weights.parent.exists()
    assert store.remove("tiny") == 0


def test_removing_a_linked_model_leaves_its_target(store: ModelStore, weights: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    weights.parent.rename(elsewhere)
    weights.parent.symlink_to(elsewhere)
    store.remove("tiny")
    assert (elsewhere / "model.bin").exists()
    assert not weights.parent.is_symlink()
