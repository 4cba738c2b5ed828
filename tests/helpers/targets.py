"""Programs that text is typed into, and programs that hold the clipboard."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from assistant.bench.xvfb import XServer, end

_OWNER = """
import sys
from pathlib import Path
from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QApplication
app = QApplication(["owner"])
data = QMimeData()
for name, file in zip(sys.argv[1::2], sys.argv[2::2]):
    data.setData(name, Path(file).read_bytes())
app.clipboard().setMimeData(data)
assert app.clipboard().ownsClipboard()
print("ready", flush=True)
app.exec()
"""
_MANAGER = """
import sys
from PySide6.QtWidgets import QApplication
app = QApplication(["manager"])
clipboard = app.clipboard()
clipboard.dataChanged.connect(lambda: print(ascii(clipboard.text()), flush=True))
print("ready", flush=True)
app.exec()
"""


def clipboard(server: XServer, target: str = "UTF8_STRING", selection: str = "clipboard") -> bytes:
    """What a selection gives; empty when it gives nothing."""
    line = ("xclip", "-o", "-selection", selection, "-t", target)
    return subprocess.run(line, env=server.env, capture_output=True, check=False, timeout=30).stdout


def formats(server: XServer) -> list[str]:
    return clipboard(server, "TARGETS").decode().split()


def copy(server: XServer, text: str, selection: str = "clipboard") -> None:
    """As a user copies a text; xclip goes on serving it in the background."""
    line = ("xclip", "-i", "-selection", selection)
    quiet = subprocess.DEVNULL
    subprocess.run(line, env=server.env, input=text.encode(), stdout=quiet, stderr=quiet, check=True)


@contextmanager
def owner_of(server: XServer, **contents: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A Qt program that holds several formats at once, as `image__png=file`."""
    names = {name.replace("__", "/"): file for name, file in contents.items()}
    words = [word for name, file in names.items() for word in (name, str(file))]
    with _program(server, _OWNER, *words) as process:
        yield process


@contextmanager
def clipboard_manager(server: XServer) -> Iterator[subprocess.Popen[bytes]]:
    """A Qt program that reads the clipboard whenever it changes, as managers do; prints what it read."""
    with _program(server, _MANAGER) as process:
        yield process


@contextmanager
def _program(server: XServer, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    line = (sys.executable, "-c", *words)
    process = subprocess.Popen(line, env=server.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        end(process)
        process.stdout.close()
