"""The session bus as org.freedesktop.Notifications needs it.

Interface: https://specifications.freedesktop.org/notification-spec/latest/protocol.html
"""

from __future__ import annotations

import contextlib
from collections import deque
from collections.abc import Iterator
from html import escape
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, HeaderFields, MatchRule, MessageType, message_bus, new_method_call
from jeepney.io.blocking import Proxy, open_dbus_connection

from assistant.desktop.notifications.models import Note, Server

NAME = "org.freedesktop.Notifications"
PATH = "/org/freedesktop/Notifications"
_CALL_SECONDS = 2.0
_STAYS_MS = 120_000
"""What a crash leaves on the screen goes by itself."""
_LOW, _NORMAL = 0, 1

BUS_ERRORS = (DBusErrorResponse, OSError, EOFError, KeyError, ValueError)
"""What jeepney raises where there is no bus, nobody answers, or the answer is an error."""


class NotificationBus:
    """One connection to the session bus, used by one thread.

    Raises:
        OSError, KeyError, ValueError, EOFError: there is no session bus.
    """

    def __init__(self) -> None:
        self._connection = open_dbus_connection(bus="SESSION")
        self._signals: deque[Any] = deque()
        rule = MatchRule(type="signal", interface=NAME, path=PATH)
        self._connection.filter(rule, queue=self._signals)
        Proxy(message_bus, self._connection, timeout=_CALL_SECONDS).AddMatch(rule)

    def close(self) -> None:
        self._connection.close()

    def fileno(self) -> int:
        """For `select`: something came."""
        return int(self._connection.sock.fileno())

    def server(self) -> Server:
        """Who shows notifications now; the question starts one where the bus knows how."""
        reply = self._call(NAME, "GetCapabilities", "", ())
        return Server(reply.header.fields[HeaderFields.sender], frozenset(reply.body[0]))

    def product(self) -> str:
        """The server's name and version."""
        name, _, version, _ = self._call(NAME, "GetServerInformation", "", ()).body
        return f"{name} {version}".strip()

    def notify(self, server: Server, note: Note, replaced: int) -> int:
        """Shows a note in place of the one with the number `replaced` (0: a new one); gives its number."""
        body = body_of(note, server)
        actions = [word for action in note.actions for word in action] if server.has_buttons else []
        hints = {
            "urgency": ("y", _NORMAL if note.is_urgent else _LOW),
            "transient": ("b", True),
            "suppress-sound": ("b", True),
            "desktop-entry": ("s", "hearsight"),
        }
        arguments = ("Hearsight", replaced, "", note.summary, body, actions, hints, _STAYS_MS)
        return int(self._call(server.address, "Notify", "susssasa{sv}i", arguments).body[0])

    def take_away(self, server: Server, number: int) -> None:
        """Harmless where it has gone already."""
        with contextlib.suppress(DBusErrorResponse):
            self._call(server.address, "CloseNotification", "u", (number,))

    def signals(self) -> Iterator[tuple[str, str, int, Any]]:
        """Sender, name, the notification's number, and the key of its action or the reason why it closed."""
        with contextlib.suppress(TimeoutError):
            while True:
                self._connection.recv_messages(timeout=0)
        while self._signals:
            message = self._signals.popleft()
            fields = message.header.fields
            yield fields.get(HeaderFields.sender, ""), fields[HeaderFields.member], message.body[0], message.body[1]

    def _call(self, to: str, member: str, signature: str, body: tuple[Any, ...]) -> Any:
        address = DBusAddress(PATH, bus_name=to, interface=NAME)
        message = new_method_call(address, member, signature or None, body)
        reply = self._connection.send_and_get_reply(message, timeout=_CALL_SECONDS)
        if reply.header.message_type == MessageType.error:
            raise DBusErrorResponse(reply)
        return reply


def body_of(note: Note, server: Server) -> str:
    """What stands below the summary: without the words where the server would keep them."""
    words, unsure, hint = note.words, note.unsure, note.hint
    if server.has_markup:
        words, unsure, hint = (escape(text, quote=False) for text in (words, unsure, hint))
        unsure = unsure and f"<i>{unsure}</i>"
    said = words + unsure if note.even_if_kept or not server.keeps else ""
    return "\n".join(filter(None, (said, hint)))
