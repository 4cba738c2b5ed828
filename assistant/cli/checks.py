"""The checks behind `hearsight doctor`, one function a part. Each only looks; none changes anything."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

from assistant.cli.check_rows import Check, Row
from assistant.cli.checks_desktop import capture, display, hotkeys, hud, typing
from assistant.core.errors import AlreadyRunning, HearsightError
from assistant.settings.paths import Paths

_SECONDS = 90
"""How long a part may take to load before it counts as broken; a cold disk needs a while for the engines."""
_ENGINE = ("faster_whisper", "rapidocr", "onnxruntime", "xllamacpp")
_ROOM = 500_000_000
"""Bytes of free disk below which recordings and pictures would soon find no place."""


def python() -> Row:
    version = platform.python_version()
    fits = sys.version_info >= (3, 11)
    mend = "" if fits else "Install Python 3.11 or newer and install Hearsight with it."
    return Row("Python", True, fits, f"{version} on {platform.system()} {platform.machine()}", mend, True)


def qt() -> Row:
    """Qt ends the whole process when a library is missing, so another process tries it."""
    version = _version("PySide6-Essentials")
    if not version:
        return Row(
            "Qt", False, False, "PySide6 isn't installed.", "Install Hearsight again: pip install hearsight", True
        )
    has_display = sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
    environment = os.environ if has_display else {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    error = _try("from PySide6.QtWidgets import QApplication; QApplication([])", dict(environment))
    mend = "Install the system packages that Qt needs: libegl1 libxcb-cursor0 libxkbcommon-x11-0 libxcb-icccm4"
    return Row("Qt", True, not error, error or version, mend if error else "", True)


def microphone() -> Row:
    from assistant.audio.devices import input_devices

    devices = input_devices()
    if not devices:
        mend = "Plug one in, or switch it on in the system's sound settings; typing works without."
        return Row("microphone", False, False, "No microphone was found.", mend)
    return Row("microphone", True, True, ", ".join(device.name for device in devices))


def sound_server() -> Row:
    if not sys.platform.startswith("linux"):
        return Row("sound", True, True, "the system's own")
    from assistant.audio.portaudio import library

    versions = library().get_portaudio_version()[1]
    sockets = {"PipeWire": "pipewire-0", "PulseAudio": "pulse/native"}
    folder = Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.getuid()}"))
    servers = [name for name, socket in sockets.items() if (folder / socket).exists()]
    if os.environ.get("PULSE_SERVER"):
        servers.append(f"PulseAudio at {os.environ['PULSE_SERVER']}")
    return Row("sound", True, True, f"{versions.partition(',')[0]}; {', '.join(servers) or 'ALSA alone'}")


def engine() -> Row:
    """Imports the engine's libraries elsewhere: a build for another processor would end this process."""
    absent = [name for name in _ENGINE if find_spec(name) is None]
    if absent:
        mend = 'Install it with: pip install "hearsight[light]"'
        return Row("light engine", False, False, f"Not installed: {', '.join(absent)}.", mend, True)
    error = _try(f"import {', '.join(_ENGINE)}", dict(os.environ))
    mend = 'Install it again with: pip install --force-reinstall "hearsight[light]"' if error else ""
    versions = ", ".join(f"{name} {_version(name.replace('_', '-'))}" for name in _ENGINE)
    return Row("light engine", True, not error, error or versions, mend, True)


def models() -> Row:
    from assistant.models.catalogue import find
    from assistant.models.disk import megabytes
    from assistant.models.store import ModelStore
    from assistant.settings.store import SettingsStore

    paths = Paths.of_user()
    chosen = SettingsStore(paths.settings_file).load().engine
    stored = [ModelStore(paths.models).stored(find(name)) for name in (chosen.speech, chosen.language_model)]
    wanting = [row.artefact.name for row in stored if row.state not in ("ready", "unverified")]
    detail = ", ".join(f"{row.artefact.name} {row.state} ({megabytes(row.artefact.size)})" for row in stored)
    mend = f"Fetch with: hearsight models pull {' '.join(wanting)}" if wanting else ""
    return Row("models", len(wanting) < len(stored), not wanting, f"{detail} in {paths.models}", mend, True)


def disk() -> Row:
    from assistant.models.disk import megabytes

    folder = _nearest(Paths.of_user().data)
    free = shutil.disk_usage(folder).free
    mend = "" if free >= _ROOM else "Free some space: recordings and pictures of turns need it."
    return Row("disk", True, free >= _ROOM, f"{megabytes(free)} free at {folder}", mend, True)


def profile() -> Row:
    paths = Paths.of_user()
    folders = (paths.config, paths.data, paths.state)
    closed = [str(folder) for folder in folders if not os.access(_nearest(folder), os.W_OK | os.X_OK)]
    mend = "Make them writable, or set HEARSIGHT_HOME to a folder that is." if closed else ""
    detail = f"Can't be written: {', '.join(closed)}" if closed else str(paths.data)
    return Row("profile folder", paths.data.exists(), not closed, detail, mend, True)


def settings() -> Row:
    """Settings that can't be used are kept aside by whatever reads them first; here it is told."""
    from assistant.settings.store import SettingsStore

    path = Paths.of_user().settings_file
    found, store = path.exists(), SettingsStore(path)
    store.load()
    mend = "Set them again in the window; the old file is kept." if store.notice else ""
    return Row("settings", found, not store.notice, store.notice or (str(path) if found else "The defaults"), mend)


def history() -> Row:
    """Reads the database without `History.open`, which would migrate it or set a broken one aside."""
    path = Paths.of_user().database
    if not path.exists():
        return Row("history", False, True, "Nothing yet; it begins with the first question.", "", True)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2)) as connection:
            verdict = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
            count = connection.execute("SELECT count(*) FROM conversations").fetchone()[0]
    except sqlite3.Error as error:
        verdict, count = str(error), 0
    mend = "At the next start it is kept aside and a new one begins." if verdict != "ok" else ""
    detail = f"{count} conversations" if verdict == "ok" else f"{path} can't be read: {verdict}"
    return Row("history", True, verdict == "ok", detail, mend, True)


def running() -> Row:
    """Asks the running instance; without one there is nothing to mend."""
    from assistant.desktop.single_instance import send

    try:
        send(Paths.of_user().socket, {"command": "ping"})
    except AlreadyRunning as error:
        if isinstance(error.__cause__, FileNotFoundError | ConnectionRefusedError):
            return Row("running now", False, True, "No")
        raise
    except HearsightError:
        pass  # it answers, though it has no use for this word
    return Row("running now", True, True, "Yes, and it answers")


def gpu() -> Row:
    """For information only: the light engine needs none."""
    from assistant.engine.phi4.devices import describe
    from assistant.engine.phi4.nvidia import ask_driver

    driver = ask_driver()
    if driver.problem:
        return Row("GPU", False, True, f"{driver.problem} The light engine works without.")
    return Row("GPU", True, True, "; ".join(describe(each, driver.version) for each in driver.gpus))


def big_model() -> Row:
    """Where the Phi-4 engine would run and in which form; asked without loading anything."""
    from assistant.engine.phi4.catalogue import expected
    from assistant.flows.engines import choice_of, found
    from assistant.settings.store import SettingsStore

    paths = Paths.of_user()
    choice = found(choice_of(SettingsStore(paths.settings_file).load()), paths.models).phi4
    try:
        placed = expected(choice)
    except HearsightError as error:
        return Row("Phi-4 engine", choice.folder is not None, False, error.message, error.action)
    return Row("Phi-4 engine", True, True, " ".join((placed.words, *placed.notices)))


CHECKS = (
    Check("Python", python, True),
    Check("Qt", qt, True),
    Check("display", display),
    Check("screen capture", capture),
    Check("global keys", hotkeys),
    Check("typing", typing),
    Check("HUD", hud),
    Check("sound", sound_server),
    Check("microphone", microphone),
    Check("light engine", engine, True),
    Check("settings", settings),
    Check("models", models, True),
    Check("disk", disk, True),
    Check("profile folder", profile, True),
    Check("history", history, True),
    Check("running now", running),
    Check("GPU", gpu),
    Check("Phi-4 engine", big_model),
)
"""In the order in which they are told."""


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _try(code: str, environment: dict[str, str]) -> str:
    """Runs a line of Python in another process; returns the end of what it complained about, or nothing."""
    command = [sys.executable, "-c", code]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"It didn't load within {_SECONDS} seconds."
    if done.returncode == 0:
        return ""
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    return lines[-1] if lines else f"Loading it ended the process (code {done.returncode})."


def _nearest(folder: Path) -> Path:
    """The folder, or the closest one above it that exists."""
    return next(path for path in (folder, *folder.parents) if path.exists())
