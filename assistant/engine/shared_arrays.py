"""Arrays handed to another process without copying them through a pipe, in memory that no crash can leave behind.

The memory has no name in any file system: it lives as long as a process holds it, so nothing is left in `/dev/shm` when
either side is killed. POSIX passes the descriptor of an unlinked file; Windows opens a mapping that ends with its
last handle.
"""

from __future__ import annotations

import mmap
import os
import secrets
import sys
import tempfile
from multiprocessing import reduction
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Channel", "receive", "send"]

if sys.platform == "win32":
    from multiprocessing.connection import PipeConnection as Channel
else:
    from multiprocessing.connection import Connection as Channel


def send(channel: Channel, array: NDArray[Any], process: int) -> object:
    """Sends one array over a channel that carries nothing else.

    Args:
        channel: one end of a duplex `multiprocessing.Pipe`.
        array: any C-contiguous array that holds no objects.
        process: id of the receiving process.

    Returns:
        What keeps the memory alive: to be held until the receiver has answered.
    """
    channel.send((array.shape, array.dtype.str, array.nbytes))
    return _share(channel, array, process) if array.nbytes else None


def receive(channel: Channel) -> NDArray[Any]:
    """The next array of the channel, read-only, in the shared memory itself: it is freed with the array."""
    shape, dtype, size = channel.recv()
    if size == 0:
        return np.zeros(shape, dtype)
    array: NDArray[Any] = np.frombuffer(_open(channel, size), dtype).reshape(shape)
    array.flags.writeable = False
    return array


def _share(channel: Channel, array: NDArray[Any], process: int) -> object:
    """Copies the array into new shared memory and hands the other side the way to it."""
    content = np.ascontiguousarray(array).data.cast("B")
    if sys.platform == "win32":
        name = f"hearsight-{secrets.token_hex(16)}"
        mapping = mmap.mmap(-1, array.nbytes, tagname=name)
        mapping.write(content)
        channel.send(name)
        return mapping
    file = _nameless_file()
    try:
        os.truncate(file, array.nbytes)
        with mmap.mmap(file, array.nbytes) as memory:
            memory.write(content)
        reduction.send_handle(channel, file, process)
    finally:
        os.close(file)
    return None


def _open(channel: Channel, size: int) -> mmap.mmap:
    if sys.platform == "win32":
        return mmap.mmap(-1, size, tagname=channel.recv())
    file = reduction.recv_handle(channel)
    try:
        return mmap.mmap(file, size)
    finally:
        os.close(file)


def _nameless_file() -> int:
    """The descriptor of a file in memory (Linux) or of an unlinked one."""
    if sys.platform == "linux":
        return os.memfd_create("hearsight", os.MFD_CLOEXEC)
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
