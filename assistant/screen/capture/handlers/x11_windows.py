"""The windows of an X server by EWMH (freedesktop.org's Extended Window Manager Hints 1.5)."""

from __future__ import annotations

import re
import struct
from typing import Any

import xcffib
import xcffib.xproto

from assistant.core.geometry import Rect
from assistant.screen.capture.models import WindowAnswer
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
    "_NET_SUPPORTING_WM_CHECK",
)
_ANY = xcffib.xproto.Atom.Any
_TEXT_WORDS = 256
"""32-bit words of a title that are asked for: 1,024 bytes."""
_LIST_WORDS = 4096
_STATES = 32
_ALL_DESKTOPS = 0xFFFFFFFF
_MOST_WINDOWS = 64
"""Below this many windows nothing is seen any more, and asking costs time."""
_KEEP_MAPPED = ("GNOME Shell", "Mutter", "KWin", "Compiz")
"""Managers that keep the windows of other desktops mapped, for previews. Others unmap them; and where each monitor
has a desktop of its own (i3, bspwm, ...), a window of another desktop than the current one may well be seen."""


class WindowList:
    """Asks on a connection that somebody else opens and closes."""

    def __init__(self, connection: Any, root: int) -> None:
        self._connection = connection
        self._root = root
        asked = {name: connection.core.InternAtom(False, len(name), name) for name in _ATOMS}
        self._atom = {name: cookie.reply().atom for name, cookie in asked.items()}

    def ask(self) -> WindowAnswer:
        """See `Desktop.ask_windows`: all questions leave at once, and are answered while the pixels are grabbed."""
        try:
            asked = [self._ask(window) for window in self._stacking()]
            active = self._property(self._root, "_NET_ACTIVE_WINDOW", 1)
            desktop = self._property(self._root, "_NET_CURRENT_DESKTOP", 1)
            manager = self._property(self._root, "_NET_SUPPORTING_WM_CHECK", 1)
            self._connection.flush()
        except xcffib.XcffibException:
            return list
        return lambda: self._collect(asked, _reply(active), _reply(desktop), _reply(manager))

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
            "class": core.GetProperty(False, window, xcffib.xproto.Atom.WM_CLASS, _ANY, 0, _TEXT_WORDS),
            "state": self._property(window, "_NET_WM_STATE", _STATES),
            "frame": self._property(window, "_NET_FRAME_EXTENTS", 4),
            "id": window,
        }

    def _property(self, window: int, name: str, words: int) -> Any:
        return self._connection.core.GetProperty(False, window, self._atom[name], _ANY, 0, words)

    def _collect(self, asked: list[dict[str, Any]], active: Any, desktop: Any, manager: Any) -> list[DesktopWindow]:
        focus = _first(active)
        try:
            current = _first(desktop) if self._keeps_mapped(_first(manager)) else None
            found = [self._window(answers, focus, current) for answers in asked]
        except xcffib.XcffibException:
            return []
        return [window for window in found if window is not None]

    def _keeps_mapped(self, manager: int | None) -> bool:
        if manager is None:
            return False
        return _text(_reply(self._property(manager, "_NET_WM_NAME", _TEXT_WORDS))).startswith(_KEEP_MAPPED)

    def _window(self, asked: dict[str, Any], focus: int | None, current: int | None) -> DesktopWindow | None:
        """None for a window that is hidden, or that was closed since it was listed."""
        window = asked["id"]
        got: dict[str, Any] = {key: _reply(cookie) for key, cookie in asked.items() if key != "id"}
        if None in got.values() or got["attributes"].map_state != xcffib.xproto.MapState.Viewable:
            return None
        if self._atom["_NET_WM_STATE_HIDDEN"] in _words(got["state"]) or self._is_elsewhere(window, current):
            return None
        title = _text(got["title"]) or self._old_title(window)
        return DesktopWindow(title, _outer(got), window == focus, _program(got["class"]))

    def _is_elsewhere(self, window: int, current: int | None) -> bool:
        if current is None:
            return False
        own = _first(_reply(self._property(window, "_NET_WM_DESKTOP", 1)))
        return own not in (None, _ALL_DESKTOPS, current)

    def _old_title(self, window: int) -> str:
        """Asked for apart: few programs are so old."""
        name = xcffib.xproto.Atom.WM_NAME
        return _old_text(_reply(self._connection.core.GetProperty(False, window, name, _ANY, 0, _TEXT_WORDS)))


def _reply(cookie: Any) -> Any:
    """Every answer is fetched, also after one that failed: xcb keeps what nobody fetches."""
    try:
        return cookie.reply()
    except xcffib.XcffibException:
        return None


def _outer(got: dict[str, Any]) -> Rect:
    """The window with the frame that its manager drew around it."""
    extents = _words(got["frame"])
    left, right, top, bottom = extents[:4] if len(extents) >= 4 else (0, 0, 0, 0)
    x, y = got["origin"].dst_x - left, got["origin"].dst_y - top
    return Rect(x, y, got["geometry"].width + left + right, got["geometry"].height + top + bottom)


def _words(reply: Any) -> list[int]:
    """The numbers of a property; none where it isn't set, or the window is gone."""
    if reply is None or reply.format != 32:
        return []
    data = bytes(reply.value.buf())
    return list(struct.unpack(f"={len(data) // 4}I", data))


def _first(reply: Any) -> int | None:
    return next(iter(_words(reply)), None)


def _text(reply: Any) -> str:
    if reply is None or reply.format != 8:
        return ""
    return bytes(reply.value.buf()).decode("utf-8", "replace").rstrip("\0")


def _old_text(reply: Any) -> str:
    """WM_NAME, which old programs set alone: Latin-1, with UTF-8 between escapes where it is COMPOUND_TEXT.

    ICCCM 2.0, 2.7.1, and "Compound Text Encoding" of the X Consortium, section 6 (ESC % G ... ESC % @).
    """
    data = b"" if reply is None else bytes(reply.value.buf()).rstrip(b"\0")
    pieces = re.split(rb"\x1b%G(.*?)\x1b%@", data, flags=re.DOTALL)
    return "".join(piece.decode("utf-8" if i % 2 else "latin-1", "replace") for i, piece in enumerate(pieces))


def _program(reply: Any) -> str:
    """The class, of "instance NUL class NUL"; the instance where a program set no class."""
    parts = [part for part in _text(reply).split("\0") if part]
    return parts[-1] if parts else ""
