"""A notification server of ours on a real session bus: what mako can't show (keeping, silence, its own end)."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, message_bus, new_method_return, new_signal
from jeepney.io.blocking import Proxy, open_dbus_connection

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"


@dataclass(frozen=True)
class Told:
    """One call of Notify."""

    time: float
    replaced: int
    summary: str
    body: str
    actions: list[str]
    urgency: int
    is_transient: bool


class NotificationService(threading.Thread):
    """Owns the name until `stop`.

    Attributes:
        told: every note that came.
        closed: numbers that were taken away.
    """

    def __init__(self, *capabilities: str) -> None:
        super().__init__(daemon=True)
        self.told: list[Told] = []
        self.closed: list[int] = []
        self._capabilities = list(capabilities)
        self._connection = open_dbus_connection("SESSION")
        Proxy(message_bus, self._connection).RequestName(NAME)
        self._ending = False
        self._numbers = 0
        self._serial = threading.Lock()
        self.start()

    def run(self) -> None:
        while not self._ending:
            try:
                message = self._connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type == MessageType.method_call:
                self._answer(message)

    def stop(self) -> None:
        self._ending = True
        self.join()
        self._connection.close()

    def press(self, action: str) -> None:
        self._signal("ActionInvoked", "us", (self._numbers, action))

    def close_it(self, reason: int) -> None:
        self._signal("NotificationClosed", "uu", (self._numbers, reason))

    def _answer(self, message: Any) -> None:
        member, body = message.header.fields[HeaderFields.member], message.body
        if member == "GetCapabilities":
            self._send(new_method_return(message, "as", (self._capabilities,)))
        elif member == "GetServerInformation":
            self._send(new_method_return(message, "ssss", ("Ours", "tests", "1.0", "1.2")))
        elif member == "Notify":
            _, replaced, _, summary, text, actions, hints, _ = body
            urgency, transient = hints["urgency"][1], hints["transient"][1]
            self.told.append(Told(time.monotonic(), replaced, summary, text, actions, urgency, transient))
            self._numbers = replaced or self._numbers + 1
            self._send(new_method_return(message, "u", (self._numbers,)))
        elif member == "CloseNotification":
            self.closed.append(body[0])
            self._send(new_method_return(message))

    def _signal(self, member: str, signature: str, body: tuple[Any, ...]) -> None:
        self._send(new_signal(DBusAddress(PATH, interface=NAME), member, signature, body))

    def _send(self, message: Any) -> None:
        with self._serial:
            self._connection.send(message)
