"""Files are written whole or not at all, and for the user alone."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from assistant.core.errors import StorageError
from assistant.core.files import open_private, part_of, storage_error, write_atomic


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content in (b"first", b"", b"x" * 100_000):
        write_atomic(file, content)
        assert file.read_bytes() == content
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_it_is_for_the_user_alone_whatever_the_umask(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        write_atomic(tmp_path / "file", b"x")
    finally:
        os.umask(old)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o600


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_atomic(tmp_path / "link", b"new")
    assert (tmp_path / "real").read_bytes() == b"new"
    assert (tmp_path / "link").is_symlink()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    write_atomic(tmp_path / "file", b"old")

    def fail(_descriptor: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(StorageError) as caught:
        write_atomic(tmp_path / "file", b"new")
    assert ("disk is full" in caught.value.message) == (number == errno.ENOSPC)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"file": b"old"}


def test_a_missing_folder_says_so(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="can't be written"):
        write_atomic(tmp_path / "none" / "file", b"x")


def test_two_writers_never_share_a_part(tmp_path: Path) -> None:
    assert len({part_of(tmp_path / "file") for _ in range(100)}) == 100
    assert len(part_of(tmp_path / ("n" * 255)).name) < 255


def test_a_private_file_is_never_an_existing_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"mine")
    with pytest.raises(FileExistsError):
        open_private(tmp_path / "file")


def test_reasons_are_in_plain_words(tmp_path: Path) -> None:
    assert "Free some space" in str(storage_error(OSError(errno.ENOSPC, "x"), tmp_path))
    assert "Permission denied" in str(storage_error(PermissionError(errno.EACCES, "Permission denied"), tmp_path))
