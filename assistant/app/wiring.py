"""The wired parts behind the window: everything that is imported and built after its first paint."""

from __future__ import annotations

import argparse
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QApplication

from assistant.app.keys import Keys
from assistant.audio import devices
from assistant.audio.player import play
from assistant.core import stillness
from assistant.core.errors import EngineUnavailable, ModelBroken, ModelMissing
from assistant.desktop import power
from assistant.desktop.hotkeys.chosen import ChosenHotkeys
from assistant.dictation import rules_file
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
from assistant.ui.hud.main import make_hud
from assistant.ui.main_window import MainWindow
from assistant.ui.tray import Tray
from assistant.workers.controller import Controller
from assistant.workers.downloads import Downloads
from assistant.workers.inference import Inference
from assistant.workers.parts import Parts
from assistant.workers.recorders import Recorders
from assistant.workers.stillness import Stillness


class App:
    """The wired parts of a running window."""

    def __init__(self, qt: QApplication, window: MainWindow, paths: Paths, args: argparse.Namespace) -> None:
        self._qt, self.window, self._paths, self._args = qt, window, paths, args
        self._stillness = Stillness(window)
        stillness.use(self._stillness.hold)
        self._spoken = False
        store = SettingsStore(paths.settings_file)
        settings = store.load()
        self._choice = settings.engine.choice
        self._look = Appearance(qt, settings.general.theme, settings.general.font_size)
        self.history = History(paths.database, paths.media)
        self.history.open()
        hotkeys = ChosenHotkeys()
        self._bound: dict[str, str] = {}
        self._recorders = Recorders(settings.voice, self._notice)
        parts = Parts(
            Inference(self._make_engine(settings)),
            self.history,
            paths.recordings,
            self._recorders.open,
            lambda target: screen.capture(target_of(target)),
            hotkeys,
            self._make_engine,
            light_engine=self._make_light_engine,
        )
        self.controller = Controller(parts, settings)
        self._keys = Keys(hotkeys, self.controller.key.emit, self._notice)
        self.downloads = Downloads(paths.models, offline=args.offline)
        window.attach(self.controller, self.history, store, play=play, downloads=self.downloads)
        self.hud = make_hud(self.controller)
        self.tray = Tray(self.controller, self.window)
        self._power: power.Watch | None = None
        self._connect()

    def _connect(self) -> None:
        self.hud.action_requested.connect(self.window.session.act)
        self.tray.quit_requested.connect(self._qt.quit)
        self.window.settings.changed.connect(self._on_settings)
        self.controller.state_changed.connect(self._on_state)
        self.controller.woke.connect(self._bind_keys)

    @Slot()
    def wake_up(self) -> None:
        """What comes once the window is live."""
        self.controller.start()
        self.controller.run_beside(screen.prepare)
        self.controller.run_beside(partial(devices.prepare, self.controller.settings.voice.device))
        self._keys.start()
        self._bind_keys()
        self._power = power.watch(self.controller.slept.emit, self.controller.woke.emit)
        self.controller.load_engine()
        self.controller.offer_recovered()
        self.controller.dictating.load_rules(self._paths.config / rules_file.NAME)
        self.controller.dictating.offer_recovered()
        self.controller.empty_trash()

    @Slot()
    def _bind_keys(self) -> None:
        """Asks for the global keys, anew after sleep and after a change."""
        self._bound = _shortcuts(self.controller.settings)
        self._keys.bind(self._bound)

    @Slot(object)
    def _on_settings(self, settings: Settings) -> None:
        """The window hands them to the controller itself; here is what lies outside of it."""
        self._look.choose(settings.general.theme, settings.general.font_size)
        self.controller.run_beside(partial(self._recorders.apply, settings.voice))
        if _shortcuts(settings) != self._bound:
            self._bind_keys()

    @Slot(str)
    def _on_state(self, state: str) -> None:
        """At the first words of an answer to a spoken question the window appears, without taking the focus from the
        user's program. A typed one is answered where it was typed."""
        self._spoken = state != "idle" and (self._spoken or state == "arming") and self.controller.job == "ask"
        if state == "answering" and self._spoken and self.controller.settings.general.show_window_on_answer:
            self.window.appear(focus=False)

    def _make_engine(self, settings: Settings) -> Engine:
        if settings.engine.choice != self._choice:
            # What is chosen in the window counts more than what the window was started with.
            self._args.engine = None
        try:
            return engine_for(
                settings,
                self._paths.models,
                self._args.engine,
                model=self._args.model,
                in_process=self._args.in_process,
            )
        except (EngineUnavailable, ModelMissing, ModelBroken) as reason:
            return AbsentEngine(reason)

    def _make_light_engine(self, settings: Settings) -> Engine:
        self._args.engine = "light"
        return engine_for(settings, self._paths.models, "light", in_process=self._args.in_process)

    def _notice(self, text: str) -> None:
        """From any thread."""
        self.controller.notice.emit(text, "")

    def stop(self) -> None:
        """Ends everything in order: keys and sleep watch, then audio, answers and engine, then the database."""
        if self._power is not None:
            self._power.stop()
        self._keys.stop()
        self.tray.hide()
        self.hud.shut_down()
        self.window.shut_down()
        self.downloads.stop()
        self.controller.stop()
        self._recorders.close()
        self.history.close()


def _shortcuts(settings: Settings) -> dict[str, str]:
    """The keys to bind, by what they are for."""
    return {"ask": settings.shortcuts.ask, "dictate": settings.shortcuts.dictate}
