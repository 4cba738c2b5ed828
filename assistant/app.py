"""Puts the parts together and opens the window. The only place that builds and wires.

The order, told once: a display that answers; the one running instance; Qt; history and settings; the engine (not
loaded) and the controller; the window, painted as early as possible. Only then, in `App.wake_up`: global keys, the
engine's weights in their child process, and recordings that a crash left behind.
"""

from __future__ import annotations

import argparse
import signal
import sys
from functools import partial

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QApplication

from assistant.audio import devices
from assistant.audio.player import play
from assistant.core.errors import EngineUnavailable, HearsightError
from assistant.desktop import display, power
from assistant.desktop.hotkeys import main as hotkeys
from assistant.desktop.single_instance import Server, send
from assistant.engine.absent import AbsentEngine
from assistant.engine.base import Engine
from assistant.flows.engines import engine_for
from assistant.history.store import History
from assistant.screen.capture import main as screen
from assistant.screen.frames import target_of
from assistant.settings.models import Settings
from assistant.settings.paths import Paths
from assistant.settings.store import SettingsStore
from assistant.ui.appearance import Appearance
from assistant.ui.first_paint import announce_first_paint
from assistant.ui.hud.hud import Hud
from assistant.ui.main_window import MainWindow
from assistant.ui.tray import Tray
from assistant.workers.controller import Controller
from assistant.workers.downloads import Downloads
from assistant.workers.inference import Inference
from assistant.workers.parts import Parts
from assistant.workers.recorders import Recorders
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
        app = App(qt, paths, args)
        remote.attach(app.controller, app.window.show_and_raise)
        return app.run()
    finally:
        server.close()


class App:
    """The wired parts of a running window."""

    def __init__(self, qt: QApplication, paths: Paths, args: argparse.Namespace) -> None:
        self._qt, self._paths, self._args = qt, paths, args
        store = SettingsStore(paths.settings_file)
        settings = store.load()
        self._look = Appearance(qt, settings.general.theme, settings.general.font_size)
        self.history = History(paths.database, paths.media)
        self.history.open()
        self._keys, self._keys_reason = hotkeys.choose()
        self._bound = ""
        self._recorders = Recorders(settings.voice, self._notice)
        parts = Parts(
            Inference(self._make_engine(settings)),
            self.history,
            paths.recordings,
            self._recorders.open,
            lambda target: screen.capture(target_of(target)),
            self._keys,
            self._make_engine,
        )
        self.controller = Controller(parts, settings)
        self.downloads = Downloads(paths.models)
        state_file = paths.state / "window.json"
        self.window = MainWindow(
            self.controller, self.history, store, play=play, downloads=self.downloads, state_file=state_file
        )
        self.hud = Hud(self.controller)
        self.tray = Tray(self.controller, self.window)
        self._power: power.Watch | None = None
        self._connect()

    def _connect(self) -> None:
        self.window.quit_requested.connect(self._qt.quit)
        self.tray.quit_requested.connect(self._qt.quit)
        self.window.settings.changed.connect(self._on_settings)
        self.controller.state_changed.connect(self._on_state)
        self.controller.woke.connect(self._bind_keys)
        self._qt.setQuitOnLastWindowClosed(False)

    def run(self) -> int:
        """Shows the window and runs Qt's loop until the user quits.

        Returns:
            The exit code.
        """
        announce_first_paint(self.window)
        self.window.show()
        self.controller.start()
        QTimer.singleShot(0, self.window, self.wake_up)
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, lambda *_: self._qt.quit())
        beat = QTimer(self.window)
        beat.timeout.connect(lambda: None)
        beat.start(_INTERRUPT_POLL_MS)
        code = self._qt.exec()
        self._stop()
        return code

    @Slot()
    def wake_up(self) -> None:
        """What the first paint must not wait for."""
        self.controller.run_beside(screen.prepare)
        self.controller.run_beside(partial(devices.prepare, self.controller.settings.voice.device))
        self._bind_keys()
        self._power = power.watch(self.controller.slept.emit, self.controller.woke.emit)
        self.controller.load_engine()
        self.controller.offer_recovered()

    @Slot()
    def _bind_keys(self) -> None:
        """Grabs the global keys, anew after sleep and after a change; without them the window still does it all."""
        if self._keys is None:
            self._notice(self._keys_reason)
            return
        self._bound = self.controller.settings.shortcuts.ask
        try:
            self._keys.start({"ask": self._bound}, self.controller.key.emit, self._complain)
        except HearsightError as error:
            self._complain(error)

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        """The window hands them to the controller itself; here is what lies outside of it."""
        self._look.choose(settings.general.theme, settings.general.font_size)
        self.controller.run_beside(partial(self._recorders.apply, settings.voice))
        if self._keys is not None and settings.shortcuts.ask != self._bound:
            self._bind_keys()

    @Slot(str)
    def _on_state(self, state: str) -> None:
        """At the first words the window appears, without taking the focus from the user's program."""
        if state == "answering" and self.controller.settings.general.show_window_on_answer:
            self.window.appear(focus=False)

    def _make_engine(self, settings: Settings) -> Engine:
        try:
            return engine_for(settings, self._paths.models, self._args.engine, in_process=self._args.in_process)
        except EngineUnavailable as reason:
            return AbsentEngine(reason)

    def _notice(self, text: str) -> None:
        """From any thread."""
        self.controller.notice.emit(text, "")

    def _complain(self, error: HearsightError) -> None:
        self._notice(str(error))

    def _stop(self) -> None:
        """Ends everything in order: keys and sleep watch, then audio, answers and engine, then the database."""
        if self._power is not None:
            self._power.stop()
        if self._keys is not None:
            self._keys.stop()
        self.tray.hide()
        self.hud.shut_down()
        self.window.shut_down()
        self.downloads.stop()
        self.controller.stop()
        self._recorders.close()
        self.history.close()
