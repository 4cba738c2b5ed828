"""A safetensors file written part by part, which a later run goes on with where this one was broken off.

The format (huggingface/safetensors, "Format"): 8 bytes with the header's length as little-endian uint64, a JSON header
`{name: {"dtype", "shape", "data_offsets"}}`, then the data. The library writes only what fits into memory at once.
"""

from __future__ import annotations

import errno
import json
import os
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import Tensor

from assistant.core.errors import HearsightError, StorageError

Spec = tuple[torch.dtype, tuple[int, ...]]
Part = Mapping[str, Spec]

_NAMES = {
    torch.float32: "F32",
    torch.float16: "F16",
    torch.bfloat16: "BF16",
    torch.int8: "I8",
    torch.uint8: "U8",
}


def write_parts(
    target: Path, parts: Sequence[Part], make: Callable[[int], Mapping[str, Tensor]], metadata: Mapping[str, str]
) -> None:
    """Writes `target` through a file beside it that takes its name when complete; mode 0600.

    Args:
        parts: names, types and shapes of each part's tensors, known beforehand.
        make: computes one part; not called for those that an earlier, broken-off run with the same `parts` and
            `metadata` has written.

    Raises:
        StorageError: the disk is full or the folder can't be written; what is complete is kept for the next run.
    """
    partial = target.with_name(target.name + ".partial")
    header = _header(parts, metadata)
    ends = _ends(parts, len(header))
    try:
        with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            done = _resume(file.read(len(header)), header, partial.stat().st_size, ends)
            if not done:
                file.seek(0)
                file.write(header)
            file.truncate(ends[done])
            file.seek(ends[done])
            for index in range(done, len(parts)):
                _write_part(file, parts[index], make(index))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        raise _storage_error(error, target) from error


def _write_part(file: object, part: Part, tensors: Mapping[str, Tensor]) -> None:
    for name, (dtype, shape) in part.items():
        tensor = tensors[name]
        if (tensor.dtype, tuple(tensor.shape)) != (dtype, shape):
            raise ValueError(f"{name} is {tensor.dtype} {tuple(tensor.shape)}, not {dtype} {shape}.")
        file.write(tensor.contiguous().cpu().reshape(-1).view(torch.uint8).numpy().data)  # type: ignore[attr-defined]
    file.flush()  # type: ignore[attr-defined]


def _resume(found: bytes, header: bytes, size: int, ends: list[int]) -> int:
    """How many parts are whole in a file that begins with `found`."""
    if found != header:
        return 0
    return sum(1 for end in ends[1:] if end <= size)


def _header(parts: Sequence[Part], metadata: Mapping[str, str]) -> bytes:
    entries: dict[str, object] = {"__metadata__": dict(metadata)}
    begin = 0
    for part in parts:
        for name, (dtype, shape) in part.items():
            end = begin + _bytes(dtype, shape)
            entries[name] = {"dtype": _NAMES[dtype], "shape": list(shape), "data_offsets": [begin, end]}
            begin = end
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text


def _ends(parts: Sequence[Part], start: int) -> list[int]:
    """Where the data begins, and where each part ends."""
    ends = [start]
    for part in parts:
        ends.append(ends[-1] + sum(_bytes(*spec) for spec in part.values()))
    return ends


def _bytes(dtype: torch.dtype, shape: tuple[int, ...]) -> int:
    return int(torch.Size(shape).numel()) * dtype.itemsize


def _storage_error(error: OSError, target: Path) -> HearsightError:
    if error.errno == errno.ENOSPC:
        return StorageError(
            f"There is no space left on the disk for {target.name}.",
            kept="What was finished is kept.",
            action="Free some space and start again: it goes on where it stopped.",
        )
    return StorageError(f"{target.name} can't be written: {error.strerror}.", action="Check the folder's permissions.")
