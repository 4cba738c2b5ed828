"""`bench stream`: how late the window's event loop is while a long answer streams in and a model computes beside it.

Three processes: the real window with the fake engine (20,000 characters at 250 tokens a second) in its own child,
and, beside them, the light engine's child generating text the whole time. The same window without an answer and
without a model is measured before, and printed beside.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.bench.report import Goal, Report
from assistant.bench.xvfb import XServer
from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import HearsightError
from assistant.core.events import Delta, Progress
from assistant.core.prompt import Options, Prompt
from assistant.engine.base import Engine
from assistant.flows.engines import engine_for
from assistant.settings.models import Settings
from assistant.settings.paths import Paths

_LATE_MS, _SLOT_MS = 50, 16
_IDLE_SECONDS = 10
_START_SECONDS = 180
_RUN_SECONDS = 240
_TOPIC = Prompt(text="Write a long story about a lighthouse keeper, with many details.")


def measure(args: argparse.Namespace) -> Report:  # noqa: ARG001 - one run, long enough to be steady
    report = Report("stream", goals=[Goal("late_p99_ms", "<=", _LATE_MS), Goal("slot_p99_ms", "<=", _SLOT_MS)])
    with XServer() as display:
        idle = window(display, "idle", str(_IDLE_SECONDS))
        with _model_at_work() as tokens:
            streamed = window(display, "stream")
        report.metrics = {**streamed, **{f"idle_{key}": idle[key] for key in ("late_p99_ms", "slot_p99_ms")}}
        report.metrics["beside_tokens"] = len(tokens)
    return report


def window(display: XServer, *arguments: str) -> dict[str, Any]:
    """Runs the window's process and returns what it measured."""
    with tempfile.TemporaryDirectory() as home:
        env = {**display.env, "HEARSIGHT_HOME": home, "QT_QPA_PLATFORM": "xcb"}
        done = subprocess.run(
            [sys.executable, "-m", "assistant.bench.stream_window", *arguments],
            env=env, cwd=Path(__file__).resolve().parents[2], capture_output=True, text=True, timeout=_RUN_SECONDS,
            check=False,
        )  # fmt: skip
    if done.returncode:
        raise HearsightError(f"The window's process failed: {done.stderr.strip()[-500:]}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def _model_at_work() -> Iterator[list[str]]:
    """Keeps the light engine generating in its child process; gives the pieces that it has made so far."""
    engine = engine_for(Settings(), Paths.of_user().models, "light")
    pieces: list[str] = []
    begun, stop = threading.Event(), CancelToken()
    failure: list[HearsightError] = []
    worker = threading.Thread(target=_generate, args=(engine, pieces, begun, stop, failure), name="beside")
    worker.start()
    try:
        if not begun.wait(_START_SECONDS):
            raise HearsightError("The light engine did not begin to generate.")
        if failure:
            raise failure[0]
        yield pieces
    finally:
        stop.set()
        worker.join()
        engine.unload()


def _generate(
    engine: Engine, pieces: list[str], begun: threading.Event, stop: CancelToken, failure: list[HearsightError]
) -> None:
    def take(event: Progress) -> None:
        if isinstance(event, Delta):
            pieces.append(event.text)
            begun.set()

    try:
        engine.load(lambda _what, _share: None, stop)
        while not stop.is_set():
            engine.generate(_TOPIC, Options(temperature=0.7, max_tokens=512), take, stop)
    except Cancelled:
        return
    except HearsightError as error:
        failure.append(error)
    finally:
        begun.set()
