"""A session of the RemoteDesktop portal with a keyboard and, where it has one, the clipboard (GNOME, KDE Plasma, …).

Keysyms outside the layout are silently lost there (seen on KDE), so the text goes through the clipboard, which the
portal asks us for when somebody pastes: that is the receipt. It doesn't tell who asks.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

from assistant.core.files import write_atomic
from assistant.desktop.typing.handlers.portal_bus import CLIPBOARD, REMOTE, PortalBus, named
from assistant.desktop.typing.handlers.wayland_holding import Holding
from assistant.desktop.typing.handlers.wayland_pipes import write_all

_KEYBOARD = 1
_UNTIL_REVOKED = 2
_QUICK_SECONDS = 5.0
_DIALOG_SECONDS = 60.0
_LOOK_SECONDS = 0.05
"""While something is being written, by another thread, its end is looked for."""
_PLAIN = "text/plain;charset=utf-8"
KEYSYMS = {"ctrl": 0xFFE3, "shift": 0xFFE1, "insert": 0xFF63, "v": 0x76, "z": 0x7A}


class PortalSession:
    """See `Clipboards`.

    Args:
        token_file: keeps the user's permission from one start to the next; None asks each time.

    Attributes:
        has_clipboard: whether the clipboard came with it.

    Raises:
        OSError: from the constructor: there is no such portal, or the user said no.
    """

    lost: tuple[type[Exception], ...] = (OSError,)

    def __init__(self, token_file: Path | None = None) -> None:
        self._bus = PortalBus()
        self._token_file = token_file
        self.types: tuple[str, ...] = ()
        self.changes = 0
        self.held: Holding | None = None
        self._writers: list[tuple[threading.Thread, int, threading.Event]] = []
        try:
            if not self._bus.version(REMOTE):
                raise OSError("its portal has no RemoteDesktop")
            self.has_clipboard = bool(self._bus.version(CLIPBOARD))
            self._session = self._start()
        except BaseException:
            self._bus.close()
            raise

    def own(self, holding: Holding) -> None:
        """The portal can't empty a clipboard: nothing is served as an empty text."""
        holding = holding if holding.contents else Holding({_PLAIN: b""})
        types = {"mime_types": ("as", list(holding.contents))}
        self._bus.call(CLIPBOARD, "SetSelection", "oa{sv}", self._session, types)
        self.held = holding

    def read(self, mime: str) -> int:
        """A descriptor from which one format of the clipboard of others can be read."""
        (descriptor,) = self._bus.call(CLIPBOARD, "SelectionRead", "os", self._session, mime)
        return int(descriptor.to_raw_fd())

    def press(self, *keys: str) -> None:
        """Presses the keys in their order and lets go in the opposite one."""
        for key in keys:
            self._key(KEYSYMS[key], 1)
        for key in reversed(keys):
            self._key(KEYSYMS[key], 0)

    def fileno(self) -> int:
        return self._bus.fileno()

    def flush(self) -> None:
        """Messages leave at once."""

    def close(self) -> None:
        self._bus.close()

    def catch_up(self) -> None:
        self.take_events()

    def take_events(self) -> int:
        signals = self._bus.signals()
        for message in signals:
            self._deal_with(named(message), message.body)
        return len(signals)

    def restore(self) -> float | None:
        self._finish_writing()
        due = self.held.until_quiet() if self.held is not None else None
        if self.held is not None and due is not None and due <= 0:
            self.own(Holding(self.held.then))
            due = None
        return min(due or _LOOK_SECONDS, _LOOK_SECONDS) if self._writers else due

    def _finish_writing(self) -> None:
        """Tells the portal of each write that has ended, whether the reader took all of it or not."""
        ended = [writer for writer in self._writers if not writer[0].is_alive()]
        self._writers = [writer for writer in self._writers if writer not in ended]
        for _, serial, taken in ended:
            self._bus.call(CLIPBOARD, "SelectionWriteDone", "oub", self._session, serial, taken.is_set())

    def _start(self) -> str:
        """CreateSession, SelectDevices, RequestClipboard, Start: in this order, as the portal wants it."""
        token = {"session_handle_token": ("s", f"hearsight{os.getpid()}")}
        made = self._bus.request("CreateSession", "a{sv}", options=token, seconds=_QUICK_SECONDS)
        session = str(made["session_handle"])
        wanted = {"types": ("u", _KEYBOARD), "persist_mode": ("u", _UNTIL_REVOKED), **self._kept_token()}
        self._bus.request("SelectDevices", "oa{sv}", session, options=wanted, seconds=_QUICK_SECONDS)
        if self.has_clipboard:
            self._bus.call(CLIPBOARD, "RequestClipboard", "oa{sv}", session, {})
        started = self._bus.request("Start", "osa{sv}", session, "", options={}, seconds=_DIALOG_SECONDS)
        if not started.get("devices", 0) & _KEYBOARD:
            raise PermissionError("the user gave no keyboard")
        self.has_clipboard = self.has_clipboard and bool(started.get("clipboard_enabled", False))
        if self._token_file is not None and "restore_token" in started:
            write_atomic(self._token_file, str(started["restore_token"]).encode())
        return session

    def _kept_token(self) -> dict[str, tuple[str, str]]:
        if self._token_file is None or not self._token_file.exists():
            return {}
        return {"restore_token": ("s", self._token_file.read_text(encoding="utf-8"))}

    def _key(self, keysym: int, state: int) -> None:
        self._bus.call(REMOTE, "NotifyKeyboardKeysym", "oa{sv}iu", self._session, {}, keysym, state)

    def _deal_with(self, name: str, body: Any) -> None:
        if name == "Closed":
            raise ConnectionResetError("the portal has ended the session")
        if not body or body[0] != self._session:
            return
        if name == "SelectionTransfer":
            self._send(body[1], body[2])
        elif name == "SelectionOwnerChanged":
            self._changed({key: value[1] for key, value in body[1].items()})

    def _changed(self, told: dict[str, Any]) -> None:
        if told.get("session_is_owner", False):
            return
        self.changes += 1
        self.types = tuple(told.get("mime_types", ()))
        held, self.held = self.held, None
        if held is not None:
            held.lose()

    def _send(self, mime: str, serial: int) -> None:
        held = self.held
        if held is None or mime not in held.contents:
            self._bus.call(CLIPBOARD, "SelectionWriteDone", "oub", self._session, serial, False)
            return
        (descriptor,) = self._bus.call(CLIPBOARD, "SelectionWrite", "ou", self._session, serial)
        tell, taken = held.taken(), threading.Event()

        def done() -> None:
            tell()
            taken.set()

        thread = write_all(descriptor.to_raw_fd(), held.contents[mime], done)
        self._writers.append((thread, serial, taken))
