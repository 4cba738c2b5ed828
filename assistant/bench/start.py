"""`bench start`: process start to first painted window, against a bare PySide6 window on the same display.

The first picture is the window's outline; `filled_s` says when all of its controls were there.

Both programs run in turns, so that whatever else the machine does meets both; the first run of each, which fills
the disk's cache, is not counted.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from assistant.bench.report import Goal, Report
from assistant.bench.xvfb import XServer
from assistant.core.errors import HearsightError

_RUNS = 10
_SECONDS = 60.0
_RATIO, _HEAVY = 1.5, 0
_LINE = re.compile(r"first paint ([\d.]+) ?(\S*)")
_FILLED = re.compile(r"filled ([\d.]+)")
_BARE = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            watched.removeEventFilter(self)
            QTimer.singleShot(0, self, self.report)
        return False

    def report(self):
        print(f"first paint {time.time():.6f}", file=sys.stderr, flush=True)

application = QApplication([])
window = QMainWindow()
window.resize(1100, 720)
watch = Watch()
window.installEventFilter(watch)
window.show()
application.exec()
"""


def measure(args: argparse.Namespace) -> Report:
    report = Report("start", goals=[Goal("start_ratio", "<=", _RATIO), Goal("heavy_modules", "<=", _HEAVY)])
    runs = args.runs or _RUNS
    programs = {"bare": [sys.executable, "-c", _BARE], "hearsight": [sys.executable, "-m", "assistant"]}
    times: dict[str, list[float]] = {name: [] for name in programs}
    filled: list[float] = []
    heavy: set[str] = set()
    with tempfile.TemporaryDirectory() as home, XServer() as display:
        env = {**display.env, "HEARSIGHT_HOME": home, "HEARSIGHT_FIRST_PAINT": "1", "QT_QPA_PLATFORM": "xcb"}
        for run in range(runs + 1):
            for name, command in programs.items():
                started = _start(command, env, whole=name == "hearsight")
                heavy |= started.modules
                if run:
                    times[name].append(started.painted)
                    filled += [started.filled] if started.filled else []
                    report.rows.append({"run": run, "program": name, "seconds": round(started.painted, 4)})
    for name, each in times.items():
        report.metrics[f"{name}_s"] = statistics.median(each)
    report.metrics["filled_s"] = statistics.median(filled)
    report.metrics["start_ratio"] = report.metrics["hearsight_s"] / report.metrics["bare_s"]
    report.metrics["heavy_modules"] = len(heavy)
    report.metrics["runs"] = runs
    if heavy:
        report.notes.append(f"Loaded before the first paint: {', '.join(sorted(heavy))}.")
    return report


@dataclass(frozen=True)
class _Started:
    """Seconds from the process's start; `filled` is 0 where nobody waited for it."""

    painted: float
    filled: float
    modules: set[str]


def _start(command: list[str], env: dict[str, str], *, whole: bool) -> _Started:
    """Starts a program, waits for its first paint (and, for the `whole` window, until it is filled), and ends it."""
    with tempfile.TemporaryFile("w+") as output:
        began = time.time()
        program = subprocess.Popen(
            command, env=env, stdout=subprocess.DEVNULL, stderr=output, start_new_session=True, cwd=_root()
        )
        try:
            painted = _wait_for(_LINE, program, output.fileno())
            filled = float(_wait_for(_FILLED, program, output.fileno())[1]) - began if whole else 0.0
            return _Started(float(painted[1]) - began, filled, {name for name in painted[2].split(",") if name})
        finally:
            _end(program)


def _wait_for(line: re.Pattern[str], program: subprocess.Popen[bytes], output: int) -> re.Match[str]:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        said = os.pread(output, 100_000, 0).decode(errors="replace")
        if found := line.search(said):
            return found
        if program.poll() is not None:
            raise HearsightError(f"The program ended before it painted: {said.strip()[-500:]}")
        time.sleep(0.005)
    raise HearsightError("The program painted nothing within a minute.", action="Look at it with --debug.")


def _end(program: subprocess.Popen[bytes]) -> None:
    """Ends the program as a user's session does, then by force; children of its session go with it."""
    if program.poll() is None:
        program.send_signal(signal.SIGTERM)
    try:
        program.wait(20)
    except subprocess.TimeoutExpired:
        program.kill()
        program.wait()
    try:
        os.killpg(program.pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _root() -> Path:
    """The folder that holds the package, so that `-m assistant` starts this very code."""
    return Path(__file__).resolve().parents[2]
