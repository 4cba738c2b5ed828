"""Shows a scene's programs on an X server of its own and takes the picture that the app would take."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.bench.answers_set.scenes import Scene
from assistant.bench.xvfb import XServer, end
from assistant.core.errors import NoScreen
from assistant.core.media import Picture
from assistant.screen.capture.main import capture

_PATIENCE = 20.0
_STEP = 0.12


class Stage:
    """One X server for scenes of one size; use as a context manager."""

    def __init__(self, width: int, height: int) -> None:
        self._server = XServer(width, height)

    def __enter__(self) -> Stage:
        self._server.__enter__()
        return self

    def __exit__(self, *reason: Any) -> None:
        self._server.stop()

    def picture(self, scene: Scene) -> Picture:
        """Starts the scene's programs, waits until nothing moves any more, captures, and ends them.

        Raises:
            NoScreen: a program didn't show its window.
        """
        with tempfile.TemporaryDirectory(prefix="desk-") as folder:
            running: list[subprocess.Popen[bytes]] = []
            try:
                for at, window in reversed(list(enumerate(scene.windows))):
                    running.append(self._show(window, Path(folder) / str(at)))
                    self._wait_for(window, Path(folder) / str(at) / "ready")
                return self._still()
            finally:
                for process in running:
                    end(process)

    def _show(self, window: dict[str, Any], folder: Path) -> subprocess.Popen[bytes]:
        folder.mkdir()
        command = _COMMANDS.get(window["program"], _qt)(window, folder)
        env = {**self._server.env, **{key: str(value) for key, value in window.get("env", {}).items()}}
        env |= {"HOME": str(folder), "LC_ALL": "C.UTF-8", "NO_AT_BRIDGE": "1", "GSETTINGS_BACKEND": "memory"}
        # A bus that GTK starts by itself starts the portals, which mount a file system in the home folder.
        env["DBUS_SESSION_BUS_ADDRESS"] = "disabled:"
        return subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder)

    def _wait_for(self, window: dict[str, Any], ready: Path) -> None:
        last = time.monotonic() + _PATIENCE
        while time.monotonic() < last:
            shown = any(re.search(re.escape(window["title"]), found.title) for found in self._capture().windows)
            if shown and (window["program"] == "mousepad" or ready.exists()):
                return
            time.sleep(_STEP)
        raise NoScreen(f"{window['program']} doesn't show its window.", action="Start it by hand to see why.")

    def _still(self) -> Picture:
        """The first picture that stays the same for three looks; cursors that blink are given up on."""
        seen: list[str] = []
        for _ in range(25):
            picture = self._capture()
            seen.append(picture.sha256)
            if len(seen) >= 3 and len(set(seen[-3:])) == 1:
                break
            time.sleep(_STEP)
        return picture

    def _capture(self) -> Picture:
        with _display(self._server.display):
            return capture("all")


def _qt(window: dict[str, Any], folder: Path) -> list[str]:
    spec = {**window, "ready": str(folder / "ready")}
    if "tree" in window:
        spec["folder"] = str(folder / window["root"])
        _make_tree(folder / window["root"], window["tree"])
    (folder / "spec.json").write_text(json.dumps(spec, default=str), encoding="utf-8")
    return [sys.executable, "-m", "assistant.bench.answers_set.programs", str(folder / "spec.json")]


def _mousepad(window: dict[str, Any], folder: Path) -> list[str]:
    """Debian's Mousepad on a real file; a path in the title is shown by the program itself."""
    file = folder / window["file"]
    file.write_text(window["text"], encoding="utf-8")
    x, y, width, height = window["place"]
    # Mousepad takes its size from its settings only, so a helper sets it once the window is there.
    find = f"xdotool search --sync --onlyvisible --name {shlex.quote(window['file'])}"
    move = f"{find} windowsize {width} {height} windowmove {x} {y}"
    return ["sh", "-c", f"({move}) & exec mousepad --disable-server {shlex.quote(str(file))}"]


def _xterm(window: dict[str, Any], folder: Path) -> list[str]:
    """A real terminal that runs real commands on real files."""
    _make_tree(folder, window.get("tree", {}))
    script = [f"cd {shlex.quote(str(folder))}", "clear"]
    for command in window["commands"]:
        script += [f"printf '%s\\n' {shlex.quote(window.get('prompt', '$ ') + command)}", f"({command}) 2>&1"]
    script += [f"printf '%s' {shlex.quote(window.get('prompt', '$ '))}", "touch ready", "sleep 600"]
    (folder / "run.sh").write_text("\n".join(script), encoding="utf-8")
    x, y, columns, lines = window["place"]
    colours = (
        ("-bg", "#1c1c1c", "-fg", "#d0d0d0") if window.get("theme") == "dark" else ("-bg", "white", "-fg", "black")
    )
    size = str(window.get("size", 11))
    return [
        *("xterm", "-T", window["title"], "-geometry", f"{columns}x{lines}+{x}+{y}", *colours),
        *("-fa", "DejaVu Sans Mono", "-fs", size, "+sb", "-e", "bash", str(folder / "run.sh")),
    ]


_COMMANDS = {"mousepad": _mousepad, "xterm": _xterm}


def _make_tree(root: Path, tree: dict[str, Any]) -> None:
    """Files by relative path: text, or a table of `bytes` (a size) or `text`, and `date`; a path ending in / is a
    folder."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        entry = content if isinstance(content, dict) else {"text": content}
        if name.endswith("/"):
            path.mkdir(exist_ok=True)
        elif "bytes" in entry:
            with path.open("wb") as file:
                file.truncate(entry["bytes"])
        else:
            path.write_text(entry["text"], encoding="utf-8")
        if "date" in entry:
            when = entry["date"].timestamp()
            os.utime(path, (when, when))


@contextmanager
def _display(name: str) -> Iterator[None]:
    """The capture finds its display in the environment, as programs do."""
    before = {key: os.environ.get(key) for key in ("DISPLAY", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE")}
    os.environ["DISPLAY"] = name
    for key in ("WAYLAND_DISPLAY", "XDG_SESSION_TYPE"):
        os.environ.pop(key, None)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
