"""Real programs that text is typed into, and what has arrived in them: for benches and for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

from assistant.bench.xvfb import XServer, end
from assistant.core.errors import HearsightError

_SECONDS = 20.0
_SAVE_SECONDS = 0.5
_POLL = 0.005
_FOCUS_POLL = 0.05
_SESSION = ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE", "XDG_RUNTIME_DIR", "XAUTHORITY", "SWAYSOCK")
"""What says which session a program belongs to."""
_EDITOR = """
import json, sys, threading, time
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication, QPlainTextEdit
app = QApplication(["hearsight-editor"])
app.setDesktopFileName("hearsight-editor")
editor = QPlainTextEdit()
editor.setTabChangesFocus(False)
editor.setWindowTitle(sys.argv[1])
editor.resize(600, 300)
def tell():
    text = editor.document().toRawText().replace("\\u2029", "\\n")
    print(json.dumps({"time": time.monotonic(), "text": text}), flush=True)
class Commands(QObject):
    came = Signal(str)
commands = Commands()
commands.came.connect(lambda line: editor.setPlainText("") if line == "clear" else app.quit())
def listen():
    for line in sys.stdin:
        commands.came.emit(line.strip())
    commands.came.emit("quit")
editor.textChanged.connect(tell)
editor.show()
threading.Thread(target=listen, daemon=True).start()
app.exec()
"""


class Program(Protocol):
    """A program with one field for text."""

    title: str
    process: subprocess.Popen[bytes]

    def text(self) -> str:
        """What is in the field."""
        ...

    def clear(self) -> None:
        """Empties the field."""
        ...


class Editor:
    """A Qt text editor; it tells every change at once, with its time.

    Args:
        env: of the display that it shall show up on.
        title: of its window.
    """

    def __init__(self, env: Mapping[str, str], title: str = "Editor") -> None:
        self.title = title
        self._changed = threading.Condition()
        self._text, self._time = "", 0.0
        line = (sys.executable, "-c", _EDITOR, title)
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(line, env=env, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def __enter__(self) -> Editor:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        end(self.process)
        self._listener.join()
        self.process.stdin.close()
        self.process.stdout.close()

    def text(self) -> str:
        return self._text

    def clear(self) -> None:
        assert self.process.stdin is not None
        if self._text:
            self.process.stdin.write(b"clear\n")
            self.process.stdin.flush()
            self.wait_for("")

    def wait_for(self, text: str, seconds: float = _SECONDS) -> float:
        """When the field came to hold the text, by `time.monotonic()`.

        Raises:
            HearsightError: not in time.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: self._text == text, seconds):
                raise HearsightError(f"The editor holds {len(self._text)} characters instead of {len(text)}.")
            return self._time

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            told: dict[str, Any] = json.loads(line)
            with self._changed:
                self._text, self._time = told["text"], told["time"]
                self._changed.notify_all()


class Mousepad:
    """Xfce's editor, made with GTK. Saving tells what is in it; it saves nothing where nothing has changed.

    Args:
        server: the display.
        folder: for its file and its settings.
    """

    def __init__(self, server: XServer, folder: Path) -> None:
        self._server = server
        self._file = folder / "note.txt"
        self._file.write_text("", encoding="utf-8")
        self.title = "note.txt"
        own = {"XDG_CONFIG_HOME": str(folder / "config"), "GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1"}
        # Else GTK starts a session bus that outlives it.
        own["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
        quiet = subprocess.DEVNULL
        line = ("mousepad", "--disable-server", str(self._file))
        self.process = subprocess.Popen(line, env={**server.env, **own}, stdout=quiet, stderr=quiet)

    def __enter__(self) -> Mousepad:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end(self.process)

    def text(self) -> str:
        before = self._file.stat().st_mtime_ns
        self._server.run("xdotool", "key", "--delay", "0", "ctrl+s")
        last = time.monotonic() + _SAVE_SECONDS
        while self._file.stat().st_mtime_ns == before and time.monotonic() < last:
            time.sleep(_POLL)
        return self._file.read_bytes().decode()

    def clear(self) -> None:
        self._server.run("xdotool", "key", "--delay", "0", "ctrl+a", "Delete")


class RawTerminal:
    """A terminal in which a program reads every byte as it comes.

    Args:
        command: the terminal, up to the option that takes the program.
        env: of the display that it shall show up on.
        folder: for the bytes that were read.
        title: of its window.
    """

    def __init__(self, command: tuple[str, ...], env: Mapping[str, str], folder: Path, title: str) -> None:
        self.title = title
        self._file = folder / "bytes"
        self._seen = 0
        shell = f"stty raw -echo; cat > '{self._file}'"
        quiet = subprocess.DEVNULL
        line = (*command, "sh", "-c", shell)
        self.process = subprocess.Popen(line, env={**env, "LC_ALL": "C.UTF-8"}, stdout=quiet, stderr=quiet)

    def __enter__(self) -> RawTerminal:
        wait_until(self._file.exists, "the terminal")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end(self.process)

    def text(self) -> str:
        return self._file.read_bytes()[self._seen :].decode("utf-8", "replace")

    def clear(self) -> None:
        self._seen = self._file.stat().st_size


def xterm(server: XServer, folder: Path, title: str = "Terminal") -> RawTerminal:
    """xterm as it comes: Shift+Insert pastes the primary selection."""
    return RawTerminal(("xterm", "-u8", "-title", title, "-geometry", "80x10", "-e"), server.env, folder, title)


def foot(env: Mapping[str, str], folder: Path, title: str = "Foot") -> RawTerminal:
    """foot, a terminal on Wayland: Ctrl+Shift+V pastes the clipboard."""
    return RawTerminal(("foot", "--title", title, "--override", "locked-title=yes"), env, folder, title)


def focus(server: XServer, program: Program) -> None:
    """Waits for the program's window and gives it the focus."""

    def has_focus() -> bool:
        window = (_hand(server, "search", "--onlyvisible", "--name", program.title).split() or [""])[-1]
        if window and _hand(server, "getactivewindow").strip() == window:
            return True
        if window:
            _hand(server, "windowactivate", window)
        time.sleep(_FOCUS_POLL)
        return False

    wait_until(has_focus, f"the focus of {program.title}")


def _hand(server: XServer, *words: str) -> str:
    """One xdotool command; it fails where a window closes while it looks, and is asked again."""
    line = ("xdotool", *words)
    done = subprocess.run(line, env=server.env, capture_output=True, text=True, timeout=_SECONDS, check=False)
    return done.stdout


def wait_for_text(program: Program, text: str, seconds: float = _SECONDS) -> bool:
    """Whether the program came to hold exactly the text."""
    last = time.monotonic() + seconds
    while program.text() != text:
        if time.monotonic() > last:
            return False
        time.sleep(_POLL)
    return True


def wait_until(true: Callable[[], object], what: str, seconds: float = _SECONDS) -> None:
    """Waits.

    Raises:
        HearsightError: not in time.
    """
    last = time.monotonic() + seconds
    while not true():
        if time.monotonic() > last:
            raise HearsightError(f"{what} did not come within {seconds:g} s.")
        time.sleep(_POLL)


@contextmanager
def logged_in(env: Mapping[str, str]) -> Iterator[None]:
    """This process in the session of `env`, and back in its own afterwards."""
    kept = {name: os.environ.pop(name) for name in _SESSION if name in os.environ}
    os.environ |= {name: env[name] for name in _SESSION if name in env}
    try:
        yield
    finally:
        for name in _SESSION:
            os.environ.pop(name, None)
        os.environ |= kept
