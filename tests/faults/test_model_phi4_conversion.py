"""The conversion of Phi-4-multimodal when it is killed, when the disk fills up, and how much memory it takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from assistant.core.errors import StorageError
from assistant.models.phi4 import stored
from assistant.models.phi4.install import prepare
from assistant.models.phi4.record import read_record
from tests.helpers.phi4_checkpoint import small_config, write_checkpoint, write_empty_checkpoint

_LINUX = sys.platform.startswith("linux")
_MIB = 1 << 20

_PREPARE = """
import sys
from pathlib import Path
from assistant.models.phi4.install import prepare
prepare(Path(sys.argv[1]), Path(sys.argv[2]))
# Not ru_maxrss, which a child takes over from the process that started it.
print(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0] if sys.platform == "linux" else 0)
"""


def _start(hub: Path, models: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _PREPARE, str(hub), str(models)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _noted(models: Path) -> dict[str, int]:
    """The shards that an unfinished conversion has finished."""
    for work in models.glob(".phi4-*.part"):
        if (work / "progress.json").exists():
            done: dict[str, int] = json.loads((work / "progress.json").read_text())["done"]
            return done
    return {}


def test_killed_after_each_shard_it_ends_with_the_same_bytes(tmp_path: Path) -> None:
    hub = write_checkpoint(tmp_path / "hub", small_config(hidden=256, layers=8, vocabulary=40_000), shards=4)
    models, kills = tmp_path / "models", 0
    times: dict[str, int] = {}
    while kills < 3:
        with _start(hub, models) as process:
            _wait_for_another_shard(process, models, len(times))
            process.kill()
        kills += 1
        work = next(models.glob(".phi4-*.part"), None)
        if work is None:
            break
        for name in _noted(models):
            written = (work / name).stat().st_mtime_ns
            assert times.setdefault(name, written) == written, "a finished shard is written once"
    assert times, "it was killed in mid-work"
    native = prepare(hub, models)
    assert not list(models.glob(".phi4-*.part"))
    assert read_record(native) == read_record(prepare(hub, tmp_path / "afresh"))
    assert "files are what their SHA-256 says" in stored.verify_files(native)


def _wait_for_another_shard(process: subprocess.Popen[str], models: Path, before: int) -> None:
    deadline = time.monotonic() + 60
    while len(_noted(models)) <= before and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.001)


@pytest.mark.root
@pytest.mark.skipif(not _LINUX or os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_fills_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hub = write_empty_checkpoint(tmp_path / "hub", small_config(hidden=256, layers=8, vocabulary=20_000), shards=4)
    size = sum(path.stat().st_size for path in hub.glob("*.safetensors"))
    models = tmp_path / "models"
    models.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size * 2 // 3}", "tmpfs", str(models)], check=True)
    try:
        with pytest.raises(StorageError, match="Not enough free space"):
            prepare(hub, models)
        # The space was there when it was asked for, and another program took it since.
        monkeypatch.setattr("assistant.models.phi4.conversion.require_space", lambda *_: None)
        with pytest.raises(StorageError, match="became full while the model was converted") as raised:
            prepare(hub, models)
        assert "finished parts are kept" in raised.value.kept
        done = _noted(models)
        assert 1 <= len(done) < 4
        shards = {path.name for path in next(models.glob(".phi4-*.part")).glob("model-*.safetensors")}
        assert shards == set(done), "half a shard doesn't keep the disk full"
        subprocess.run(["mount", "-o", f"remount,size={size * 2}", str(models)], check=True)
        native = prepare(hub, models)
        assert "files are what their SHA-256 says" in stored.verify_files(native)
    finally:
        subprocess.run(["umount", str(models)], check=True)


@pytest.mark.skipif(not _LINUX, reason="the peak is read from /proc")
def test_memory_stays_far_below_the_models_size(tmp_path: Path) -> None:
    """1.2 GB in two shards, of which one tensor has 820 MB; 3 GB are allowed for the published 11 GB."""
    config = small_config(hidden=2048, layers=3, vocabulary=200_064)
    hub = write_empty_checkpoint(tmp_path / "hub", config, shards=2)
    size = sum(path.stat().st_size for path in hub.glob("*.safetensors"))
    assert size > 1000 * _MIB
    with _start(hub, tmp_path / "models") as process:
        out, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert int(out) * 1024 < 150 * _MIB


def test_a_source_that_goes_away_meanwhile(tmp_path: Path) -> None:
    """A stick that is pulled out."""
    hub = write_checkpoint(tmp_path / "hub", small_config(), shards=2)
    shard = hub / "model-00002-of-00002.safetensors"

    def cut(progress: object) -> None:
        os.truncate(shard, 2000)

    with pytest.raises(StorageError, match="can't be converted"):
        prepare(hub, tmp_path / "models", cut)
    assert not [path for path in (tmp_path / "models").glob("phi4-*")]
