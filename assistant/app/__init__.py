"""Opens the window. The only place that builds and wires.

The order, told once: a display that answers; the one running instance; Qt; the window's outline, which is on the
screen before anything heavy is imported. Then `wiring`: history, settings, the engine (not loaded), the controller,
and the window filled with them; last what takes longer: global keys, the engine's weights in their child process,
and recordings that a crash left behind.
"""

from __future__ import annotations

import argparse
import signal
import sys
from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication

from assistant.desktop import display
from assistant.desktop.single_instance import Server, send
from assistant.settings.paths import Paths
from assistant.ui import appearance
from assistant.ui.first_paint import announce_first_paint
from assistant.ui.main_window import MainWindow

if TYPE_CHECKING:
    from assistant.app.wiring import App
    from assistant.workers.remote import RemoteCommands

_INTERRUPT_POLL_MS = 200
"""Python runs signal handlers only between its own instructions, which Qt's loop has none of while idle."""


def main(args: argparse.Namespace) -> int:
    """Opens the window and runs until it is quit.

    Raises:
        NoScreen: there is no display.
        StorageError: the profile can't be used.
    """
    display.require_display()
    paths = Paths.of_user()
    paths.create()
    from assistant.workers.remote import RemoteCommands

    remote = RemoteCommands()
    server = Server(paths.socket, remote.take)
    if not server.acquire():
        send(paths.socket, {"command": "show"})
        print("Hearsight is already running; its window is shown.", file=sys.stderr)
        return 0
    try:
        qt = QApplication([sys.argv[0]])
        qt.setApplicationName("Hearsight")
        qt.setDesktopFileName("hearsight")
        qt.setQuitOnLastWindowClosed(False)
        return Start(qt, paths, args, remote).run()
    finally:
        server.close()


class Start:
    """From the first paint to the last."""

    def __init__(self, qt: QApplication, paths: Paths, args: argparse.Namespace, remote: RemoteCommands) -> None:
        self._qt, self._paths, self._args, self._remote = qt, paths, args, remote
        theme, _ = appearance.remembered(paths.settings_file)
        self._window = MainWindow(state_file=paths.state / "window.json", dark=appearance.is_dark(qt, theme))
        self._window.quit_requested.connect(qt.quit)
        self._app: App | None = None
        self._failure: Exception | None = None

    def run(self) -> int:
        """Shows the window and runs Qt's loop until the user quits.

        Returns:
            The exit code.
        """
        announce_first_paint(self._window, self._wire)
        self._window.show()
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self._qt.quit())
        beat = QTimer(self._window)
        beat.timeout.connect(lambda: None)
        beat.start(_INTERRUPT_POLL_MS)
        code = self._qt.exec()
        if self._app is not None:
            self._app.stop()
        if self._failure is not None:
            raise self._failure
        return code

    def _wire(self) -> None:
        """Runs inside Qt's loop, which swallows exceptions: any failure is raised when the loop has ended."""
        from assistant.app.wiring import App

        try:
            self._app = App(self._qt, self._window, self._paths, self._args)
        except Exception as error:
            self._failure = error
            self._qt.exit(1)
            return
        self._remote.attach(self._app.controller, self._window.show_and_raise)
        self._app.wake_up()
