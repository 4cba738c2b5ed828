"""Commands over a named pipe, which Windows keeps to the user that made it."""

from __future__ import annotations

import contextlib
import getpass
import hashlib
import secrets
import threading
from collections.abc import Callable
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import cast

from assistant.desktop.single_instance import MOST_BYTES, SECONDS


class PipeTransport:
    """Listens on a pipe named after the user and the profile. The first to make it is the one instance.

    Messages are plain bytes: `recv` would unpickle, and so run, what a stranger sent.

    Args:
        address: names the profile; the key that clients must know lies beside it.
        family: "AF_PIPE"; another one of multiprocessing's for systems without named pipes.
        pipe: the pipe's name; made from the address when left out.
    """

    def __init__(self, address: Path, family: str = "AF_PIPE", pipe: str = "") -> None:
        self._key_file = address.with_suffix(".key")
        self._family = family
        self._pipe = pipe or pipe_name(address)
        self._listener: Listener | None = None
        self._closed = False

    def acquire(self, answer: Callable[[bytes], bytes]) -> bool:
        self._key_file.parent.mkdir(parents=True, exist_ok=True)
        key = secrets.token_bytes(32)
        try:
            # Windows gives the first instance of a pipe's name to one process alone.
            self._listener = Listener(self._pipe, self._family, authkey=key)
        except OSError:
            return False
        self._key_file.write_bytes(key)
        threading.Thread(target=self._serve, args=(self._listener, answer), name="commands", daemon=True).start()
        return True

    def close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            self._closed = True
            # A waiting accept() ends only when somebody comes.
            with contextlib.suppress(Exception):
                Client(self._pipe, self._family, authkey=self._key_file.read_bytes()).close()
            listener.close()
            self._key_file.unlink(missing_ok=True)

    def _serve(self, listener: Listener, answer: Callable[[bytes], bytes]) -> None:
        while not self._closed:
            # Whoever doesn't know the key, or leaves during the greeting, is turned away with an exception.
            with contextlib.suppress(Exception):
                client = cast("Connection[bytes, bytes]", listener.accept())
                threading.Thread(target=_serve_one, args=(client, answer), daemon=True).start()


def exchange(address: Path, line: bytes, family: str = "AF_PIPE", pipe: str = "") -> bytes:
    """Sends one line and gives the one that comes back.

    Raises:
        OSError: nobody listens, or not in time.
        EOFError: it hung up.
    """
    with _client(pipe or pipe_name(address), family, address.with_suffix(".key").read_bytes()) as connection:
        connection.send_bytes(line)
        if not connection.poll(SECONDS):
            raise TimeoutError("no answer")
        return connection.recv_bytes(MOST_BYTES)


def _client(pipe: str, family: str, key: bytes) -> Connection[bytes, bytes]:
    try:
        return cast("Connection[bytes, bytes]", Client(pipe, family, authkey=key))
    except AuthenticationError as error:
        raise PermissionError("the key that lies in the profile is another instance's") from error


def pipe_name(address: Path) -> str:
    """One name for each user and profile."""
    made = hashlib.sha256(f"{getpass.getuser()}\0{address}".encode()).hexdigest()[:24]
    return rf"\\.\pipe\hearsight-{made}"


def _serve_one(client: Connection[bytes, bytes], answer: Callable[[bytes], bytes]) -> None:
    with client, contextlib.suppress(OSError, EOFError):
        if client.poll(SECONDS):
            client.send_bytes(answer(client.recv_bytes(MOST_BYTES)))
