"""Wayland's wire format, as much of it as a clipboard needs (wayland.freedesktop.org, "Wire Format").

A message is the object's number, its size and opcode, and its arguments in 32-bit words; file descriptors travel
beside it.
"""

from __future__ import annotations

import os
import socket
import struct
from collections import deque
from dataclasses import dataclass
from pathlib import Path

_MOST_BYTES = 1 << 16
_MOST_FDS = 28
"""In one message of libwayland's."""
_DISPLAY = 1
_SYNC, _GET_REGISTRY = 0, 1
_BIND = 0
_DONE = 0
_GLOBAL = 0


@dataclass(frozen=True)
class Event:
    """What the compositor sent: the object's number, which of its events, and the arguments still packed."""

    object: int
    opcode: int
    data: bytes

    def word(self, index: int = 0) -> int:
        """The argument that begins at a word."""
        return int(struct.unpack_from("=I", self.data, index * 4)[0])

    def text(self, index: int = 0) -> str:
        """A string: its length with the final zero, then its bytes."""
        size = self.word(index)
        return self.data[index * 4 + 4 : index * 4 + 4 + max(0, size - 1)].decode("utf-8", "replace")

    def after_text(self, index: int = 0) -> int:
        """The word that follows a string."""
        return index + 1 + (self.word(index) + 3) // 4


class Wire:
    """A connection to the compositor that the environment names.

    Raises:
        OSError: there is none.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(str(address()))
        except OSError:
            self._socket.close()
            raise
        self._numbers = _DISPLAY
        self._bytes = b""
        self._fds: deque[int] = deque()

    def fileno(self) -> int:
        return self._socket.fileno()

    def new(self) -> int:
        """The number of a new object."""
        self._numbers += 1
        return self._numbers

    def send(self, target: int, opcode: int, *arguments: int | str, fd: int | None = None) -> None:
        body = b"".join(_packed(argument) for argument in arguments)
        message = struct.pack("=II", target, (8 + len(body)) << 16 | opcode) + body
        if fd is None:
            self._socket.sendall(message)
        else:
            socket.send_fds(self._socket, [message], [fd])

    def registry(self) -> int:
        number = self.new()
        self.send(_DISPLAY, _GET_REGISTRY, number)
        return number

    def bind(self, registry: int, name: int, interface: str, version: int) -> int:
        number = self.new()
        self.send(registry, _BIND, name, interface, version, number)
        return number

    def sync(self) -> int:
        """The object whose event says that all before was dealt with."""
        number = self.new()
        self.send(_DISPLAY, _SYNC, number)
        return number

    def receive(self, *, wait: bool) -> list[Event]:
        """What has come; with `wait` at least one read.

        Raises:
            OSError: the compositor has gone, or said that we did something wrong.
        """
        self._socket.settimeout(5.0 if wait else 0.0)
        try:
            data, fds, _, _ = socket.recv_fds(self._socket, _MOST_BYTES, _MOST_FDS)
        except BlockingIOError:
            return []
        finally:
            self._socket.settimeout(5.0)
        if not data:
            raise ConnectionResetError("the compositor has gone")
        self._fds.extend(fds)
        self._bytes += data
        return self._events()

    def take_fd(self) -> int:
        """The file descriptor that came with the event."""
        return self._fds.popleft()

    def close(self) -> None:
        self._socket.close()
        while self._fds:
            os.close(self._fds.popleft())

    def _events(self) -> list[Event]:
        found = []
        while len(self._bytes) >= 8:
            target, word = struct.unpack_from("=II", self._bytes)
            size = word >> 16
            if len(self._bytes) < size:
                break
            event = Event(target, word & 0xFFFF, self._bytes[8:size])
            self._bytes = self._bytes[size:]
            if (target, event.opcode) == (_DISPLAY, 0):
                raise ConnectionResetError("the compositor refused a request")
            found.append(event)
        return found


def address() -> Path:
    """Of the compositor's socket."""
    name = os.environ.get("WAYLAND_DISPLAY", "wayland-0")
    return Path(os.environ.get("XDG_RUNTIME_DIR", "/")) / name


def globals_of(wire: Wire) -> tuple[int, dict[str, tuple[int, int]]]:
    """The registry, and what the compositor offers: name and version by interface.

    Raises:
        OSError: it doesn't answer.
    """
    registry, found = wire.registry(), {}
    end = wire.sync()
    while True:
        for event in wire.receive(wait=True):
            if (event.object, event.opcode) == (registry, _GLOBAL):
                interface = event.text(1)
                found[interface] = (event.word(0), event.word(event.after_text(1)))
            elif (event.object, event.opcode) == (end, _DONE):
                return registry, found


def _packed(argument: int | str) -> bytes:
    if isinstance(argument, int):
        return struct.pack("=I", argument)
    data = argument.encode() + b"\0"
    return struct.pack("=I", len(data)) + data + b"\0" * (-len(data) % 4)
