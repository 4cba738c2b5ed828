"""Which window has the focus on wlroots compositors: sway (i3's IPC) and Hyprland tell, others don't."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

from assistant.core.errors import HearsightError
from assistant.desktop.targets import is_password_program, kind_of
from assistant.desktop.targets_tty import asks_password
from assistant.desktop.typing.models import Target, Where

_SECONDS = 2.0
_MAGIC = b"i3-ipc"
_HEAD = struct.Struct("=6sII")
_RUN_COMMAND, _GET_TREE = 0, 4
"""i3's IPC (i3wm.org/docs/ipc.html), which sway speaks (sway-ipc(7))."""


class Compositor(Protocol):
    """What a compositor tells of its windows: each is `(id, title, program, pid, focused)`."""

    def windows(self) -> list[tuple[str, str, str, int, bool]]: ...

    def focus(self, id: str) -> None: ...


class Sway:
    def windows(self) -> list[tuple[str, str, str, int, bool]]:
        tree = json.loads(self._ask(_GET_TREE, b""))
        return [
            (f"sway:{n['id']}", n.get("name") or "", _app(n), int(n["pid"]), bool(n["focused"]))
            for n in _nodes(tree)
            if n.get("pid")
        ]

    def focus(self, id: str) -> None:
        self._ask(_RUN_COMMAND, f"[con_id={id.removeprefix('sway:')}] focus".encode())

    def _ask(self, kind: int, payload: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ipc:
            ipc.settimeout(_SECONDS)
            ipc.connect(os.environ["SWAYSOCK"])
            ipc.sendall(_HEAD.pack(_MAGIC, len(payload), kind) + payload)
            size = _HEAD.unpack(_exactly(ipc, _HEAD.size))[1]
            return _exactly(ipc, size)


class Hyprland:
    """Its socket takes one request and closes (wiki.hypr.land/IPC)."""

    def windows(self) -> list[tuple[str, str, str, int, bool]]:
        active = json.loads(self._ask("j/activewindow") or "{}").get("address")
        return [
            (f"hypr:{c['address']}", c.get("title", ""), c.get("class", ""), int(c["pid"]), c["address"] == active)
            for c in json.loads(self._ask("j/clients"))
        ]

    def focus(self, id: str) -> None:
        self._ask(f"dispatch focuswindow address:{id.removeprefix('hypr:')}")

    def _ask(self, request: str) -> str:
        signature = os.environ["HYPRLAND_INSTANCE_SIGNATURE"]
        folder = Path(os.environ.get("XDG_RUNTIME_DIR", "/tmp")) / "hypr" / signature
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as ipc:
            ipc.settimeout(_SECONDS)
            ipc.connect(str(folder / ".socket.sock"))
            ipc.sendall(request.encode())
            return b"".join(iter(lambda: ipc.recv(1 << 16), b"")).decode("utf-8", "replace")


class WaylandFocus:
    """Raises HearsightError from every call when the compositor doesn't answer."""

    def target(self) -> Target | None:
        """One without an id where the compositor tells nothing."""
        compositor = _compositor()
        if compositor is None:
            return Target("", "", "")
        return next((_target(window) for window in _windows(compositor) if window[4]), None)

    def where(self, target: Target) -> Where:
        compositor = _compositor()
        if compositor is None or not target.id:
            return "focused"
        found = next((window for window in _windows(compositor) if window[0] == target.id), None)
        if found is None or found[3] != target.pid:
            return "gone"
        return "focused" if found[4] else "elsewhere"

    def activate(self, target: Target) -> None:
        compositor = _compositor()
        if compositor is not None and target.id:
            compositor.focus(target.id)


def _compositor() -> Compositor | None:
    if os.environ.get("SWAYSOCK"):
        return Sway()
    return Hyprland() if os.environ.get("HYPRLAND_INSTANCE_SIGNATURE") else None


def _windows(compositor: Compositor) -> list[tuple[str, str, str, int, bool]]:
    try:
        return compositor.windows()
    except (OSError, ValueError, KeyError) as error:
        raise HearsightError("The compositor doesn't answer.", action="Start Hearsight again.") from error


def _target(window: tuple[str, str, str, int, bool]) -> Target:
    id, title, program, pid, _ = window
    kind = kind_of(program)
    silent = is_password_program(program) or (kind == "terminal" and asks_password(pid))
    return Target(id, title, program, kind, silent, pid)


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("nodes", []) + node.get("floating_nodes", []):
        yield from _nodes(child)


def _app(node: dict[str, Any]) -> str:
    """The app id; the class of a window of XWayland's."""
    return node.get("app_id") or (node.get("window_properties") or {}).get("class") or ""


def _exactly(ipc: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = ipc.recv(size - len(data))
        if not piece:
            raise ConnectionResetError("the compositor hung up")
        data += piece
    return data
