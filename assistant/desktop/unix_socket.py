"""Commands over a Unix socket in a folder that only the user can enter."""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import socket
import socketserver
import stat
import struct
import sys
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from assistant.core.errors import StorageError
from assistant.desktop.single_instance import MOST_BYTES, SECONDS

_log = logging.getLogger(__name__)

_LONGEST = 100
"""Bytes of a socket's path: Linux takes 107, macOS 103 (sun_path in sys/un.h, with its NUL)."""


class SocketTransport:
    """Listens with one thread for each client, so that a client that says nothing holds up nobody."""

    def __init__(self, address: Path) -> None:
        self._path = short(address)
        self._lock_file: int | None = None
        self._server: _SocketServer | None = None

    def acquire(self, answer: Callable[[bytes], bytes]) -> bool:
        make_private(self._path.parent)
        if not self._lock():
            return False
        try:
            self._listen(answer)
        except OSError as error:
            self.close()
            raise _unusable(self._path.parent, error) from error
        return True

    def close(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._path.unlink(missing_ok=True)
            self._server = None
        if self._lock_file is not None:
            os.close(self._lock_file)
            self._lock_file = None

    def _lock(self) -> bool:
        """The lock lives on a file of its own that is never removed: a removed one could be locked twice."""
        import fcntl

        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
            lock_file = os.open(self._path.with_suffix(".lock"), flags, 0o600)
        except OSError as error:
            raise _unusable(self._path.parent, error) from error
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(lock_file)
            return False
        self._lock_file = lock_file
        return True

    def _listen(self, answer: Callable[[bytes], bytes]) -> None:
        # Whoever holds the lock is alone: a socket that still lies here is a dead process's.
        self._path.unlink(missing_ok=True)
        self._server = _SocketServer(self._path, answer)
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, name="commands", daemon=True
        ).start()


class _SocketServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, path: Path, answer: Callable[[bytes], bytes]) -> None:
        self.answer = answer
        super().__init__(str(path), _Client)

    def server_bind(self) -> None:
        super().server_bind()
        os.chmod(str(self.server_address), stat.S_IRUSR | stat.S_IWUSR)  # noqa: PTH101 - an address, not a document

    def verify_request(self, request: object, *_: object) -> bool:
        return isinstance(request, socket.socket) and peer_user(request) == os.getuid()

    def handle_error(self, *_: object) -> None:
        """A client that hung up in mid-sentence is its own affair."""
        _log.debug("a client of the command socket went away")


class _Client(socketserver.StreamRequestHandler):
    timeout = SECONDS
    server: _SocketServer

    def handle(self) -> None:
        line = self.rfile.readline(MOST_BYTES)
        if line:
            self.wfile.write(self.server.answer(line))


def exchange(address: Path, line: bytes) -> bytes:
    """Sends one line and gives the one that comes back.

    Raises:
        OSError: nobody listens, or not in time.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(SECONDS)
        connection.connect(str(short(address)))
        if peer_user(connection) != os.getuid():
            raise ConnectionRefusedError("somebody else listens there")
        connection.sendall(line)
        with connection.makefile("rb") as stream:
            return stream.readline(MOST_BYTES)


def peer_user(connection: socket.socket) -> int:
    """The user id of the process at the other end, as the kernel knows it.

    Linux: SO_PEERCRED gives pid, uid, gid (unix(7)). macOS and BSD: LOCAL_PEERCRED gives a struct xucred
    (sys/ucred.h), whose version comes before the user id.
    """
    if sys.platform == "linux":
        found = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", found)[1])
    local_level, local_peercred, size = 0, 1, 76
    found = connection.getsockopt(local_level, local_peercred, size)
    return int(struct.unpack_from("2I", found)[1])


def short(address: Path) -> Path:
    """The address itself where a socket can have it; else one in the temporary folder that is made from it."""
    if len(os.fsencode(address)) <= _LONGEST:
        return address
    name = hashlib.sha256(os.fsencode(address)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"hearsight-{os.getuid()}" / f"{name}.sock"


def make_private(folder: Path) -> None:
    """Makes a folder that only the user can enter; one in a public place may have been made by somebody else.

    Raises:
        StorageError: it can't be made, or is not the user's.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        found = folder.lstat()
        if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode):
            raise PermissionError("it belongs to somebody else")
        with contextlib.suppress(PermissionError):
            folder.chmod(0o700)
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> StorageError:
    return StorageError(
        f"The folder {folder} can't be used: {error.strerror or error}.",
        action="Make it yours and writable, or set HEARSIGHT_HOME to a folder that is.",
    )
