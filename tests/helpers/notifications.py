"""mako, a real notification server, which shows itself on layer-shell; and a session bus for it where none is."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

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
        wait_until(lambda: self._ask("list").returncode == 0)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def shown(self) -> list[str]:
        """Summary and body of every notification that is on the screen."""
        told = json.loads(self._ask("list").stdout)["data"][0]
        return [f"{note['summary']['data']}\n{note['body']['data']}" for note in told]

    def press(self, action: str) -> None:
        """Presses a button of the newest notification."""
        assert self._ask("invoke", action).returncode == 0

    def dismiss(self) -> None:
        """The user puts the newest notification away."""
        assert self._ask("dismiss").returncode == 0

    def _start_bus(self, folder: Path) -> None:
        config = folder / "test-bus.conf"
        config.write_text(_BUS.format(path=folder / "test-bus"), encoding="utf-8")
        config.chmod(0o644)
        self._start("dbus-daemon", f"--config-file={config}", "--nofork")
        wait_until((folder / "test-bus").exists)

    def _ask(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (*self._user, "makoctl", *words), env=self.env, capture_output=True, text=True, check=False
        )

    def _start(self, *line: str) -> None:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen((*self._user, *line), env=self.env, stdin=quiet, stdout=quiet, stderr=quiet)
        self._stack.callback(end, process)
