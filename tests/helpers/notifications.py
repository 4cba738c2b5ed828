"""mako, a real notification server, which shows itself on layer-shell; and a session bus for it where none is."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from jeepney import DBusAddress, DBusErrorResponse, MessageType, new_method_call
from jeepney.io.blocking import open_dbus_connection

from assistant.bench.xvfb import end
from tests.helpers.display import wait_until

_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={path}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/><allow user="*"/>
  </policy>
</busconfig>
"""


class Mako:
    """A context manager.

    Args:
        env: of the Wayland session.
        folder: for a bus that starts nothing by itself, where an ordinary user may write; None where `env` has a bus.
        user: what to put before a command.

    Attributes:
        env: the same with the bus.
    """

    def __init__(self, env: Mapping[str, str], folder: Path | None = None, user: tuple[str, ...] = ()) -> None:
        self._folder, self._user = folder, user
        bus = {"DBUS_SESSION_BUS_ADDRESS": f"unix:path={folder / 'test-bus'}"} if folder is not None else {}
        self.env = {**env, **bus}
        self._stack = ExitStack()

    def __enter__(self) -> Mako:
        if self._folder is not None:
            self._start_bus(self._folder)
        self._start("mako")
        wait_until(self._answers)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def shown(self) -> list[str]:
        """Summary and body of every notification that is on the screen."""
        return [f"{note['summary'][1]}\n{note['body'][1]}" for note in self._ask("ListNotifications")[0]]

    def press(self, action: str) -> None:
        """Presses a button of the newest notification."""
        self._ask("InvokeAction", "us", (0, action))

    def dismiss(self) -> None:
        """The user puts the newest notification away."""
        self._ask("DismissNotification", "ub", (0, False))

    def _start_bus(self, folder: Path) -> None:
        config = folder / "test-bus.conf"
        config.write_text(_BUS.format(path=folder / "test-bus"), encoding="utf-8")
        config.chmod(0o644)
        self._start("dbus-daemon", f"--config-file={config}", "--nofork")
        wait_until((folder / "test-bus").exists)

    def _answers(self) -> bool:
        try:
            self._ask("ListNotifications")
        except DBusErrorResponse:
            return False
        return True

    def _ask(self, member: str, signature: str = "", body: tuple[Any, ...] = ()) -> Any:
        """mako's own interface, which `makoctl` speaks: number 0 is the newest notification."""
        address = DBusAddress("/fr/emersion/Mako", "org.freedesktop.Notifications", "fr.emersion.Mako")
        with open_dbus_connection(self.env["DBUS_SESSION_BUS_ADDRESS"]) as connection:
            message = new_method_call(address, member, signature or None, body)
            reply = connection.send_and_get_reply(message, timeout=10)
        if reply.header.message_type == MessageType.error:
            raise DBusErrorResponse(reply)
        return reply.body

    def _start(self, *line: str) -> None:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen((*self._user, *line), env=self.env, stdin=quiet, stdout=quiet, stderr=quiet)
        self._stack.callback(end, process)
