"""Monitors, pointer and windows of an X server, each set of questions sent at once and answered in one wait."""

from __future__ import annotations

import re
import struct
from typing import Any

import xcffib
import xcffib.randr
import xcffib.xproto

from assistant.core.geometry import Rect
from assistant.screen.capture.handlers.mss_screen import DisplayLost
from assistant.screen.capture.models import WindowAnswer
from assistant.screen.frames import Monitor
from assistant.screen.windows import DesktopWindow

_ATOMS = (
    "_NET_CLIENT_LIST_STACKING",
    "_NET_ACTIVE_WINDOW",
    "_NET_WM_NAME",
    "_NET_WM_STATE",
    "_NET_WM_STATE_HIDDEN",
    "_NET_FRAME_EXTENTS",
    "_NET_WM_DESKTOP",
    "_NET_CURRENT_DESKTOP",
)
_ANY = xcffib.xproto.Atom.Any
_TEXT_WORDS = 256
"""32-bit words of a title that are asked for: 1,024 bytes."""
_LIST_WORDS = 4096
_MOST_WINDOWS = 64
"""Below this many windows nothing is seen any more, and asking costs time."""


class X11Desktop:
    """A connection of its own. Everything is in physical pixels, as X11 counts.

    Raises:
        DisplayLost: from every call but `ask_windows` and `close`, when the server doesn't answer.
    """

    def __init__(self) -> None:
        try:
            self._connection = xcffib.connect()
        except xcffib.ConnectionException as error:
            raise DisplayLost("the X server doesn't answer") from error
        screen = self._connection.setup.roots[self._connection.pref_screen]
        self._root = screen.root
        self._atom = self._intern()
        self._randr = self._connection(xcffib.randr.key) if self._has_randr() else None

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
        try:
            asked = [self._ask(window) for window in self._stacking()]
            active = self._property(self._root, "_NET_ACTIVE_WINDOW", 1)
            desktop = self._property(self._root, "_NET_CURRENT_DESKTOP", 1)
            self._connection.flush()
        except xcffib.XcffibException:
            return list
        return lambda: self._collect(asked, active, desktop)

    def close(self) -> None:
        self._connection.disconnect()

    def _intern(self) -> dict[str, int]:
        asked = {name: self._connection.core.InternAtom(False, len(name), name) for name in _ATOMS}
        return {name: cookie.reply().atom for name, cookie in asked.items()}

    def _has_randr(self) -> bool:
        """RandR 1.5 brought monitors as people see them; virtual ones are known to nothing else."""
        name = "RANDR"
        if not self._connection.core.QueryExtension(len(name), name).reply().present:
            return False
        version = self._connection(xcffib.randr.key).QueryVersion(1, 5).reply()
        return (version.major_version, version.minor_version) >= (1, 5)

    def _named(self, found: list[Any], root: Rect) -> list[Monitor]:
        """The monitors within the root, beyond which a grab fails; without any, the root as the only one."""
        asked = [self._connection.core.GetAtomName(info.name) for info in found]
        names = [cookie.reply().name.to_string() for cookie in asked]
        parts = [Rect(info.x, info.y, info.width, info.height).intersect(root) for info in found]
        seen = [(name, part) for name, part in zip(names, parts, strict=True) if part.area]
        return [Monitor(i, name, part) for i, (name, part) in enumerate(seen or [("", root)], 1)]

    def _stacking(self) -> list[int]:
        reply = self._property(self._root, "_NET_CLIENT_LIST_STACKING", _LIST_WORDS).reply()
        bottom_up = _words(reply)
        return bottom_up[::-1][:_MOST_WINDOWS]

    def _ask(self, window: int) -> dict[str, Any]:
        core = self._connection.core
        return {
            "geometry": core.GetGeometry(window),
            "origin": core.TranslateCoordinates(window, self._root, 0, 0),
            "attributes": core.GetWindowAttributes(window),
            "title": self._property(window, "_NET_WM_NAME", _TEXT_WORDS),
            "old_title": core.GetProperty(False, window, xcffib.xproto.Atom.WM_NAME, _ANY, 0, _TEXT_WORDS),
            "class": core.GetProperty(False, window, xcffib.xproto.Atom.WM_CLASS, _ANY, 0, _TEXT_WORDS),
            "state": self._property(window, "_NET_WM_STATE", 32),
            "frame": self._property(window, "_NET_FRAME_EXTENTS", 4),
            "desktop": self._property(window, "_NET_WM_DESKTOP", 1),
            "id": window,
        }

    def _property(self, window: int, name: str, words: int) -> Any:
        return self._connection.core.GetProperty(False, window, self._atom[name], _ANY, 0, words)

    def _collect(self, asked: list[dict[str, Any]], active: Any, desktop: Any) -> list[DesktopWindow]:
        try:
            focus, current = _first(active.reply()), _first(desktop.reply())
        except xcffib.XcffibException:
            return []
        found = [self._window(answers, focus, current) for answers in asked]
        return [window for window in found if window is not None]

    def _window(self, asked: dict[str, Any], focus: int | None, current: int | None) -> DesktopWindow | None:
        """None for a window that is hidden, or that was closed since it was listed."""
        got: dict[str, Any] = {key: _reply(cookie) for key, cookie in asked.items() if key != "id"}
        if None in got.values():
            return None
        if got["attributes"].map_state != xcffib.xproto.MapState.Viewable:
            return None
        if self._atom["_NET_WM_STATE_HIDDEN"] in _words(got["state"]) or _elsewhere(got["desktop"], current):
            return None
        title = _text(got["title"]) or _old_text(got["old_title"])
        return DesktopWindow(title, _outer(got), asked["id"] == focus, _program(got["class"]))


def _reply(cookie: Any) -> Any:
    """Every answer is fetched, also after one that failed: xcb keeps what nobody fetches."""
    try:
        return cookie.reply()
    except xcffib.XcffibException:
        return None


def _elsewhere(desktop: Any, current: int | None) -> bool:
    own = _first(desktop)
    return own is not None and own != 0xFFFFFFFF and current is not None and own != current


def _outer(got: dict[str, Any]) -> Rect:
    """The window with the frame that its manager drew around it."""
    extents = _words(got["frame"])
    left, right, top, bottom = extents[:4] if len(extents) >= 4 else (0, 0, 0, 0)
    x, y = got["origin"].dst_x - left, got["origin"].dst_y - top
    return Rect(x, y, got["geometry"].width + left + right, got["geometry"].height + top + bottom)


def _words(reply: Any) -> list[int]:
    data = bytes(reply.value.buf())
    return list(struct.unpack(f"={len(data) // 4}I", data)) if reply.format == 32 else []


def _first(reply: Any) -> int | None:
    return next(iter(_words(reply)), None)


def _text(reply: Any) -> str:
    return bytes(reply.value.buf()).decode("utf-8", "replace").rstrip("\0") if reply.format == 8 else ""


def _old_text(reply: Any) -> str:
    """WM_NAME, which old programs set alone: Latin-1, with UTF-8 between escapes where it is COMPOUND_TEXT.

    ICCCM 2.0, 2.7.1, and "Compound Text Encoding" of the X Consortium, section 6 (ESC % G ... ESC % @).
    """
    data = bytes(reply.value.buf()).rstrip(b"\0")
    pieces = re.split(rb"\x1b%G(.*?)\x1b%@", data, flags=re.DOTALL)
    return "".join(piece.decode("utf-8" if i % 2 else "latin-1", "replace") for i, piece in enumerate(pieces))


def _program(reply: Any) -> str:
    """The class, of "instance NUL class NUL"; the instance where a program set no class."""
    parts = [part for part in _text(reply).split("\0") if part]
    return parts[-1] if parts else ""
