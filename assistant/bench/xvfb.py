"""Starts a real X server without a screen, for benches and for tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from assistant.core.errors import NoScreen
from assistant.core.geometry import Rect

_READY_SECONDS = 20.0
_END_SECONDS = 5.0
_POLL = 0.02
_MILLIMETRES_PER_PIXEL = 25.4 / 96


class XServer:
    """Xvfb on a free display, with a window manager and a number of monitors; nothing is left behind at the end.

    Args:
        width: of the whole screen, in pixels.
        height: of the whole screen.
        depth: bits a pixel.
        monitors: the monitors that the screen is cut into; one that covers all of it when left out.
        window_manager: whether openbox runs on it.

    Attributes:
        display: ":N", once started.

    Raises:
        NoScreen: on entering, when Xvfb or openbox is missing or doesn't start.
    """

    def __init__(
        self,
        width: int = 1920,
        height: int = 1080,
        *,
        depth: int = 24,
        monitors: Sequence[Rect] | None = None,
        window_manager: bool = True,
    ) -> None:
        self.width, self.height, self.depth = width, height, depth
        self.display = ""
        self._monitors = tuple(monitors or ())
        self._window_manager = window_manager
        self._server: subprocess.Popen[bytes] | None = None
        self._manager: subprocess.Popen[bytes] | None = None

    @property
    def env(self) -> dict[str, str]:
        """The variables for programs that shall show up here: this display, and no Wayland session."""
        other = ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XAUTHORITY", "QT_QPA_PLATFORM")
        kept = {name: value for name, value in os.environ.items() if name not in other}
        return {**kept, "DISPLAY": self.display}

    def __enter__(self) -> XServer:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._server, number = _start_server(self.width, self.height, self.depth)
        self.display = f":{number}"
        self.set_monitors(self._monitors)
        if self._window_manager:
            self._start_manager()

    def stop(self) -> None:
        """Ends what was started; harmless when nothing was."""
        for process in (self._manager, self._server):
            if process is not None:
                end(process)
        self._manager = self._server = None

    def kill(self) -> None:
        """What a crash of the X server looks like."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()

    def spawn(self, *command: str) -> subprocess.Popen[bytes]:
        """Starts a program on this display; whoever calls ends it."""
        return subprocess.Popen(command, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def run(self, *command: str) -> str:
        """Runs a program on this display to its end and gives what it printed."""
        done = subprocess.run(command, env=self.env, capture_output=True, text=True, check=True, timeout=_READY_SECONDS)
        return done.stdout

    def set_monitors(self, monitors: Sequence[Rect]) -> None:
        """Cuts the screen into monitors "M1", "M2", ...; the first one stands for the real output."""
        for i, rect in enumerate(monitors, 1):
            across, down = (round(size * _MILLIMETRES_PER_PIXEL) for size in (rect.width, rect.height))
            shape = f"{rect.width}/{across}x{rect.height}/{down}+{rect.x}+{rect.y}"
            self.run(_found("xrandr"), "--setmonitor", f"M{i}", shape, "screen" if i == 1 else "none")

    def _start_manager(self) -> None:
        """openbox calls its start-up command once it manages windows; before, it may never notice a new one."""
        with tempfile.TemporaryDirectory() as folder:
            ready = Path(folder) / "ready"
            self._manager = self.spawn(_found("openbox"), "--sm-disable", "--startup", f"touch {ready}")
            _wait(ready.exists, "openbox")


def end(process: subprocess.Popen[bytes]) -> None:
    """Asks a process to end, then makes it."""
    process.terminate()
    try:
        process.wait(_END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start_server(width: int, height: int, depth: int) -> tuple[subprocess.Popen[bytes], int]:
    """Xvfb chooses the display number itself and says it once it takes connections."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "display"
        with told.open("wb") as pipe:
            size = f"{width}x{height}x{depth}"
            options = ("-screen", "0", size, "-noreset", "-nolisten", "tcp", "-displayfd", str(pipe.fileno()))
            server = subprocess.Popen(
                (_found("Xvfb"), *options),
                pass_fds=(pipe.fileno(),),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        try:
            _wait(lambda: told.read_bytes().endswith(b"\n") or server.poll() is not None, "Xvfb")
            return server, int(told.read_bytes())
        except (NoScreen, ValueError) as error:
            end(server)
            raise NoScreen("Xvfb doesn't start.", action="Run 'Xvfb :99' to see why.") from error


def _wait(ready: Callable[[], bool], name: str) -> None:
    last = time.monotonic() + _READY_SECONDS
    while time.monotonic() < last:
        if ready():
            return
        time.sleep(_POLL)
    raise NoScreen(f"{name} doesn't get ready.", action=f"Start {name} by hand to see why.")


def _found(program: str) -> str:
    path = shutil.which(program)
    if path is None:
        raise NoScreen(f"The program {program} is not installed.", action="Install the packages that the tests need.")
    return path
