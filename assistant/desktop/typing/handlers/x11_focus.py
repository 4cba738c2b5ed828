"""Which window has the focus, by ICCCM 2.0 and EWMH 1.5, and whose it is."""

from __future__ import annotations

import sys
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
_POINTER_ROOT = 1
_PID_MASK = int(xcffib.res.ClientIdMask.LocalClientPID)


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
        focus = int(self._connection.core.GetInputFocus().reply().focus)
        return self._managed(focus) if focus > _POINTER_ROOT and focus != self._root else 0

    def where(self, target: Target) -> Where:
        window = window_of(target)
        if not window or not self._is_same(window, target):
            return "gone"
        return "focused" if self.focused() == window else "elsewhere"

    def asks_password(self, target: Target) -> bool:
        """Whether that has begun since key-down."""
        return target.is_password or (target.kind == "terminal" and asks_password(target.pid))

    def is_of(self, requestor: int, target: Target) -> bool:
        """Whether a window belongs to the target's program: the same connection, or the same process."""
        if (requestor ^ window_of(target)) & self._client_bits == 0:
            return True
        return target.pid > 0 and self.pid(requestor) == target.pid

    def pid(self, window: int) -> int:
        """Of the process that made the window, as the server knows it; else as the program says; else 0."""
        if self._resources is not None:
            spec = xcffib.res.ClientIdSpec.synthetic(window, _PID_MASK)
            try:
                found = [list(i.value) for i in self._resources.QueryClientIds(1, [spec]).reply().ids]
            except xcffib.Error:
                found = []
            if found and found[0]:
                return int(found[0][0])
        said = self._property(window, self._pid)
        return int.from_bytes(said[:4], sys.byteorder)

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

    def _is_same(self, window: int, target: Target) -> bool:
        """Numbers of windows are used again; a closed window must not be taken for its successor."""
        try:
            self._connection.core.GetWindowAttributes(window).reply()
        except xcffib.Error:
            return False
        return self._program(window) == target.program and self.pid(window) == target.pid

    def _title(self, window: int) -> str:
        text = self._property(window, self._name) or self._property(window, int(xcffib.xproto.Atom.WM_NAME))
        return text.decode("utf-8", "replace").rstrip("\0")

    def _program(self, window: int) -> str:
        """The class, of "instance NUL class NUL"."""
        text = self._property(window, int(xcffib.xproto.Atom.WM_CLASS)).decode("utf-8", "replace")
        return next((part for part in reversed(text.split("\0")) if part), "")

    def _property(self, window: int, name: int) -> bytes:
        try:
            content = read_property(self._connection, window, name)
        except xcffib.Error:
            return b""
        return content.data if content else b""


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
