"""What every command of one profile shares: its paths, its settings, its history, and the engine they choose."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from assistant.cli.main import ENGINE_NAMES, MODEL_HELP
from assistant.core.cancel import CancelToken
from assistant.core.prompt import Options
from assistant.engine.base import Engine
from assistant.flows.engines import engine_for
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.settings.paths import Paths
from assistant.settings.store import SettingsStore


@dataclass(frozen=True)
class Session:
    """One profile as the command line uses it."""

    paths: Paths
    settings: Settings

    @classmethod
    def open(cls) -> Session:
        """Reads the profile of this user.

        Raises:
            StorageError: the profile's folders can't be made.
        """
        paths = Paths.of_user()
        paths.create()
        store = SettingsStore(paths.settings_file)
        settings = store.load()
        if store.notice:
            tell(store.notice)
        return cls(paths, settings)

    def engine(self, args: argparse.Namespace) -> Engine:
        """The engine that the arguments name, or the one that the settings choose. Nothing is loaded yet.

        Raises:
            EngineUnavailable: it can't run here.
        """
        return engine_for(self.settings, self.paths.models, args.engine, model=args.model, in_process=args.in_process)

    def options(self) -> Options:
        """How to decode, by the settings."""
        return Options(language=self.settings.voice.language, screen_characters=self.settings.screen.characters)

    @contextmanager
    def history(self) -> Iterator[History]:
        """The conversations, open.

        Raises:
            StorageError: the database can't be used.
        """
        history = History(self.paths.database, self.paths.media)
        history.open()
        if history.notice:
            tell(history.notice)
        try:
            yield history
        finally:
            history.close()


def add_engine_arguments(parser: argparse.ArgumentParser) -> None:
    """Which engine answers, and where it runs; for `Session.engine`."""
    parser.add_argument(
        "--engine", choices=ENGINE_NAMES, default=None, help="which engine answers (default: the settings')"
    )
    parser.add_argument("--model", default="", metavar="FOLDER", help=MODEL_HELP)
    parser.add_argument("--in-process", action="store_true", help="for debugging: no child process for the engine")


def tell(text: str) -> None:
    """One line for the person at the terminal, apart from the output."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def interruptible() -> Iterator[CancelToken]:
    """A token that Ctrl+C sets; a second Ctrl+C stops at once."""
    token = CancelToken()

    def on_interrupt(_signal: int, _frame: FrameType | None) -> None:
        if token.is_set():
            raise KeyboardInterrupt
        token.set()

    former = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield token
    finally:
        signal.signal(signal.SIGINT, former)
