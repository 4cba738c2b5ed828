"""One Hearsight for each profile: the first one listens, every other hands it a command.

A lock decides who is first; the kernel gives it up with the process, however that ends. Commands are one line of
JSON each way, over a Unix socket that only the user can open (a named pipe on Windows).
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from assistant.core.errors import AlreadyRunning, HearsightError

Command = Callable[[dict[str, Any]], dict[str, Any]]
"""Answers one command. Runs on a thread of the server's; a `HearsightError` becomes the answer."""

MOST_BYTES = 64 * 1024
"""Of one message, with its line end. A command is a few words."""
SECONDS = 5.0
"""How long either side waits for the other."""

_log = logging.getLogger(__name__)


class Transport(Protocol):
    """How commands travel on a system."""

    def acquire(self, answer: Callable[[bytes], bytes]) -> bool: ...

    def close(self) -> None: ...


class Server:
    """The running instance's ear.

    Args:
        address: where it listens: `Paths.socket`.
        on_command: see `Command`.
    """

    def __init__(self, address: Path, on_command: Command) -> None:
        self._on_command = on_command
        self._transport = _transport(address)

    def acquire(self) -> bool:
        """Becomes the one instance and starts to listen; False when another one is running.

        Raises:
            StorageError: the folder can't be written, or belongs to somebody else.
        """
        return self._transport.acquire(self._answer)

    def close(self) -> None:
        """Stops to listen and lets another one be first. Harmless when it never was."""
        self._transport.close()

    def _answer(self, line: bytes) -> bytes:
        try:
            return _packed(self._on_command(_unpacked(line)))
        except HearsightError as error:
            return _packed({"error": error.message, "action": error.action, "kept": error.kept})
        except ValueError:
            return _packed({"error": "The message is not a command.", "action": "Use 'hearsight trigger'."})
        except Exception:
            _log.exception("a command failed")
            return _packed({"error": "The running Hearsight could not do that.", "action": "Start it again."})


def send(address: Path, command: dict[str, Any]) -> dict[str, Any]:
    """Hands a command to the running instance and gives its answer.

    Raises:
        AlreadyRunning: nothing runs, or it doesn't answer.
        HearsightError: it answered with an error.
    """
    line = _packed(command)
    if len(line) > MOST_BYTES:
        raise HearsightError("The command is too long.", action="Shorten it.")
    try:
        answer = _unpacked(_exchange(address, line))
    except (FileNotFoundError, ConnectionRefusedError) as error:
        raise AlreadyRunning("Hearsight is not running.", action="Start it with 'hearsight'.") from error
    except (OSError, ValueError, EOFError) as error:
        raise AlreadyRunning("The running Hearsight doesn't answer.", action="Quit it and start it again.") from error
    if "error" in answer:
        raise HearsightError(
            str(answer["error"]), action=str(answer.get("action", "")), kept=str(answer.get("kept", ""))
        )
    return answer


def _exchange(address: Path, line: bytes) -> bytes:
    if sys.platform == "win32":
        from assistant.desktop.named_pipe import exchange
    else:
        from assistant.desktop.unix_socket import exchange
    return exchange(address, line)


def _transport(address: Path) -> Transport:
    if sys.platform == "win32":
        from assistant.desktop.named_pipe import PipeTransport

        return PipeTransport(address)
    from assistant.desktop.unix_socket import SocketTransport

    return SocketTransport(address)


def _packed(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode() + b"\n"


def _unpacked(line: bytes) -> dict[str, Any]:
    """Raises ValueError for anything but one JSON object; RecursionError of absurd nesting counts as that."""
    try:
        message = json.loads(line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(message, dict):
        raise ValueError("not an object")
    return message
