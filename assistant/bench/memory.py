"""`hearsight bench memory`: whether memory grows from turn to turn, and whether unloading gives it back.

Memory is the unique set size (USS: what would be free if the process ended) of this process and all its children.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil

from assistant.bench.report import Goal, Report
from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from assistant.core.events import Done, Event
from assistant.core.media import SAMPLE_RATE, Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine import fake
from assistant.engine.choose import Choice, choose
from assistant.engine.fake import FakeEngine
from assistant.engine.host import EngineHost
from assistant.flows.ask import Ask, Opened, Question
from assistant.history.store import History
from assistant.settings.paths import Paths

TURNS = 200
SLOPE_GOAL = 0.02
GAP_GOAL = 150.0
_TURNS_A_CONVERSATION = 20
_MB = 1024**2


def measure(args: argparse.Namespace) -> Report:
    turns = args.runs or TURNS
    with TemporaryDirectory(prefix="hearsight-bench-") as folder:
        sizes = over_turns(turns, Path(folder))
    loaded, gap = loading_and_unloading(Paths.of_user().models)
    half = sizes[len(sizes) // 2 :]
    metrics = {
        "turns": turns,
        "first_mb": sizes[0],
        "last_mb": sizes[-1],
        "slope_mb_per_turn": slope(half),
        "light_loaded_mb": loaded,
        "unload_gap_mb": gap,
    }
    goals = [Goal("slope_mb_per_turn", "<=", SLOPE_GOAL), Goal("unload_gap_mb", "<=", GAP_GOAL)]
    return Report("memory", metrics, goals, rows=[{"turn": turn, "mb": size} for turn, size in enumerate(sizes, 1)])


def over_turns(turns: int, folder: Path) -> list[float]:
    """Megabytes after each turn: a new screen and new speech each time, answered by the fake engine in its process
    and kept in a history."""
    history = History(folder / "history.db", folder / "media")
    history.open()
    engine = EngineHost(partial(FakeEngine, 0.0), fake.CAPABILITIES)
    ask = Ask(engine, history)
    generator = np.random.default_rng(0)
    sizes: list[float] = []
    conversation = 0
    try:
        for turn in range(turns):
            question = Question("What is on it?", (_screen(generator),), _sound(generator), conversation)
            conversation = _answer(ask, question)
            if (turn + 1) % _TURNS_A_CONVERSATION == 0:
                conversation = 0
            sizes.append(tree_megabytes())
    finally:
        engine.unload()
        history.close()
    return sizes


def loading_and_unloading(models: Path) -> tuple[float, float]:
    """Megabytes that the loaded light engine takes, and those still taken when it was unloaded."""
    engine = choose("light", Choice(), models)
    before = tree_megabytes()
    engine.load(lambda _what, _share: None, CancelToken())
    engine.generate(Prompt(text="Say hello."), Options(max_tokens=8), _ignore, CancelToken())
    loaded = tree_megabytes()
    engine.unload()
    return loaded - before, tree_megabytes() - before


def tree_megabytes() -> float:
    """Unique set size of this process and all below it."""
    process = psutil.Process()
    return sum(_unique(each) for each in [process, *process.children(recursive=True)]) / _MB


def slope(sizes: list[float]) -> float:
    """Growth from one turn to the next, by least squares."""
    return float(np.polyfit(np.arange(len(sizes)), sizes, 1)[0])


def _unique(process: psutil.Process) -> int:
    try:
        return int(process.memory_full_info().uss)
    except psutil.NoSuchProcess:
        return 0


def _answer(ask: Ask, question: Question) -> int:
    """Asks, and returns the conversation that it became part of."""
    opened: list[Opened] = []

    def emit(event: Event | Opened) -> None:
        if isinstance(event, Opened):
            opened.append(event)

    outcome = ask.answer(question, emit, CancelToken())
    if not isinstance(outcome, Done):
        raise HearsightError("A turn of the memory bench was not answered.", action="Run it again with --debug.")
    return opened[0].conversation


def _screen(generator: np.random.Generator) -> Picture:
    """A new screen of 1280 x 720 each time: plain colours, so that writing it to disk takes little time."""
    pixels = np.zeros((720, 1280, 3), np.uint8)
    pixels[:] = generator.integers(0, 256, 3, np.uint8)
    pixels[: generator.integers(1, 700), : generator.integers(1, 1200)] = generator.integers(0, 256, 3, np.uint8)
    return Picture(pixels, "Screen 1", is_screen=True)


def _sound(generator: np.random.Generator) -> Clip:
    """Two seconds that the fake engine takes for speech."""
    return Clip(generator.normal(0, 0.1, 2 * SAMPLE_RATE).astype(np.float32))


def _ignore(_event: Event) -> None:
    pass
