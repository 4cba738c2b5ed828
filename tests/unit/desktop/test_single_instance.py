"""One instance a profile, with real processes and real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.core.errors import AlreadyRunning, BadInput, HearsightError, StorageError
from assistant.desktop import named_pipe
from assistant.desktop.single_instance import MOST_BYTES, Server, send
from assistant.desktop.unix_socket import short

OWNER = """
import sys, time
from pathlib import Path
from assistant.desktop.single_instance import Server
server = Server(Path(sys.argv[1]), lambda command: {"owner": True, **command})
print(server.acquire(), flush=True)
time.sleep(60)
"""


def echo(command: dict[str, Any]) -> dict[str, Any]:
    return {"got": command}


@pytest.fixture
def address(tmp_path: Path) -> Path:
    return tmp_path / "run" / "h.sock"


@pytest.fixture
def server(address: Path) -> Iterator[Server]:
    found = Server(address, echo)
    assert found.acquire()
    yield found
    found.close()


def owner(address: Path) -> tuple[subprocess.Popen[str], str]:
    """Another process that tries to be the one instance, and whether it is."""
    process = subprocess.Popen([sys.executable, "-c", OWNER, str(address)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def raw(address: Path, data: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(str(address))
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        return client.makefile("rb").read()


@pytest.mark.usefixtures("server")
def test_a_command_is_answered(address: Path) -> None:
    assert send(address, {"command": "ask", "text": "ünï ☃"}) == {"got": {"command": "ask", "text": "ünï ☃"}}


def test_nothing_runs(address: Path) -> None:
    with pytest.raises(AlreadyRunning, match="not running") as caught:
        send(address, {})
    assert caught.value.action


def test_the_second_is_refused_and_hands_its_command_over(address: Path) -> None:
    process, first = owner(address)
    try:
        assert first == "True"
        mine = Server(address, echo)
        assert not mine.acquire()
        mine.close()
        assert send(address, {"command": "show"}) == {"owner": True, "command": "show"}
    finally:
        process.kill()
        process.communicate()


def test_after_kill_9_the_next_one_takes_over(address: Path) -> None:
    process, first = owner(address)
    assert first == "True"
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert address.is_socket()  # what the dead one left
    with pytest.raises(AlreadyRunning):
        send(address, {})
    server = Server(address, echo)
    assert server.acquire()
    assert send(address, {"a": 1}) == {"got": {"a": 1}}
    server.close()


def test_of_many_that_start_at_once_one_wins(address: Path) -> None:
    servers = [Server(address, echo) for _ in range(8)]
    won: list[bool] = []
    threads = [threading.Thread(target=lambda s=server: won.append(s.acquire())) for server in servers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(won) == [False] * 7 + [True]
    assert send(address, {}) == {"got": {}}
    for server in servers:
        server.close()


def test_closing_lets_the_next_one_be_first(address: Path) -> None:
    for _ in range(3):
        server = Server(address, echo)
        assert server.acquire()
        server.close()
        assert not address.exists()


@pytest.mark.usefixtures("server")
def test_only_the_user_can_open_it(address: Path) -> None:
    assert stat.S_IMODE(address.stat().st_mode) == 0o600
    assert stat.S_IMODE(address.parent.stat().st_mode) == 0o700


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user needs root")
def test_another_user_is_turned_away_even_where_the_files_let_them() -> None:
    with tempfile.TemporaryDirectory() as folder:
        address = Path(folder) / "h.sock"
        server = Server(address, echo)
        assert server.acquire()
        Path(folder).chmod(0o777)
        address.chmod(0o666)
        try:
            _try_as_another_user(address)
            assert send(address, {}) == {"got": {}}
        finally:
            server.close()


def _try_as_another_user(address: Path) -> None:
    script = (
        "import os, socket, sys\nos.setgid(65534); os.setuid(65534)\ns = socket.socket(socket.AF_UNIX)\n"
        "s.settimeout(10)\ns.connect(sys.argv[1])\ns.sendall(b'{}\\n')\nprint(s.recv(100))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(address)], capture_output=True, text=True, check=False)
    assert "got" not in done.stdout
    assert done.stdout.strip() == "b''" or "BrokenPipe" in done.stderr or "ConnectionReset" in done.stderr


@pytest.mark.root
@pytest.mark.skipif(os.geteuid() != 0, reason="a folder of another user needs root")
def test_a_folder_of_another_user_is_refused(address: Path) -> None:
    address.parent.mkdir()
    os.chown(address.parent, 65534, 65534)
    with pytest.raises(StorageError, match="belongs to somebody else"):
        Server(address, echo).acquire()


@pytest.mark.parametrize(
    "garbage", [b"\xff\xfe\x00\n", b"[]\n", b"nonsense\n", b"{\n", b'"x"\n', b"[" * 60_000 + b"\n"]
)
@pytest.mark.usefixtures("server")
def test_garbage_is_answered_with_an_error(garbage: bytes, address: Path) -> None:
    assert "not a command" in json.loads(raw(address, garbage))["error"]
    assert send(address, {}) == {"got": {}}


@pytest.mark.usefixtures("server")
def test_an_endless_line_is_cut_off(address: Path) -> None:
    answered = raw(address, b'"' + b"x" * (MOST_BYTES - 1))
    assert "not a command" in json.loads(answered)["error"]
    with pytest.raises(HearsightError, match="too long"):
        send(address, {"text": "x" * MOST_BYTES})


@pytest.mark.usefixtures("server")
def test_a_silent_client_holds_up_nobody(address: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(address))
        assert send(address, {}) == {"got": {}}


def test_errors_come_back_as_errors(address: Path, caplog: pytest.LogCaptureFixture) -> None:
    def answer(command: dict[str, Any]) -> dict[str, Any]:
        if command["kind"] == "ours":
            raise BadInput("No such key.", action="Use ask.")
        raise KeyError("secret")

    server = Server(address, answer)
    assert server.acquire()
    with pytest.raises(HearsightError, match=r"No such key\. Use ask\."):
        send(address, {"kind": "ours"})
    with pytest.raises(HearsightError, match="could not do that") as caught:
        send(address, {"kind": "bug"})
    assert "secret" not in str(caught.value)
    assert "a command failed" in caplog.text
    server.close()


def test_a_path_that_is_too_long_for_a_socket_works_all_the_same(tmp_path: Path) -> None:
    address = tmp_path / ("x" * 120) / "h.sock"
    server = Server(address, echo)
    try:
        assert server.acquire()
        assert send(address, {"a": 1}) == {"got": {"a": 1}}
        assert short(address) != short(tmp_path / ("y" * 120) / "h.sock")
    finally:
        server.close()
        short(address).with_suffix(".lock").unlink()


def test_a_read_only_folder_is_said(tmp_path: Path) -> None:
    blocker = tmp_path / "run"
    blocker.write_text("a file where the folder should be")
    with pytest.raises(StorageError, match="can't be used"):
        Server(blocker / "h.sock", echo).acquire()


class TestPipe:
    """The Windows transport, on the one pipe family that this system has."""

    @pytest.fixture
    def pipe(self, tmp_path: Path) -> str:
        return str(tmp_path / "p")

    def test_commands_travel_as_bytes(self, tmp_path: Path, pipe: str) -> None:
        address = tmp_path / "run" / "h.sock"
        transport = named_pipe.PipeTransport(address, "AF_UNIX", pipe)
        assert transport.acquire(lambda line: line.upper())
        assert not named_pipe.PipeTransport(address, "AF_UNIX", pipe).acquire(lambda line: line)
        assert named_pipe.exchange(address, b"hello\n", "AF_UNIX", pipe) == b"HELLO\n"
        transport.close()
        with pytest.raises(FileNotFoundError):
            named_pipe.exchange(address, b"hello\n", "AF_UNIX", pipe)

    def test_who_does_not_know_the_key_is_turned_away(self, tmp_path: Path, pipe: str) -> None:
        address = tmp_path / "run" / "h.sock"
        transport = named_pipe.PipeTransport(address, "AF_UNIX", pipe)
        assert transport.acquire(lambda line: line)
        other = tmp_path / "other" / "h.sock"
        other.parent.mkdir()
        other.with_suffix(".key").write_bytes(b"wrong")
        with pytest.raises(PermissionError, match="key"):
            named_pipe.exchange(other, b"hello\n", "AF_UNIX", pipe)
        assert named_pipe.exchange(address, b"x\n", "AF_UNIX", pipe) == b"x\n"
        transport.close()

    def test_each_profile_has_a_name_of_its_own(self) -> None:
        assert named_pipe.pipe_name(Path("/a")) != named_pipe.pipe_name(Path("/b"))
        assert named_pipe.pipe_name(Path("/a")).startswith("\\\\.\\pipe\\hearsight-")
