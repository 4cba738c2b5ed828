"""Whether texts arrive exactly in real programs, and how long an insertion takes beside a bare paste.

Exactness: every text of `insertion_texts.toml` into each program; a text is exact, refused (with the reason as a row)
or wrong. Time: from the call to the text in a Qt editor, in turn with a paste that saves and checks nothing; something
new is copied before each, so that there is a clipboard to save.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from assistant.bench.insertion_bare import BarePaste
from assistant.bench.insertion_texts import Sample, samples
from assistant.bench.report import Goal, Report
from assistant.bench.sway import Sway
from assistant.bench.targets import Editor, Mousepad, Program, focus, foot, logged_in, wait_for_text, wait_until, xterm
from assistant.bench.xvfb import XServer
from assistant.core.errors import HearsightError, InsertRefused
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Target

_RUNS = 40
_SPEAKING_SECONDS = 0.3
"""Between key-down and insertion: the user's clipboard is saved meanwhile."""
_GOAL = 1.5
_TEXT = "Insertion number {}: grüße, 世界 👩‍👩‍👧‍👦."


def measure(args: argparse.Namespace) -> Report:
    report = Report("insertion")
    with XServer(1280, 800) as server, logged_in(server.env):
        measure_exactness(report, server)
        measure_time(report, server, args.runs or _RUNS)
    measure_sway(report)
    return report


def measure_exactness(report: Report, server: XServer) -> None:
    """Every text into the programs of an X server."""
    with tempfile.TemporaryDirectory() as folder:
        for name, open_program in _programs(server, Path(folder)).items():
            with open_program() as program:
                focus(server, program)
                try_all(report, name, program)


def measure_sway(report: Report) -> None:
    """Every text into two clients of a wlroots compositor."""
    with tempfile.TemporaryDirectory() as folder, Sway() as sway, logged_in(sway.env), sway.keyboard():
        programs: dict[str, Callable[[], AbstractContextManager[Program]]] = {
            "sway_qt": lambda: Editor(sway.env),
            "sway_foot": lambda: foot(sway.env, Path(folder)),
        }
        for name, open_program in programs.items():
            with open_program() as program:
                sway.wait_for_focus(program.title)
                try_all(report, name, program)


def try_all(report: Report, name: str, program: Program, locked: Callable[[], bool] = lambda: False) -> None:
    """Every text into one program, which has the focus."""
    typist = Typist(locked=locked)
    try:
        target = typist.target()
        if target is None:
            raise HearsightError(f"{name} has no focus.")
        results = [_try(typist, target, program, sample) for sample in samples()]
    finally:
        typist.close()
    kinds = Counter(result["result"] for result in results)
    tried = kinds["exact"] + kinds["wrong"]
    report.metrics |= {
        f"{name}_exact_share": kinds["exact"] / max(1, tried),
        f"{name}_exact": kinds["exact"],
        f"{name}_refused": kinds["refused"],
    }
    report.goals.append(Goal(f"{name}_exact_share", ">=", 1.0))
    report.rows += [{"program": name, **result} for result in results if result["result"] != "exact"]


def _try(typist: Typist, target: Target, program: Program, sample: Sample) -> dict[str, Any]:
    program.clear()
    told = {"group": sample.group, "characters": len(sample.text)}
    try:
        typist.insert(sample.text, target)
    except InsertRefused as error:
        return {**told, "result": "refused", "reason": error.message}
    if wait_for_text(program, sample.text):
        return {**told, "result": "exact"}
    return {**told, "result": "wrong", "got": len(program.text())}


def measure_time(report: Report, server: XServer, runs: int) -> None:
    """Two runs more than asked for: the first ones warm what stays warm in the app."""
    typist = Typist(locked=lambda: False)
    with Editor(server.env) as editor, BarePaste() as bare:
        focus(server, editor)
        try:
            pairs = [_pair(typist, bare, editor, server, i) for i in range(runs + 2)][2:]
        finally:
            typist.close()
    for key, values in (("insertion", [p[0] for p in pairs]), ("bare", [p[1] for p in pairs])):
        report.metrics |= {f"{key}_p50_ms": statistics.median(values), f"{key}_p95_ms": _p95(values)}
    report.metrics["p50_ratio"] = report.metrics["insertion_p50_ms"] / report.metrics["bare_p50_ms"]
    report.metrics["p95_ratio"] = report.metrics["insertion_p95_ms"] / report.metrics["bare_p95_ms"]
    report.goals.append(Goal("p95_ratio", "<=", _GOAL))
    report.notes.append(f"time: {runs} insertions into a Qt editor, in turn with as many bare pastes")


def _pair(typist: Typist, bare: BarePaste, editor: Editor, server: XServer, number: int) -> tuple[float, float]:
    """Milliseconds until the text was in the editor: ours, and the bare paste's."""
    text = _TEXT.format(number)

    def ours() -> None:
        typist.insert(text, target)

    times = []
    for paste in (ours, lambda: bare.paste(text)):
        _copy(server, f"the user's own {number}", bare)
        editor.clear()
        target = typist.target()
        time.sleep(_SPEAKING_SECONDS)
        started = time.monotonic()
        paste()
        times.append((editor.wait_for(text) - started) * 1e3)
    return times[0], times[1]


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def _copy(server: XServer, text: str, bare: BarePaste) -> None:
    """As a user copies; xclip serves it in the background, some time after it seems to have ended."""
    before = bare.owner()
    quiet = subprocess.DEVNULL
    line = ("xclip", "-i", "-selection", "clipboard")
    subprocess.run(line, env=server.env, input=text.encode(), stdout=quiet, stderr=quiet, check=True)
    wait_until(lambda: bare.owner() != before, "the copy")


def _programs(server: XServer, folder: Path) -> dict[str, Callable[[], AbstractContextManager[Program]]]:
    return {
        "qt": lambda: Editor(server.env),
        "gtk": lambda: Mousepad(server, folder),
        "xterm": lambda: xterm(server, folder),
    }
