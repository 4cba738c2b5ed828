"""A desk to try Hearsight on: an X server, a microphone, a picture on the screen, hands on the keys, and the app itself
as a user starts it. The main job's test, the README's picture and the fault tests all sit down here.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from assistant.bench.pulse import SoundServer
from assistant.bench.xvfb import XServer, end
from assistant.core.errors import HearsightError
from assistant.history.dictations import Dictation
from assistant.history.models import Message
from assistant.history.store import History
from assistant.settings.paths import Paths

_POLL = 0.1
_BESIDE = ("810", "310")
"""Where the app's window goes: the lower right corner of the screen."""
_PICTURE = """
import sys
from PySide6.QtCore import Qt
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QApplication, QLabel
app = QApplication(["picture"])
label = QLabel()
label.setPixmap(QPixmap(sys.argv[1]))
label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
label.setWindowTitle("Desk")
label.setStyleSheet("background: black")
label.showFullScreen()
app.exec()
"""


class Desk:
    """A context manager; nothing is left behind at the end.

    Args:
        home: the profile's folder (`HEARSIGHT_HOME`).
        models: the folder of model files.
        engine: which engine the app uses.
    """

    def __init__(self, home: Path, models: Path, engine: str = "light") -> None:
        self._home = home
        self._engine = engine
        self._models = models
        self._stack = ExitStack()
        self.app: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Desk:
        with ExitStack() as stack:
            self.screen = stack.enter_context(XServer(1920, 1080))
            self.sound = stack.enter_context(SoundServer())
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.quit_app()
        self._stack.close()

    @property
    def env(self) -> dict[str, str]:
        folders = {"HEARSIGHT_HOME": str(self._home), "HEARSIGHT_MODELS": str(self._models)}
        return {**self.screen.env, **self.sound.env, **folders}

    @property
    def paths(self) -> Paths:
        root = self._home.absolute()
        return Paths(root / "config", root / "data", root / "state", root / "run", self._models)

    def show_picture(self, file: Path) -> None:
        """Puts a picture on the screen, at its top left corner."""
        viewer = subprocess.Popen([sys.executable, "-c", _PICTURE, str(file)], env=self.env)
        self._stack.callback(end, viewer)
        self.until(
            "the picture", lambda: "Desk" in self.hand("search", "--name", "--onlyvisible", "Desk", "getwindowname")
        )

    def start_app(self, *arguments: str) -> None:
        """Starts the window as a user does, and waits until it takes commands and has the keys."""
        command = [sys.executable, "-m", "assistant", "--engine", self._engine, *arguments]
        self.app = subprocess.Popen(command, env=self.env, stdin=subprocess.DEVNULL)
        self.until("Hearsight's window", self.window)
        # As a user has it: beside what the question is about, not over it.
        self.hand("windowmove", "--sync", self.window(), *_BESIDE)

    def window(self) -> str:
        """The X window of the app; empty while there is none."""
        return next(iter(self.hand("search", "--onlyvisible", "--name", "^Hearsight$").split()), "")

    def quit_app(self) -> int:
        """Ends the app as a log-out does; 0 when it ended well or was not running."""
        if self.app is None:
            return 0
        app, self.app = self.app, None
        app.terminate()
        try:
            return app.wait(30)
        except subprocess.TimeoutExpired:
            app.kill()
            return app.wait()

    def move_to(self, home: Path) -> None:
        """Goes on with another profile; the app must not be running."""
        self._home = home

    def command_without_display(self) -> subprocess.CompletedProcess[str]:
        """Starts the window where there is none."""
        env = {name: value for name, value in self.env.items() if name != "DISPLAY"}
        line = [sys.executable, "-m", "assistant"]
        return subprocess.run(line, env=env, capture_output=True, text=True, timeout=60, check=False)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs `hearsight WORDS…` beside the app."""
        line = [sys.executable, "-m", "assistant", *words]
        return subprocess.run(line, env=self.env, capture_output=True, text=True, timeout=120, check=False)

    def hand(self, *words: str) -> str:
        """One xdotool command; an unsuccessful search gives nothing."""
        done = subprocess.run(
            ["xdotool", *words], env=self.env, capture_output=True, text=True, timeout=30, check=False
        )
        return done.stdout

    def press(self, key: str = "space") -> None:
        """Holds down the ask key, or with "d" the dictation key, for real (XTest)."""
        self.hand("keydown", "ctrl", "keydown", "alt", "keydown", key)

    def release(self, key: str = "space") -> None:
        self.hand("keyup", key, "keyup", "alt", "keyup", "ctrl")

    def dictations(self) -> list[Dictation]:
        """Everything that was dictated, oldest first, read from disk beside the running app."""
        if not self.paths.database.exists():
            return []
        history = History(self.paths.database, self.paths.media)
        history.open()
        try:
            return history.dictations.latest()[::-1]
        finally:
            history.close()

    def messages(self) -> list[Message]:
        """Everything in the history, oldest first, read from disk beside the running app."""
        if not self.paths.database.exists():
            return []
        history = History(self.paths.database, self.paths.media)
        history.open()
        try:
            found = [m for c in history.conversations() for m in history.messages(c.id)]
        finally:
            history.close()
        return sorted(found, key=lambda message: message.id)

    def until(self, what: str, ready: Callable[[], object], seconds: float = 60.0) -> None:
        """Waits.

        Raises:
            HearsightError: not within `seconds`, or the app ended meanwhile.
        """
        deadline = time.monotonic() + seconds
        while not ready():
            if self.app is not None and self.app.poll() is not None:
                raise HearsightError(f"Hearsight ended with {self.app.returncode} while waiting for {what}.")
            if time.monotonic() > deadline:
                raise HearsightError(f"{what} did not come within {seconds:g} s.")
            time.sleep(_POLL)
