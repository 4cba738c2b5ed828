"""As much of a model hub as huggingface_hub asks for, on 127.0.0.1, with large files on a second host."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

_LARGE = (".safetensors", "tokenizer.json", ".wav")
_STEP = 1 << 16


@dataclass
class HubServer:
    """One repository at one revision.

    Attributes:
        folder: its files.
        token: refuse requests to the hub (not to the second host) without it.
        cut_after: bytes after which connections for large files are cut.
        cuts: how many connections are cut; -1 is all.
        slow: seconds of sleep after each 64 KiB of a large file.
        wrong: large files whose bytes are garbled on the way.
        asked: method, path, `Range` and `Authorization` of each request.
    """

    folder: Path
    repository: str
    revision: str
    token: str = ""
    cut_after: int = 0
    cuts: int = 0
    slow: float = 0.0
    wrong: set[str] = field(default_factory=set)
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)
    sent: int = 0
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def files(self) -> list[str]:
        return sorted(path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*") if path.is_file())

    def fetched(self, name: str) -> list[str]:
        """The `Range` headers of the requests for a file's bytes."""
        large = name.endswith(_LARGE)
        return [
            r for method, path, r, _ in self.asked if method == "GET" and path.endswith(name) and _is_cdn(path) == large
        ]

    def describe(self) -> dict[str, Any]:
        """The answer to `model_info`."""
        return {
            "id": self.repository,
            "modelId": self.repository,
            "sha": self.revision,
            "private": False,
            "tags": [],
            "downloads": 0,
            "likes": 0,
            "siblings": [self._sibling(name) for name in self.files()],
        }

    def _sibling(self, name: str) -> dict[str, Any]:
        data = (self.folder / name).read_bytes()
        row: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": _git_hash(data)}
        if name.endswith(_LARGE):
            row["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 135}
        return row


@contextmanager
def serving(folder: Path, repository: str, revision: str) -> Iterator[HubServer]:
    """Runs a hub for the time of a test."""
    hub = HubServer(folder, repository, revision)
    server = _Quiet(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.hub = hub
    hub.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Quiet(ThreadingHTTPServer):
    hub: HubServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is what the tests are about; anything else is a mistake in here."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Quiet

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer(body=False)

    def do_GET(self) -> None:
        self._answer(body=True)

    def _answer(self, *, body: bool) -> None:
        hub, path = self.server.hub, unquote(urlsplit(self.path).path)
        authorization = self.headers.get("Authorization", "")
        hub.asked.append((self.command, path, self.headers.get("Range", ""), authorization))
        if _is_cdn(path):
            self._send_large(hub, path.removeprefix("/cdn/"), body)
        elif hub.token and authorization != f"Bearer {hub.token}":
            self._refuse(401, "RepoNotFound")
        elif path == f"/api/models/{hub.repository}/revision/{hub.revision}":
            self._send(json.dumps(hub.describe()).encode(), {"Content-Type": "application/json"}, body)
        elif path.startswith(f"/api/models/{hub.repository}/revision/"):
            self._refuse(404, "RevisionNotFound")
        elif found := re.fullmatch(f"/{hub.repository}/resolve/{hub.revision}/(.+)", path):
            self._send_file(hub, found[1], body)
        else:
            self._refuse(404, "RepoNotFound")

    def _send_file(self, hub: HubServer, name: str, body: bool) -> None:
        if name not in hub.files():
            self._refuse(404, "EntryNotFound")
            return
        data = (hub.folder / name).read_bytes()
        headers = {"X-Repo-Commit": hub.revision, "ETag": f'"{_git_hash(data)}"'}
        if not name.endswith(_LARGE):
            self._send(data, headers, body)
            return
        headers |= {"X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Linked-Size": str(len(data))}
        # Another host as far as clients can see: a token must not follow there.
        self._send(b"", headers | {"Location": f"http://localhost:{hub.port}/cdn/{name}"}, body, status=302)

    def _send_large(self, hub: HubServer, name: str, body: bool) -> None:
        data = (hub.folder / name).read_bytes()
        if name in hub.wrong:
            data = bytes([data[0] ^ 1]) + data[1:]
        start = int(re.sub(r"\D", "", self.headers.get("Range", "").partition("-")[0]) or 0)
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        if body:
            self._send_slowly(hub, data[start:])

    def _send_slowly(self, hub: HubServer, data: bytes) -> None:
        for place in range(0, len(data), _STEP):
            if hub.cuts and hub.cut_after and place >= hub.cut_after:
                hub.cuts -= 1
                self.close_connection = True
                return
            self.wfile.write(data[place : place + _STEP])
            hub.sent += len(data[place : place + _STEP])
            if hub.slow:
                time.sleep(hub.slow)

    def _send(self, data: bytes, headers: dict[str, str], body: bool, status: int = 200) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body:
            self.wfile.write(data)

    def _refuse(self, status: int, code: str) -> None:
        self._send(b"{}", {"X-Error-Code": code, "Content-Type": "application/json"}, self.command == "GET", status)


def _is_cdn(path: str) -> bool:
    return path.startswith("/cdn/")


def _git_hash(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
