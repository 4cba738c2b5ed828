"""Monitors, pointer and windows of an X server, each set of questions sent at once and answered in one wait."""

from __future__ import annotations

from typing import Any

import xcffib
import xcffib.randr
import xcffib.xproto

from assistant.core import x11
from assistant.core.geometry import Rect
from assistant.screen.capture.handlers.mss_screen import DisplayLost
from assistant.screen.capture.handlers.x11_windows import WindowList
from assistant.screen.capture.models import WindowAnswer
from assistant.screen.frames import Monitor


class X11Desktop:
    """A connection of its own. Everything is in physical pixels, as X11 counts.

    Raises:
        DisplayLost: from every call but `ask_windows` and `close`, when the server doesn't answer.
    """

    def __init__(self) -> None:
        try:
            self._connection = x11.connect()
            self._root = self._connection.setup.roots[self._connection.pref_screen].root
            self._windows = WindowList(self._connection, self._root)
            self._names: dict[int, str] = {}
            self._randr = self._connection(xcffib.randr.key) if self._has_randr() else None
        except xcffib.XcffibException as error:
            raise DisplayLost("the X server doesn't answer") from error

    def monitors(self) -> list[Monitor]:
        try:
            geometry = self._connection.core.GetGeometry(self._root)
            asked = self._randr.GetMonitors(self._root, True) if self._randr else None
            size = geometry.reply()
            found = list(asked.reply().monitors) if asked else []
            return self._named(found, Rect(0, 0, size.width, size.height))
        except xcffib.XcffibException as error:
            raise DisplayLost("the X server went away") from error

    def pointer(self) -> tuple[int, int] | None:
        try:
            reply = self._connection.core.QueryPointer(self._root).reply()
        except xcffib.XcffibException as error:
            raise DisplayLost("the X server went away") from error
        return int(reply.root_x), int(reply.root_y)

    def ask_windows(self) -> WindowAnswer:
        return self._windows.ask()

    def close(self) -> None:
        self._connection.disconnect()

    def _has_randr(self) -> bool:
        """RandR 1.5 brought monitors as people see them; virtual ones are known to nothing else."""
        name = "RANDR"
        if not self._connection.core.QueryExtension(len(name), name).reply().present:
            return False
        version = self._connection(xcffib.randr.key).QueryVersion(1, 5).reply()
        return (version.major_version, version.minor_version) >= (1, 5)

    def _named(self, found: list[Any], root: Rect) -> list[Monitor]:
        """The monitors within the root, beyond which a grab fails; without any, the root as the only one."""
        names = [self._name(info.name) for info in found]
        parts = [Rect(info.x, info.y, info.width, info.height).intersect(root) for info in found]
        seen = [(name, part) for name, part in zip(names, parts, strict=True) if part.area]
        return [Monitor(i, name, part) for i, (name, part) in enumerate(seen or [("", root)], 1)]

    def _name(self, atom: int) -> str:
        """An atom's name never changes as long as the server runs."""
        if atom not in self._names:
            self._names[atom] = self._connection.core.GetAtomName(atom).reply().name.to_string()
        return self._names[atom]
