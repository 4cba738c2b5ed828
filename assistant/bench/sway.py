"""Starts sway without a screen: a real wlroots compositor for benches and tests."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from assistant.bench.xvfb import end
from assistant.core.errors import NoScreen

_READY_SECONDS = 20.0
_POLL = 0.02
_NOBODY = 65534
_CONFIG = """
xwayland disable
output HEADLESS-1 resolution 1280x800
focus_on_window_activation focus
default_border none
"""


class Sway:
    """A context manager. sway refuses to run as root: then it runs as nobody, and its clients as whoever starts them.

    Args:
        config: lines for its configuration, such as `bindsym`. What they run can read every file, as root could.

    Raises:
        NoScreen: on entering, when sway is missing or doesn't start.
    """

    def __init__(self, config: str = "") -> None:
        self._config = _CONFIG + config
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._socket = ""

    @property
    def env(self) -> dict[str, str]:
        """The variables for programs that shall show up here: this compositor, and no X server."""
        other = ("DISPLAY", "XAUTHORITY")
        kept = {name: value for name, value in os.environ.items() if name not in other}
        session = {"WAYLAND_DISPLAY": "wayland-1", "XDG_SESSION_TYPE": "wayland", "XDG_CURRENT_DESKTOP": "sway"}
        return {
            **kept,
            **session,
            "XDG_RUNTIME_DIR": self._runtime,
            "SWAYSOCK": self._socket,
            "QT_QPA_PLATFORM": "wayland",
        }

    def __enter__(self) -> Sway:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    def message(self, *words: str) -> str:
        """`swaymsg WORDS…`."""
        line = (_found("swaymsg"), *words)
        done = subprocess.run(line, env=self.env, capture_output=True, text=True, check=True, timeout=_READY_SECONDS)
        return done.stdout

    def wait_for_focus(self, title: str) -> None:
        """Waits until the window with this title has the focus; a new one gets it by itself.

        Raises:
            NoScreen: not in time.
        """
        last = time.monotonic() + _READY_SECONDS
        while time.monotonic() < last:
            if any(node.get("focused") and node.get("name") == title for node in _nodes(self._tree())):
                return
            time.sleep(_POLL)
        raise NoScreen(f"The window {title} does not get the focus.", action="Run it under sway by hand.")

    def give_focus(self, title: str) -> None:
        """Moves the focus to the window with this title."""
        self.message(f'[title="^{title}$"]', "focus")
        self.wait_for_focus(title)

    @contextmanager
    def keyboard(self) -> Iterator[None]:
        """A keyboard on the seat, as every desktop has one; nobody presses its keys."""
        holder = subprocess.Popen((_found("wtype"), "-s", "3600000", "x"), env=self.env)
        try:
            while '"keyboard"' not in self.message("-t", "get_inputs"):
                time.sleep(_POLL)
            yield
        finally:
            end(holder)

    def _tree(self) -> dict[str, Any]:
        tree: dict[str, Any] = json.loads(self.message("-t", "get_tree"))
        return tree

    @property
    def _runtime(self) -> str:
        assert self._folder is not None
        return self._folder.name

    def _start(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hearsight-sway-")
        config = Path(self._runtime) / "config"
        config.write_text(self._config, encoding="utf-8")
        line: tuple[str, ...] = (_found("sway"), "-c", str(config))
        if os.geteuid() == 0:
            os.chown(self._runtime, _NOBODY, _NOBODY)
            config.chmod(0o644)
            line = (*as_ordinary_user(), *line)
        headless = {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
        own = ("DISPLAY", "WAYLAND_DISPLAY", "SWAYSOCK", "XDG_RUNTIME_DIR")
        kept = {name: value for name, value in os.environ.items() if name not in own}
        env = {**kept, **headless, "XDG_RUNTIME_DIR": self._runtime, "HOME": self._runtime}
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(line, env=env, stdin=quiet, stdout=quiet, stderr=quiet)
        self._wait()

    def _wait(self) -> None:
        folder, last = Path(self._runtime), time.monotonic() + _READY_SECONDS
        while time.monotonic() < last:
            sockets = list(folder.glob("sway-ipc.*.sock"))
            if sockets and (folder / "wayland-1").exists():
                self._socket = str(sockets[0])
                return
            if self._process is not None and self._process.poll() is not None:
                break
            time.sleep(_POLL)
        raise NoScreen("sway doesn't start.", action="Run it by hand with WLR_BACKENDS=headless to see why.")

    def _stop(self) -> None:
        """sway may leave sockets that its folder's owner alone could delete; root or that owner is who runs this."""
        if self._process is not None:
            end(self._process)
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


def as_ordinary_user() -> tuple[str, ...]:
    """What to put before a command so that root doesn't run it as root; nothing where it wouldn't.

    It keeps the right to read and write files, since a root's Python often lies where nobody else may look.
    """
    if os.geteuid() != 0:
        return ()
    user = (f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups")
    return (_found("setpriv"), *user, "--inh-caps=+dac_override", "--ambient-caps=+dac_override")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("nodes", []) + node.get("floating_nodes", []):
        yield from _nodes(child)


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise NoScreen(f"The program {program} is not installed.", action="Install the packages that the tests need.")
    return path
