"""KWin without a screen, with a session bus and KDE's portals: real GlobalShortcuts, and a hand on its keys."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import psutil
import pytest

from assistant.bench.xvfb import end

_SECONDS = 30.0
_SOCKET = "wayland-kwin"
_CODES = {"ctrl": 29, "shift": 42, "alt": 56, "space": 57, "d": 32, "z": 44, "F9": 67, "Escape": 1}
"""Of linux/input-event-codes.h."""
_FAKE_INPUT = "org_kde_kwin_fake_input"
_REGISTRY, _CALLBACK, _FAKE = 2, 3, 4
"""The ids that we give to our Wayland objects; the display is 1."""


class FakeInput:
    """Presses keys through KWin's fake-input protocol, which no packaged tool speaks: three requests, on the wire."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._send(1, 1, struct.pack("=I", _REGISTRY))
        self._send(1, 0, struct.pack("=I", _CALLBACK))
        name = self._found()
        self._send(_REGISTRY, 0, struct.pack("=I", name) + _string(_FAKE_INPUT) + struct.pack("=II", 4, _FAKE))
        self._send(_FAKE, 0, _string("tests") + _string("tests"))

    def key(self, name: str, down: bool) -> None:
        self._send(_FAKE, 10, struct.pack("=II", _CODES[name], int(down)))

    def close(self) -> None:
        self._socket.close()

    def _found(self) -> int:
        """The protocol's number in the registry; the callback ends the list."""
        received = b""
        found = None
        while True:
            received += self._socket.recv(65536)
            while len(received) >= 8 and len(received) >= (size := struct.unpack("=I", received[4:8])[0] >> 16):
                sender, body = struct.unpack("=I", received[:4])[0], received[8:size]
                received = received[size:]
                if sender == _CALLBACK:
                    assert found is not None, "this KWin has no fake input"
                    return found
                if sender == _REGISTRY and body[8:].startswith(_FAKE_INPUT.encode() + b"\0"):
                    found = int(struct.unpack("=I", body[:4])[0])

    def _send(self, target: int, opcode: int, body: bytes) -> None:
        self._socket.sendall(struct.pack("=II", target, (8 + len(body)) << 16 | opcode) + body)


def _string(text: str) -> bytes:
    data = text.encode() + b"\0"
    return struct.pack("=I", len(data)) + data + b"\0" * (-len(data) % 4)


class KWin:
    """A context manager; no process and no file is left behind.

    Attributes:
        env: the variables for programs of this session.
    """

    def __init__(self) -> None:
        self.env: dict[str, str] = {}
        self._folder = Path()
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> KWin:
        self._folder = Path(tempfile.mkdtemp(prefix="hearsight-kwin-"))
        try:
            self._start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(AttributeError):
            self.hand.close()
        started = self._programs()
        # The bus first: it would start what is ended here anew.
        for process in self._processes:
            end(process)
        for child in started:
            with contextlib.suppress(psutil.NoSuchProcess):
                child.kill()
        psutil.wait_procs(started, timeout=5)
        shutil.rmtree(self._folder, ignore_errors=True)

    def log_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The test runs as if it had been logged in here."""
        for name in ("DISPLAY", "SWAYSOCK"):
            monkeypatch.delenv(name, raising=False)
        for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
            monkeypatch.setenv(name, self.env[name])

    def down(self, *keys: str) -> None:
        for key in keys:
            self.hand.key(key, True)

    def up(self, *keys: str) -> None:
        for key in keys:
            self.hand.key(key, False)

    def kill_portal(self) -> None:
        """What a crash of the portal looks like; the bus starts it again at the next call."""
        portals = [child for child in self._programs() if child.name().startswith("xdg-desktop-por")]
        for portal in portals:
            portal.kill()
        assert portals

    def _programs(self) -> list[psutil.Process]:
        """Everything of this session; what the bus starts is nobody's child."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if process.environ().get("XDG_RUNTIME_DIR") == str(self._folder):
                    found.append(process)
        return found

    def _start(self) -> None:
        folder = str(self._folder)
        own = ("DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "SWAYSOCK")
        kept = {name: value for name, value in os.environ.items() if name not in own}
        session = {"XDG_CURRENT_DESKTOP": "KDE", "XDG_SESSION_TYPE": "wayland", "WAYLAND_DISPLAY": _SOCKET}
        homes = {"HOME": folder, "XDG_RUNTIME_DIR": folder, "XDG_CONFIG_HOME": folder, "XDG_DATA_HOME": folder}
        # Debian's Qt 5 for Wayland is not needed: KDE's portal only forwards keys here.
        self.env = {**kept, **session, **homes, "QT_QPA_PLATFORM": "offscreen"}
        self.env["DBUS_SESSION_BUS_ADDRESS"] = self._start_bus()
        self._start_kwin()
        self.hand = FakeInput(self._folder / _SOCKET)

    def _start_bus(self) -> str:
        """What the bus starts on demand (the portals) gets this session's variables."""
        line = ("dbus-daemon", "--session", "--nofork", "--print-address")
        bus = subprocess.Popen(line, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self._processes.append(bus)
        assert bus.stdout is not None
        with bus.stdout as said:
            return said.readline().decode().strip()

    def _start_kwin(self) -> None:
        """Its file capability would keep it from starting in a container; a copy has none."""
        program = shutil.copyfile(shutil.which("kwin_wayland") or "", self._folder / "kwin_wayland")
        program.chmod(0o700)
        env = {**self.env, "KWIN_COMPOSE": "Q", "KWIN_WAYLAND_NO_PERMISSION_CHECKS": "1"}
        del env["WAYLAND_DISPLAY"], env["QT_QPA_PLATFORM"]
        line = (str(program), "--virtual", "--no-lockscreen", "--socket", _SOCKET)
        quiet = subprocess.DEVNULL
        self._processes.append(subprocess.Popen(line, env=env, stdin=quiet, stdout=quiet, stderr=quiet))
        last = time.monotonic() + _SECONDS
        while not (self._folder / _SOCKET).exists():
            assert time.monotonic() < last, "KWin doesn't start"
            time.sleep(0.02)


@pytest.fixture(scope="session")
def kwin() -> Iterator[KWin]:
    with KWin() as session:
        yield session
