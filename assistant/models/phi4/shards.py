"""safetensors files as raw bytes: reading headers, copying tensors, writing a file tensor by tensor.

The format (huggingface/safetensors, "Format"): 8 bytes with the header's length N as little-endian uint64, N bytes of
JSON `{name: {"dtype", "shape", "data_offsets": [begin, end]}}`, then the data, to which the offsets are relative.
The library itself can't hand out bfloat16 without torch, nor write a file larger than memory; so bytes are moved here.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from assistant.core.cancel import CancelToken
from assistant.core.errors import ModelBroken

SIZES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
"""Bytes of one value."""

_CHUNK = 4 << 20
_LONGEST_HEADER = 100_000_000
"""The library's own limit."""

Spec = tuple[str, tuple[int, ...]]
"""dtype and shape."""


@dataclass(frozen=True)
class Tensor:
    """Where one tensor's bytes lie.

    Attributes:
        start: of its bytes, from the beginning of the file.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]
    start: int
    size: int

    @property
    def spec(self) -> Spec:
        return self.dtype, self.shape


def size_of(spec: Spec) -> int:
    """Bytes of a tensor."""
    dtype, shape = spec
    return SIZES[dtype] * math.prod(shape)


def read_header(path: Path) -> dict[str, Tensor]:
    """The tensors of a file, in the order of their data.

    Raises:
        ModelBroken: it isn't a safetensors file, or its data is cut off or doesn't fit its header.
        OSError: it can't be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(8)
        length = struct.unpack("<Q", head)[0] if len(head) == 8 else 0
        if not 2 <= length <= min(_LONGEST_HEADER, size - 8):
            raise broken(path, "it doesn't begin like a safetensors file")
        tensors = _tensors(path, file.read(length), 8 + length)
    _require_gapless(path, tensors, 8 + length, size)
    return {tensor.name: tensor for tensor in tensors}


def header_of(path: Path) -> bytes:
    """The header's own bytes, for fingerprints; at most a few MB."""
    with path.open("rb") as file:
        head = file.read(8)
        return head + file.read(min(_LONGEST_HEADER, struct.unpack("<Q", head)[0]) if len(head) == 8 else 0)


def _tensors(path: Path, text: bytes, data_start: int) -> list[Tensor]:
    try:
        entries: dict[str, Any] = json.loads(text)
        entries.pop("__metadata__", None)
        tensors = [_tensor(name, entry, data_start) for name, entry in entries.items()]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise broken(path, "its header can't be read") from error
    return sorted(tensors, key=lambda tensor: tensor.start)


def _tensor(name: str, entry: Mapping[str, Any], data_start: int) -> Tensor:
    begin, end = entry["data_offsets"]
    dtype, shape = entry["dtype"], tuple(entry["shape"])
    if size_of((dtype, shape)) != end - begin:
        raise ValueError(name)
    return Tensor(name, dtype, shape, data_start + begin, end - begin)


def _require_gapless(path: Path, tensors: list[Tensor], start: int, size: int) -> None:
    for tensor in tensors:
        if tensor.start != start:
            raise broken(path, "its tensors overlap or leave gaps")
        start += tensor.size
    if start > size:
        raise broken(path, f"it is cut off: {size} bytes of {start}")
    if start < size:
        raise broken(path, f"{size - start} bytes too many follow its data")


def broken(path: Path, reason: str) -> ModelBroken:
    return ModelBroken(
        f"The model file {path.name} is damaged: {reason}.",
        action="Fetch the model again with: hearsight models pull phi4",
    )


class Writer:
    """A safetensors file of known tensors that is filled in any order; unwritten parts are zero.

    Opening an unfinished file again is fine as long as the tensors are the same: what was written stays.
    """

    def __init__(self, path: Path, specs: Mapping[str, Spec]) -> None:
        header, self._starts = _layout(specs)
        self.size = len(header) + sum(size_of(spec) for spec in specs.values())
        self._file: BinaryIO = path.open("r+b" if path.exists() else "w+b")
        path.chmod(0o600)
        self._file.write(header)
        self._file.truncate(self.size)

    def at(self, name: str) -> BinaryIO:
        """The file, at the place where this tensor's bytes go."""
        self._file.seek(self._starts[name])
        return self._file

    def sync(self) -> None:
        """Returns when what was written is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()


def _layout(specs: Mapping[str, Spec]) -> tuple[bytes, dict[str, int]]:
    """The header's bytes, padded to 8 as the library does, and where each tensor starts in the file."""
    entries: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    begin, starts = 0, {}
    for name, spec in specs.items():
        end = begin + size_of(spec)
        entries[name] = {"dtype": spec[0], "shape": list(spec[1]), "data_offsets": [begin, end]}
        starts[name], begin = begin, end
    text = json.dumps(entries, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, {name: 8 + len(text) + start for name, start in starts.items()}


def copy_tensor(source: BinaryIO, tensor: Tensor, target: BinaryIO, cancel: CancelToken) -> None:
    """Copies one tensor's bytes to where `target` stands.

    Raises:
        OSError: the source became shorter meanwhile, or the disk refused.
        Cancelled: `cancel` was set.
    """
    source.seek(tensor.start)
    left = tensor.size
    while left:
        cancel.check()
        chunk = source.read(min(_CHUNK, left))
        if not chunk:
            raise OSError(f"{tensor.name} ends early")
        target.write(chunk)
        left -= len(chunk)


def digest_of(path: Path, tensor: Tensor) -> bytes:
    """SHA-256 of one tensor's bytes, 1 MiB at a time."""
    digest, left = hashlib.sha256(), tensor.size
    with path.open("rb") as file:
        file.seek(tensor.start)
        while left and (chunk := file.read(min(left, 1 << 20))):
            digest.update(chunk)
            left -= len(chunk)
    return digest.digest()
