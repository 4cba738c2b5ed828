"""Which window has the focus, by ICCCM 2.0 and EWMH 1.5, and whose it is."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.res
import xcffib.xproto

from assistant.desktop.targets import is_password_program, kind_of
from assistant.desktop.targets_tty import asks_password
from assistant.desktop.typing.handlers.x11_properties import intern, read_property
from assistant.desktop.typing.models import Target, Where

_PREFIX = "x11:"
_DEEPEST = 32
_CLASS_WORDS = 256
_POINTER_ROOT = 1
_PID_MASK = int(xcffib.res.ClientIdMask.LocalClientPID)


@dataclass(frozen=True)
class Asked:
    """Questions about a target whose answers are on their way."""

    attributes: Any
    program: Any
    pid: Any
    focus: Any


class Focus:
    """Asks on a connection that somebody else opens, closes and guards."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._root = connection.setup.roots[connection.pref_screen].root
        self._client_bits = ~connection.setup.resource_id_mask & 0xFFFFFFFF
        names = ("WM_STATE", "_NET_WM_NAME", "_NET_WM_PID", "_NET_ACTIVE_WINDOW")
        self._state, self._name, self._pid, self._active = intern(connection, *names)
        self._resources = _resources(connection)

    def target(self) -> Target | None:
        """The window that has the focus, None where none has it."""
        window = self.focused()
        if not window:
            return None
        program, pid = self._program(window), self.pid(window)
        kind = kind_of(program)
        silent = is_password_program(program) or (kind == "terminal" and asks_password(pid))
        return Target(f"{_PREFIX}{window:#x}", self._title(window), program, kind, silent, pid)

    def focused(self) -> int:
        """The focused window as its manager knows it; 0 where none has the focus."""
        return self._managed_focus(self.raw())

    def raw(self) -> int:
        """The window that the keys go to, a child of the managed one in some programs."""
        return int(self._connection.core.GetInputFocus().reply().focus)

    def where(self, target: Target) -> Where:
        return self.judge(self.ask(target), target)

    def ask(self, target: Target) -> Asked:
        """Sends all that `judge` needs to know; together with other questions it costs one wait."""
        window, core = window_of(target), self._connection.core
        class_name = int(xcffib.xproto.Atom.WM_CLASS)
        return Asked(
            core.GetWindowAttributes(window),
            core.GetProperty(False, window, class_name, 0, 0, _CLASS_WORDS),
            self._ask_pid(window),
            core.GetInputFocus(),
        )

    def judge(self, asked: Asked, target: Target) -> Where:
        """Numbers of windows are used again; a closed window must not be taken for its successor."""
        window = window_of(target)
        exists = answer(asked.attributes) is not None
        said = answer(asked.program)
        program = _last_part(bytes(said.value.buf())) if said is not None else ""
        pid = _first_pid(answer(asked.pid)) if asked.pid is not None else target.pid
        focus = int(asked.focus.reply().focus)
        if not window or not exists or program != target.program or (pid and pid != target.pid):
            return "gone"
        return "focused" if window in (focus, self._managed_focus(focus)) else "elsewhere"

    def asks_password(self, target: Target) -> bool:
        """Whether that has begun since key-down."""
        return target.is_password or (target.kind == "terminal" and asks_password(target.pid))

    def is_same_client(self, requestor: int, target: Target) -> bool:
        """Whether both windows were made over one connection. Asks nobody."""
        return bool((requestor ^ window_of(target)) & self._client_bits == 0)

    def pid(self, window: int) -> int:
        """Of the process that made the window, as the server knows it; else as the program says; else 0."""
        cookie = self._ask_pid(window)
        known = _first_pid(answer(cookie)) if cookie is not None else 0
        return known or int.from_bytes(self._property(window, self._pid)[:4], sys.byteorder)

    def activate(self, target: Target) -> None:
        """_NET_ACTIVE_WINDOW: 2 says that the user wants it, as a pager does."""
        window = window_of(target)
        data = xcffib.xproto.ClientMessageData.synthetic([2, 0, 0, 0, 0], "IIIII")
        event = xcffib.xproto.ClientMessageEvent.synthetic(32, window, self._active, data)
        masks = xcffib.xproto.EventMask
        both = int(masks.SubstructureRedirect) | int(masks.SubstructureNotify)
        self._connection.core.SendEvent(False, self._root, both, event.pack())
        self._connection.flush()

    def _managed(self, window: int) -> int:
        """The focus may lie on a child: up to the window that its manager knows, else to the topmost."""
        for _ in range(_DEEPEST):
            try:
                if self._property(window, self._state):
                    return window
                parent = int(self._connection.core.QueryTree(window).reply().parent)
            except xcffib.Error:
                return 0
            if parent in (0, self._root):
                return window
            window = parent
        return window

    def _managed_focus(self, focus: int) -> int:
        return self._managed(focus) if focus > _POINTER_ROOT and focus != self._root else 0

    def _ask_pid(self, window: int) -> Any:
        if self._resources is None:
            return None
        spec = xcffib.res.ClientIdSpec.synthetic(window, _PID_MASK)
        return self._resources.QueryClientIds(1, [spec])

    def _title(self, window: int) -> str:
        text = self._property(window, self._name) or self._property(window, int(xcffib.xproto.Atom.WM_NAME))
        return text.decode("utf-8", "replace").rstrip("\0")

    def _program(self, window: int) -> str:
        return _last_part(self._property(window, int(xcffib.xproto.Atom.WM_CLASS)))

    def _property(self, window: int, name: int) -> bytes:
        try:
            content = read_property(self._connection, window, name)
        except xcffib.Error:
            return b""
        return content.data if content else b""


def answer(cookie: Any) -> Any:
    """The reply; None for an error, such as that of a window that is gone."""
    try:
        return cookie.reply()
    except xcffib.Error:
        return None


def _last_part(text: bytes) -> str:
    """The class, of "instance NUL class NUL"."""
    parts = text.decode("utf-8", "replace").split("\0")
    return next((part for part in reversed(parts) if part), "")


def _first_pid(reply: Any) -> int:
    found = [list(i.value) for i in reply.ids] if reply is not None else []
    return int(found[0][0]) if found and found[0] else 0


def window_of(target: Target) -> int:
    """The X window; 0 when the target is another system's."""
    return int(target.id.removeprefix(_PREFIX), 16) if target.id.startswith(_PREFIX) else 0


def _resources(connection: Any) -> Any:
    """X-Resource 1.2 tells whose a window is, whatever the program says of itself. None where the server lacks it."""
    name = "X-Resource"
    if not connection.core.QueryExtension(len(name), name).reply().present:
        return None
    resources = connection(xcffib.res.key)
    version = resources.QueryVersion(1, 2).reply()
    return resources if (version.server_major, version.server_minor) >= (1, 2) else None
