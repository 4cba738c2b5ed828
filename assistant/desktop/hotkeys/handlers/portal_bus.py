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


class PortalEnded(OSError):
    """The portal ended, or we are ending, while a request waited for its answer."""


class PortalBus:
    """One connection to the session bus, used by one thread at a time; `wake` is for any.

    Raises:
        OSError, KeyError, ValueError, EOFError: there is no session bus.
    """

    def __init__(self) -> None:
        self._connection = open_dbus_connection(bus="SESSION")
        self._signals: deque[Any] = deque()
        self._connection.filter(MatchRule(type="signal"), queue=self._signals)
        self._wake_read, self._wake_write = socket.socketpair()
        self._bus = Proxy(message_bus, self._connection, timeout=_CALL_SECONDS)

    def close(self) -> None:
        self._connection.close()
        self._wake_read.close()
        self._wake_write.close()

    def wake(self) -> None:
        """Ends whatever waits here, now and from now on."""
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")

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

    def next_signal(self, seconds: float) -> Any:
        """The next signal; None when `seconds` are over or after `wake`."""
        message = self._arrived()
        if message is None and self._wait(seconds):
            message = self._arrived()
        return message

    def _wait(self, seconds: float) -> list[Any]:
        return select.select([self._connection.sock, self._wake_read], [], [], seconds)[0]

    def _arrived(self) -> Any:
        self._receive()
        return self._signals.popleft() if self._signals else None

    def _receive(self) -> None:
        """Everything that is there; a message may wait in jeepney's own buffer, which `select` can't see."""
        with contextlib.suppress(TimeoutError):
            while True:
                self._connection.recv_messages(timeout=0)

    def _response(self, handle: str, seconds: float) -> Any:
        """The body of a request's Response; other signals stay for `next_signal`."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._receive()
            for message in self._signals:
                if signal_of(message) == (REQUEST, "Response") and path_of(message) == handle:
                    self._signals.remove(message)
                    return message.body
                if is_end(message):
                    raise PortalEnded
            if self._wake_read in self._wait(left):
                raise PortalEnded
        raise TimeoutError


def signal_of(message: Any) -> tuple[str, str]:
    """Interface and member."""
    fields = message.header.fields
    return fields.get(HeaderFields.interface, ""), fields.get(HeaderFields.member, "")


def path_of(message: Any) -> str:
    return str(message.header.fields.get(HeaderFields.path, ""))


def is_end(message: Any) -> bool:
    """Whether it says that the portal is gone."""
    return signal_of(message)[1] == "NameOwnerChanged" and not message.body[2]
