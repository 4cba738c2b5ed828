"""A portal as newer desktops have it, on a real session bus: what KDE's 5.27 can't show (dialogs, refusals, Closed)."""

from __future__ import annotations

import subprocess
import threading
from typing import Any

from jeepney import DBusAddress, HeaderFields, MessageType, message_bus, new_error, new_method_return, new_signal
from jeepney.io.blocking import Proxy, open_dbus_connection

from assistant.bench.xvfb import end

NAME = "org.freedesktop.portal.Desktop"
PATH = "/org/freedesktop/portal/desktop"
SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"


class PortalService(threading.Thread):
    """Owns the portal's name until `stop`.

    Attributes:
        calls: (member, body) of every call that came.
        answers: response code by member; 0, yes, where none is given.
    """

    def __init__(self, **answers: int) -> None:
        super().__init__(daemon=True)
        self.calls: list[tuple[str, Any]] = []
        self.answers = answers
        self._connection = open_dbus_connection("SESSION")
        Proxy(message_bus, self._connection).RequestName(NAME)
        self._client = self._session = ""
        self._ending = False
        self._serial = threading.Lock()

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

    def key(self, member: str, name: str) -> None:
        self._signal(PATH, SHORTCUTS, member, "osta{sv}", (self._session, name, 0, {}))

    def close_session(self) -> None:
        self._signal(self._session, "org.freedesktop.portal.Session", "Closed", "", ())

    def count(self, member: str) -> int:
        return sum(called == member for called, _ in self.calls)

    def _answer(self, message: Any) -> None:
        fields = message.header.fields
        member, self._client = fields[HeaderFields.member], fields[HeaderFields.sender]
        self.calls.append((member, message.body))
        if member == "Get":
            self._send(new_method_return(message, "v", (("u", 2),)))
        elif member in ("CreateSession", "ListShortcuts", "BindShortcuts"):
            self._request(message, member, message.body[-1])
        elif member == "Close":
            self._send(new_method_return(message))
        else:
            self._send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))

    def _request(self, message: Any, member: str, options: dict[str, Any]) -> None:
        own = self._client[1:].replace(".", "_")
        handle = f"{PATH}/request/{own}/{options['handle_token'][1]}"
        results: dict[str, Any] = {}
        if member == "CreateSession":
            self._session = f"{PATH}/session/{own}/{options['session_handle_token'][1]}"
            results = {"session_handle": ("s", self._session)}
        elif member == "BindShortcuts":
            results = {"shortcuts": ("a(sa{sv})", message.body[1])}
        self._send(new_method_return(message, "o", (handle,)))
        body = (self.answers.get(member, 0), results)
        self._signal(handle, "org.freedesktop.portal.Request", "Response", "ua{sv}", body)

    def _signal(self, path: str, interface: str, member: str, signature: str, body: tuple[Any, ...]) -> None:
        signal = new_signal(DBusAddress(path, interface=interface), member, signature or None, body)
        self._send(signal)

    def _send(self, message: Any) -> None:
        with self._serial:
            self._connection.send(message)


class Bus:
    """A session bus of our own; `address` is for DBUS_SESSION_BUS_ADDRESS."""

    def __enter__(self) -> Bus:
        # Its own configuration would start the machine's real portal as soon as ours is gone.
        line = ("dbus-daemon", "--session", "--nofork", "--print-address")
        env = {"PATH": "/usr/bin:/bin", "XDG_DATA_HOME": "/nonexistent", "XDG_DATA_DIRS": "/nonexistent"}
        self._process = subprocess.Popen(line, env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self._process.stdout is not None
        with self._process.stdout as said:
            self.address = said.readline().decode().strip()
        return self

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def __exit__(self, *_: object) -> None:
        end(self._process)
