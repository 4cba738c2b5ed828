"""The session bus as the RemoteDesktop portal needs it: calls, requests that answer later, signals, descriptors.

Interfaces: https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.RemoteDesktop.html and
…Clipboard.html
"""

from __future__ import annotations

import os
import time
from collections import deque
from itertools import count
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, MessageType, message_bus, new_method_call
from jeepney.io.blocking import Proxy, open_dbus_connection

PORTAL = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
REMOTE = "org.freedesktop.portal.RemoteDesktop"
CLIPBOARD = "org.freedesktop.portal.Clipboard"
SESSION = "org.freedesktop.portal.Session"
REQUEST = "org.freedesktop.portal.Request"
_PROPERTIES = "org.freedesktop.DBus.Properties"
_CALL_SECONDS = 3.0
_tokens = count(1)


class PortalBus:
    """One connection, for one thread at a time.

    Raises:
        OSError: from every call, when there is no bus, nobody answers, or the answer is an error or a "no".
    """

    def __init__(self) -> None:
        try:
            self._connection = open_dbus_connection(bus="SESSION", enable_fds=True)
        except (KeyError, ValueError, EOFError) as error:
            raise OSError("there is no session bus") from error
        self._signals: deque[Any] = deque()
        bus = Proxy(message_bus, self._connection, timeout=_CALL_SECONDS)
        for interface in (REMOTE, CLIPBOARD, SESSION, REQUEST):
            bus.AddMatch(MatchRule(type="signal", sender=PORTAL, interface=interface))

    def fileno(self) -> int:
        return int(self._connection.sock.fileno())

    def close(self) -> None:
        self._connection.close()

    def version(self, interface: str) -> int:
        """0 where the portal has no such interface."""
        try:
            return int(self.call(_PROPERTIES, "Get", "ss", interface, "version")[0][1])
        except OSError:
            return 0

    def call(self, interface: str, member: str, signature: str, *body: Any, seconds: float = _CALL_SECONDS) -> Any:
        """Calls the portal and gives the answer's body."""
        address = DBusAddress(PATH, bus_name=PORTAL, interface=interface)
        message = new_method_call(address, member, signature or None, body)
        serial = next(self._connection.outgoing_serial)
        self._connection.send_message(message, serial=serial)
        last = time.monotonic() + seconds
        while True:
            reply = self._receive(last)
            if reply.header.fields.get(HeaderFields.reply_serial) == serial:
                break
            self._keep(reply)
        if reply.header.message_type == MessageType.error:
            raise ConnectionRefusedError(f"{member} was refused")
        return reply.body

    def request(
        self, member: str, signature: str, *body: Any, options: dict[str, Any], seconds: float
    ) -> dict[str, Any]:
        """A call whose answer comes as a signal, perhaps after the user said so in a dialog; gives the results."""
        all_options = {**options, "handle_token": ("s", f"hearsight{os.getpid()}_{next(_tokens)}")}
        handle = self.call(REMOTE, member, signature, *body, all_options)[0]
        last = time.monotonic() + seconds
        while (answer := self._response(handle)) is None:
            self._keep(self._receive(last))
        code, results = answer
        if code:
            raise PermissionError(f"{member} was not allowed")
        return {name: value[1] for name, value in results.items()}

    def signals(self) -> list[Any]:
        """What has come since the last time."""
        while True:
            try:
                self._keep(self._connection.receive(timeout=0))
            except TimeoutError:
                break
            except EOFError as error:
                raise ConnectionResetError("the bus has gone") from error
        found = [s for s in self._signals if _signal(s) != (REQUEST, "Response")]
        self._signals.clear()
        return found

    def _response(self, handle: str) -> Any:
        for message in self._signals:
            if _signal(message) == (REQUEST, "Response") and message.header.fields[HeaderFields.path] == handle:
                self._signals.remove(message)
                return message.body
        return None

    def _keep(self, message: Any) -> None:
        if message.header.message_type == MessageType.signal:
            self._signals.append(message)

    def _receive(self, last: float) -> Any:
        try:
            return self._connection.receive(timeout=max(0.0, last - time.monotonic()))
        except EOFError as error:
            raise ConnectionResetError("the bus has gone") from error


def _signal(message: Any) -> tuple[str, str]:
    fields = message.header.fields
    return fields.get(HeaderFields.interface, ""), fields.get(HeaderFields.member, "")


def named(message: Any) -> str:
    """The signal's member, when it is one of the clipboard's or the session's."""
    interface, member = _signal(message)
    return member if interface in (CLIPBOARD, SESSION) else ""
