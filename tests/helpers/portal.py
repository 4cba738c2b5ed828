"""A RemoteDesktop portal on a bus of its own: the part that a desktop brings, with a window that pastes at Ctrl+V."""

from __future__ import annotations

import os
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, message_bus, new_method_return, new_signal
from jeepney.io.blocking import Proxy, open_dbus_connection
from jeepney.low_level import Message

PORTAL = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
REMOTE, CLIPBOARD = "org.freedesktop.portal.RemoteDesktop", "org.freedesktop.portal.Clipboard"
SESSION = f"{PATH}/session/1_1/s"
_CONFIG = """
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
_CONTROL, _V = 0xFFE3, 0x76


@contextmanager
def message_bus_address() -> Iterator[str]:
    """A private message bus, which starts none of the services that are installed here."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "bus.conf"
        config.write_text(_CONFIG.format(folder=folder))
        command = ["dbus-daemon", f"--config-file={config}", "--nofork", "--print-address"]
        daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert daemon.stdout is not None
        try:
            yield daemon.stdout.readline().strip()
        finally:
            daemon.kill()
            daemon.communicate()


class FakePortal(threading.Thread):
    """Answers as the specification says.

    Args:
        address: of the bus.
        allows: whether the user allows it.

    Attributes:
        pasted: what its window has read.
        clipboard: what the clipboard holds while it is nobody's session.
        tokens: the restore tokens that it was shown.
        calls: what was called, in order.
    """

    def __init__(self, address: str, clipboard: dict[str, bytes], allows: bool = True) -> None:
        super().__init__(daemon=True)
        self._connection = open_dbus_connection(bus=address, enable_fds=True)
        Proxy(message_bus, self._connection).RequestName(PORTAL)
        self._allows = allows
        self._down: set[int] = set()
        self._serial = 0
        self._pipes: dict[int, tuple[int, int]] = {}
        self._owned: list[str] = []
        self.clipboard = clipboard
        self.pasted: list[bytes] = []
        self.tokens: list[str] = []
        self.calls: list[str] = []
        self.start()

    def run(self) -> None:
        try:
            while True:
                message = self._connection.receive()
                if message.header.message_type == MessageType.method_call:
                    self._answer(message)
        except (OSError, EOFError):
            return

    def stop(self) -> None:
        self._connection.sock.shutdown(2)
        self.join()
        self._connection.close()

    def end_session(self) -> None:
        self._tell("org.freedesktop.portal.Session", "Closed", "", (), SESSION)

    def _answer(self, message: Message) -> None:
        member = message.header.fields[HeaderFields.member]
        self.calls.append(member)
        getattr(self, f"_on_{member}")(message, *message.body)

    def _reply(self, message: Message, signature: str = "", *body: Any) -> None:
        self._connection.send(new_method_return(message, signature or None, body))

    def _tell(self, interface: str, member: str, signature: str, body: tuple[Any, ...], path: str = PATH) -> None:
        address = DBusAddress(path, bus_name=None, interface=interface)
        self._connection.send(new_signal(address, member, signature or None, body))

    def _respond(self, message: Message, options: dict[str, Any], results: dict[str, Any], code: int = 0) -> None:
        sender = message.header.fields[HeaderFields.sender][1:].replace(".", "_")
        handle = f"{PATH}/request/{sender}/{options['handle_token'][1]}"
        self._reply(message, "o", handle)
        self._tell("org.freedesktop.portal.Request", "Response", "ua{sv}", (code, results), handle)

    def _on_Get(self, message: Message, interface: str, name: str) -> None:
        self._reply(message, "v", ("u", 2 if interface == REMOTE else 1))

    def _on_CreateSession(self, message: Message, options: dict[str, Any]) -> None:
        self._respond(message, options, {"session_handle": ("s", SESSION)})

    def _on_SelectDevices(self, message: Message, session: str, options: dict[str, Any]) -> None:
        self.tokens.append(options.get("restore_token", ("s", ""))[1])
        self._respond(message, options, {})

    def _on_RequestClipboard(self, message: Message, session: str, options: dict[str, Any]) -> None:
        self._reply(message)

    def _on_Start(self, message: Message, session: str, parent: str, options: dict[str, Any]) -> None:
        given = {"devices": ("u", 1), "clipboard_enabled": ("b", True), "restore_token": ("s", "token-1")}
        self._respond(message, options, given if self._allows else {}, 0 if self._allows else 1)
        self._tell_owner(list(self.clipboard), False)

    def _on_SetSelection(self, message: Message, session: str, options: dict[str, Any]) -> None:
        self._owned = list(options["mime_types"][1])
        self._reply(message)
        self._tell_owner(self._owned, True)

    def _on_SelectionRead(self, message: Message, session: str, mime: str) -> None:
        here, there = os.pipe()
        os.write(there, self.clipboard[mime])
        os.close(there)
        self._reply(message, "h", here)
        os.close(here)

    def _on_NotifyKeyboardKeysym(self, message: Message, session: str, options: Any, keysym: int, state: int) -> None:
        self._reply(message)
        (self._down.add if state else self._down.discard)(keysym)
        if self._down == {_CONTROL, _V}:
            self.paste()

    def paste(self, mime: str = "text/plain;charset=utf-8") -> None:
        """As a window does."""
        self._serial += 1
        self._tell(CLIPBOARD, "SelectionTransfer", "osu", (SESSION, mime, self._serial))

    def _on_SelectionWrite(self, message: Message, session: str, serial: int) -> None:
        self._pipes[serial] = os.pipe()
        self._reply(message, "h", self._pipes[serial][1])
        os.close(self._pipes[serial][1])
        with os.fdopen(self._pipes[serial][0], "rb") as pipe:
            self.pasted.append(pipe.read())

    def _on_SelectionWriteDone(self, message: Message, session: str, serial: int, success: bool) -> None:
        self._reply(message)

    def _tell_owner(self, types: list[str], ours: bool) -> None:
        told = {"mime_types": ("as", types), "session_is_owner": ("b", ours)}
        self._tell(CLIPBOARD, "SelectionOwnerChanged", "oa{sv}", (SESSION, told))
