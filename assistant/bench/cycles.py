"""`hearsight bench cycles`: a thousand presses and releases at random times, to ask and to dictate.

The fake engine in its process, everything else real: microphone, screen, window, clipboard, history. Somebody speaks
all the time. What began must end exactly once, every recording with words must be in the history, and memory (USS of
this process and the engine's) must not grow.
"""

from __future__ import annotations

import argparse
import os
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

import psutil
from PySide6.QtCore import QCoreApplication, QEventLoop, QObject, QTimer

from assistant.audio import portaudio
from assistant.bench.memory import slope
from assistant.bench.pulse import SoundServer
from assistant.bench.report import Goal, Report
from assistant.bench.targets import Editor, focus, logged_in
from assistant.bench.xvfb import XServer, end
from assistant.engine import fake
from assistant.engine.fake import FakeEngine
from assistant.engine.host import EngineHost
from assistant.flows.coordinator import Job
from assistant.history.store import History
from assistant.screen.capture import main as screen
from assistant.screen.frames import target_of
from assistant.settings.models import Settings
from assistant.workers.controller import Controller
from assistant.workers.dictation_turn import Ended
from assistant.workers.inference import Inference
from assistant.workers.parts import Parts
from assistant.workers.recorders import Recorders

CYCLES = 1000
SLOPE_GOAL = 0.02
_SEED = 5
_SETTLED_EVERY = 25
"""Cycles after which everything must come to rest."""
_SETTLED_SECONDS = 30.0
_LONGEST_HOLD, _LONGEST_GAP = 0.9, 0.4
_BOUNCE = 0.05
"""Seconds after which a press counts as another one."""
_REST = 0.5
"""Seconds in which the housekeeping ends, before memory is looked at."""
_MB = 1024**2


def measure(args: argparse.Namespace) -> Report:
    cycles = args.runs or CYCLES
    with tempfile.TemporaryDirectory(prefix="hearsight-bench-") as folder, ExitStack() as stack:
        bench = _Bench(stack, Path(folder))
        bench.run(cycles)
        counted = bench.counted
        kept = len(bench.history.dictations.latest(limit=cycles + 1))
    half = bench.sizes[len(bench.sizes) // 2 :]
    metrics = {
        "cycles": cycles,
        "dictations": counted["dictate started"],
        "questions": counted["ask started"],
        "stuck": counted["stuck"],
        "unended": counted["dictate started"] - counted["ended"],
        "recordings_lost": counted["with words"] - kept + counted["left behind"],
        "first_mb": bench.sizes[0],
        "last_mb": bench.sizes[-1],
        "slope_mb_per_cycle": slope(half) / _SETTLED_EVERY if len(half) > 1 else 0.0,
    }
    goals = [Goal(name, "<=", 0) for name in ("stuck", "unended", "recordings_lost")]
    goals.append(Goal("slope_mb_per_cycle", "<=", SLOPE_GOAL))
    rows = [{"cycle": (at + 1) * _SETTLED_EVERY, "mb": size} for at, size in enumerate(bench.sizes)]
    notes = [f"{counted['typed']} typed, {counted['with words']} with words, {counted['cancelled']} broken off by Esc"]
    return Report("cycles", metrics, goals, rows, [*notes, *(f"stuck: {how}" for how in bench.stuck)])


class _Bench(QObject):
    """A desk, a controller on it, and a hand that presses its keys as they come to mind."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        super().__init__()
        self.counted: Counter[str] = Counter()
        self.sizes: list[float] = []
        self.stuck: list[str] = []
        self._random = random.Random(_SEED)
        server = stack.enter_context(XServer(800, 600))
        sound = stack.enter_context(SoundServer())
        stack.enter_context(logged_in(server.env))
        stack.enter_context(_heard_here(sound))
        self._qt = QCoreApplication.instance() or QCoreApplication([])
        self._editor = stack.enter_context(Editor(server.env))
        focus(server, self._editor)
        stack.enter_context(_speaking(sound))
        self.history = History(folder / "history.db", folder / "media")
        self.history.open()
        stack.callback(self.history.close)
        self._recordings = folder / "recordings"
        self._recordings.mkdir()
        self._engine = EngineHost(partial(FakeEngine, 0.0), fake.CAPABILITIES)
        self.controller = self._build()
        stack.callback(self.controller.stop)

    def run(self, cycles: int) -> None:
        for cycle in range(1, cycles + 1):
            self._cycle()
            if cycle % _SETTLED_EVERY == 0 or cycle == cycles:
                self._settle()
                self._editor.clear()
                self._wait(_REST)
                self.sizes.append(self._megabytes())

    def _build(self) -> Controller:
        settings = Settings()
        parts = Parts(
            Inference(self._engine),
            self.history,
            self._recordings,
            Recorders(settings.voice, lambda _text: None).open,
            lambda target: screen.capture(target_of(target)),
            None,
            lambda _settings: self._engine,
        )
        controller = Controller(parts, settings)
        controller.state_changed.connect(self._on_state)
        controller.dictation_ended.connect(self._on_dictated)
        controller.start()
        return controller

    def _cycle(self) -> None:
        job: Job = "ask" if self._random.random() < 0.2 else "dictate"
        self.controller.press(job)
        self._wait(self._random.uniform(0, _LONGEST_HOLD))
        if self._random.random() < 0.05:
            self.counted["cancelled"] += 1
            self.controller.cancel()
        self.controller.release(job)
        self._wait(self._random.uniform(0, _LONGEST_GAP))

    def _settle(self) -> None:
        """Ends what a tap left open, and waits until all is quiet."""
        self._wait(_BOUNCE)
        if self.controller.state == "latched":
            self.controller.tap(self.controller.job)
        last = time.monotonic() + _SETTLED_SECONDS
        while not self._is_quiet():
            if time.monotonic() > last:
                self.counted["stuck"] += 1
                self.stuck.append(self._how())
                self.controller.cancel()
                return
            self._wait(0.02)
        self.counted["left behind"] = len(list(self._recordings.iterdir()))

    def _how(self) -> str:
        open_turns = f"{self.controller.dictating.open_turns} dictations, {self.controller.open_turns} questions"
        return f"{self.controller.state}: {open_turns}, {len(list(self._recordings.iterdir()))} folders"

    def _is_quiet(self) -> bool:
        open_turns = self.controller.dictating.open_turns + self.controller.open_turns
        return self.controller.state == "idle" and not open_turns and not list(self._recordings.iterdir())

    def _on_state(self, state: str) -> None:
        if state == "arming":
            self.counted[f"{self.controller.job} started"] += 1

    def _on_dictated(self, ended: Ended) -> None:
        self.counted["ended"] += 1
        self.counted["with words"] += bool(ended.id)
        self.counted["typed"] += bool(ended.delivered and ended.delivered.inserted)

    def _megabytes(self) -> float:
        engine = self._engine.process
        processes = [psutil.Process(), *([psutil.Process(engine)] if engine else [])]
        return float(sum(process.memory_full_info().uss for process in processes)) / _MB

    def _wait(self, seconds: float) -> None:
        loop = QEventLoop()
        QTimer.singleShot(round(seconds * 1000), loop.quit)
        loop.exec()


@contextmanager
def _heard_here(sound: SoundServer) -> Iterator[None]:
    """This process has that server's microphone, and its own again afterwards."""
    kept = {name: os.environ.get(name) for name in sound.env}
    os.environ |= sound.env
    portaudio.mark_stale()
    try:
        yield
    finally:
        for name, value in kept.items():
            os.environ.pop(name, None)
            os.environ |= {name: value} if value is not None else {}


@contextmanager
def _speaking(sound: SoundServer) -> Iterator[None]:
    """Somebody who never stops."""
    over = threading.Event()
    with as_file(files("resources") / "demo" / "speech.wav") as speech:
        speaker = threading.Thread(target=_speak, args=(sound, speech, over), daemon=True)
        speaker.start()
        try:
            yield
        finally:
            over.set()
            speaker.join()


def _speak(sound: SoundServer, speech: Path, over: threading.Event) -> None:
    while not over.is_set():
        player = sound.play(speech)
        while player.poll() is None and not over.wait(0.02):
            pass
        end(player)
