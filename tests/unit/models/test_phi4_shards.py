"""Weight files that are damaged are said to be, whatever is wrong with them."""

from __future__ import annotations

import contextlib
import json
import struct
from pathlib import Path
from typing import Any

import pytest
import safetensors
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.core.errors import ModelBroken
from assistant.models.phi4.shards import Writer, digest_of, read_header

_ONE = {"a": {"dtype": "BF16", "shape": [2, 3], "data_offsets": [0, 12]}}


def _file(path: Path, header: Any, data: bytes = b"\0" * 12) -> Path:
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


@pytest.mark.parametrize(
    ("header", "data", "words"),
    [
        (_ONE, b"\0" * 11, "cut off"),
        (_ONE, b"\0" * 13, "too many"),
        (_ONE, b"", "cut off"),
        (b"{}[", b"", "can't be read"),
        (b"[" * 3000, b"", "can't be read"),
        ([], b"", "can't be read"),
        ({"a": {"dtype": "F7", "shape": [1], "data_offsets": [0, 2]}}, b"\0" * 2, "can't be read"),
        ({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [0, 4]}}, b"\0" * 4, "can't be read"),
        ({"a": {"dtype": "BF16", "shape": [1], "data_offsets": [2, 4]}}, b"\0" * 4, "overlap or leave gaps"),
    ],
)
def test_damage_is_named(tmp_path: Path, header: Any, data: bytes, words: str) -> None:
    with pytest.raises(ModelBroken, match=words):
        read_header(_file(tmp_path / "x.safetensors", header, data))


@pytest.mark.parametrize("data", [b"", b"abc", struct.pack("<Q", 1 << 60), b"\xff" * 100, b"version https://git-lfs"])
def test_what_is_no_such_file_is_said(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.safetensors"
    path.write_bytes(data)
    with pytest.raises(ModelBroken, match="doesn't begin like"):
        read_header(path)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 199), byte=st.integers(0, 255), length=st.integers(0, 200))
def test_no_damage_gets_through_as_another_error(tmp_path: Path, position: int, byte: int, length: int) -> None:
    path = tmp_path / "x.safetensors"
    whole = bytearray(
        _file(path, {**_ONE, "b": {"dtype": "F32", "shape": [1], "data_offsets": [12, 16]}}, b"\1" * 16).read_bytes()
    )
    whole[position % len(whole)] = byte
    path.write_bytes(whole[: length or len(whole)])
    with contextlib.suppress(ModelBroken):
        read_header(path)


def test_what_is_written_the_library_reads(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    with Writer(path, {"a": ("F32", (2,)), "b": ("BF16", (1, 3))}) as writer:
        writer.at("b").write(b"bbbbbb")
        writer.at("a").write(struct.pack("<2f", 1.0, 2.0))
    read = dict(safetensors.deserialize(path.read_bytes()))
    assert bytes(read["b"]["data"]) == b"bbbbbb" and read["b"]["shape"] == [1, 3]
    assert struct.unpack("<2f", bytes(read["a"]["data"])) == (1.0, 2.0)
    assert path.stat().st_mode & 0o777 == 0o600
    tensors = read_header(path)
    assert list(tensors) == ["a", "b"] and digest_of(path, tensors["a"]) != digest_of(path, tensors["b"])


def test_a_writer_that_is_opened_again_keeps_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "x.safetensors"
    specs = {"a": ("BF16", (2,)), "b": ("BF16", (2,))}
    for name in specs:
        with Writer(path, specs) as writer:
            writer.at(name).write(name.encode() * 4)
    read = dict(safetensors.deserialize(path.read_bytes()))
    assert [bytes(read[name]["data"]) for name in specs] == [b"aaaa", b"bbbb"]
