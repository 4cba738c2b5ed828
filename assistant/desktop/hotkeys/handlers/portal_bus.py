"""The session bus as the GlobalShortcuts portal needs it: calls, requests that answer later, and signals.

Interfaces: https://flatpak.github.io/xdg-desktop-portal/docs/doc-org.freedesktop.portal.GlobalShortcuts.html
"""

from __future__ import annotations

import contextlib
import select
import socket
import time
from collections import deque
from itertools import count
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, HeaderFields, MatchRule, MessageType, message_bus, new_method_call
from jeepney.io.blocking import Proxy, open_dbus_connection

from assistant.core.errors import HearsightError

PORTAL = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"
SESSION = "org.freedesktop.portal.Session"
REQUEST = "org.freedesktop.portal.Request"
_REGISTRY = "org.freedesktop.host.portal.Registry"
_PROPERTIES = "org.freedesktop.DBus.Properties"
APP_ID = "hearsight"
"""The name of Hearsight's desktop file; portals since 1.19 know an unsandboxed program by it."""

_CALL_SECONDS = 5.0
_tokens = count(1)

BUS_ERRORS = (DBusErrorResponse, OSError, EOFError, KeyError, ValueError)
"""What jeepney raises where there is no bus, nobody answers, or the answer is an error."""


class Refused(HearsightError):
    """The portal answered a request with "no"; its user or its desktop doesn't want it."""


class PortalBus:
    """One connection to the session bus, used by one thread at a time.

    Raises:
        OSError, KeyError, ValueError, EOFError: there is no session bus.
    """

    def __init__(self) -> None:
        self._connection = open_dbus_connection(bus="SESSION")
        self._signals: deque[Any] = deque()
        self._connection.filter(MatchRule(type="signal"), queue=self._signals)
        self._bus = Proxy(message_bus, self._connection, timeout=_CALL_SECONDS)

    def close(self) -> None:
        self._connection.close()

    def version(self, seconds: float) -> int:
        """Of the portal's GlobalShortcuts; DBusErrorResponse where it has none, TimeoutError where it is silent."""
        answer = self.call(PATH, _PROPERTIES, "Get", "ss", (SHORTCUTS, "version"), seconds)
        return int(answer[0][1])

    def listen(self) -> None:
        """Asks the bus for the portal's signals, and for its coming and going."""
        for interface in (SHORTCUTS, SESSION, REQUEST):
            self._bus.AddMatch(MatchRule(type="signal", sender=PORTAL, interface=interface))
        owner = MatchRule(type="signal", sender="org.freedesktop.DBus", member="NameOwnerChanged")
        owner.add_arg_condition(0, PORTAL)
        self._bus.AddMatch(owner)

    def register(self) -> None:
        """Says who we are, where the portal asks for that."""
        # Older portals don't ask, and newer ones go on without where no desktop file is installed.
        with contextlib.suppress(DBusErrorResponse):
            self.call(PATH, _REGISTRY, "Register", "sa{sv}", (APP_ID, {}))

    def call(
        self, path: str, interface: str, member: str, signature: str, body: tuple[Any, ...], seconds: float = 0
    ) -> Any:
        """Calls the portal and gives the answer's body."""
        address = DBusAddress(path, bus_name=PORTAL, interface=interface)
        message = new_method_call(address, member, signature or None, body)
        reply = self._connection.send_and_get_reply(message, timeout=seconds or _CALL_SECONDS)
        if reply.header.message_type == MessageType.error:
            raise DBusErrorResponse(reply)
        return reply.body

    def request(
        self, member: str, signature: str, body: tuple[Any, ...], options: dict[str, Any], seconds: float
    ) -> Any:
        """A call whose answer comes as a signal, perhaps after the user said so in a dialog; gives the results.

        Raises:
            Refused: the answer was no.
            TimeoutError: it didn't come within `seconds`.
        """
        token = f"hearsight{next(_tokens)}"
        options = {**options, "handle_token": ("s", token)}
        handle = self.call(PATH, SHORTCUTS, member, signature, (*body, options))[0]
        code, results = self._response(handle, seconds)
        if code != 0:
            raise Refused(
                "The desktop didn't give Hearsight its keys.",
                action="Allow them in the desktop's settings for shortcuts, and start Hearsight again.",
            )
        return results

    def next_signal(self, seconds: float, wake: socket.socket) -> Any:
        """The next signal; None when `seconds` are over or `wake` can be read."""
        message = self._arrived()
        if message is None and select.select([self._connection.sock, wake], [], [], seconds)[0]:
            message = self._arrived()
        return message

    def _arrived(self) -> Any:
        try:
            while not self._signals:
                self._connection.recv_messages(timeout=0)
        except TimeoutError:
            return None
        return self._signals.popleft()

    def _response(self, handle: str, seconds: float) -> Any:
        """The body of a request's Response; other signals stay for `next_signal`."""
        deadline = time.monotonic() + seconds
        while True:
            for message in self._signals:
                if signal_of(message) == (REQUEST, "Response") and path_of(message) == handle:
                    self._signals.remove(message)
                    return message.body
            self._connection.recv_messages(timeout=max(deadline - time.monotonic(), 0))


def signal_of(message: Any) -> tuple[str, str]:
    """Interface and member."""
    fields = message.header.fields
    return fields.get(HeaderFields.interface, ""), fields.get(HeaderFields.member, "")


def path_of(message: Any) -> str:
    return str(message.header.fields.get(HeaderFields.path, ""))
