"""`hearsight bench turn`: how long after the key's release the answer begins, with and without working ahead.

The sample's speech comes in real time while the app's own flow (`Ask.keep_warm`) lets the engine work ahead; the other
way, the same work is done serially after the release, with nothing in any cache but the instructions. Both ways take
turns, on the same loaded engine, with the same threads and the same tokens.
"""

from __future__ import annotations

import argparse
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from assistant.bench.report import Goal, Report
from assistant.cli.demo import load_sample
from assistant.core.cancel import CancelToken
from assistant.core.events import Completion, Delta, Event, Progress
from assistant.core.media import SAMPLE_RATE, Clip, Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine.light.engine import LightEngine
from assistant.flows.ask import Ask, Opened, Question
from assistant.history.store import History
from assistant.settings.paths import Paths

RUNS = 5
RATIO_GOAL = 0.35
SAVED_GOAL = 0.7
_LONG_SCREEN = 4000
_ANSWER_TOKENS = 24
_WORDS = "the quick brown fox jumps over the lazy dog while seven wizards brew a strong black tea"


@dataclass(frozen=True)
class Turn:
    """One turn: seconds from the release to the first piece of the answer, and what the engine says of itself."""

    first_token_s: float
    speech_s: float
    screen_s: float
    prefill_s: float
    prompt_tokens: int
    cached_tokens: int
    answer: str


def measure(args: argparse.Namespace) -> Report:
    screen, speech, _facts = load_sample()
    engine = LightEngine(Paths.of_user().models, screen_characters=_LONG_SCREEN + 500)
    engine.load(lambda _what, _share: None, CancelToken())
    try:
        with TemporaryDirectory(prefix="hearsight-bench-") as folder:
            bench = _Bench(engine, speech, Path(folder))
            pairs = [bench.pair(screen) for _ in range(args.runs or RUNS)]
            long = bench.pair(long_screen(_LONG_SCREEN))
            characters = len(bench.screen_text(screen)), len(bench.screen_text(long_screen(_LONG_SCREEN)))
    finally:
        engine.unload()
    return report(pairs, long, characters, speech.seconds)


class _Bench:
    """One engine, one question, asked in both ways."""

    def __init__(self, engine: LightEngine, speech: Clip, folder: Path) -> None:
        self._engine = engine
        self._speech = speech
        history = History(folder / "history.db", folder / "media")
        history.open()
        self._ask = Ask(engine, history)

    def pair(self, screen: Picture) -> tuple[Turn, Turn]:
        """The turn with work done ahead, and the serial one."""
        return self._warmed(Question("", (screen,))), self._serial(Question("", (screen,)))

    def screen_text(self, screen: Picture) -> str:
        question = Prompt(pictures=(screen,), text="?")
        return self._engine.generate(question, Options(max_tokens=1), _ignore, CancelToken()).screen_text

    def _warmed(self, question: Question) -> Turn:
        self._engine.forget()
        released = CancelToken()
        pressed = time.perf_counter()

        def so_far() -> Clip:
            heard = int((time.perf_counter() - pressed) * SAMPLE_RATE)
            return Clip(self._speech.samples[:heard])

        warming = threading.Thread(target=self._ask.keep_warm, args=(question, so_far, _ignore, released))
        warming.start()
        time.sleep(max(0.0, self._speech.seconds - (time.perf_counter() - pressed)))

        def stop() -> None:
            released.set()
            warming.join()

        return self._release(question, stop)

    def _serial(self, question: Question) -> Turn:
        self._engine.forget()
        return self._release(question, lambda: None)

    def _release(self, question: Question, stop_warming: Callable[[], None]) -> Turn:
        released = time.perf_counter()
        first = 0.0

        def emit(event: Progress) -> None:
            nonlocal first
            if isinstance(event, Delta) and not first:
                first = time.perf_counter() - released

        stop_warming()
        prompt = self._ask.prompt(question).with_clip(self._speech)
        done = self._engine.generate(prompt, Options(max_tokens=_ANSWER_TOKENS), emit, CancelToken())
        return _turn(first, done)


def report(
    pairs: list[tuple[Turn, Turn]], long: tuple[Turn, Turn], characters: tuple[int, int], spoken: float
) -> Report:
    """Medians over the pairs.

    Args:
        pairs: warmed and serial turns, as they took turns.
        long: the same two on the long screen.
        characters: read on the sample and on the long screen.
        spoken: seconds of speech.
    """
    warmed, serial = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    warm_s, serial_s = _median(warmed, "first_token_s"), _median(serial, "first_token_s")
    ahead = _median(serial, "screen_s") + _median(serial, "prefill_s")
    metrics = {
        "warm_first_token_s": warm_s,
        "serial_first_token_s": serial_s,
        "turn_ratio": warm_s / serial_s,
        "saved_s": serial_s - warm_s,
        "saved_share": (serial_s - warm_s) / min(spoken, ahead),
        "ocr_and_prefill_s": ahead,
        "speech_s": spoken,
        "sample_characters": characters[0],
        "sample_prompt_tokens": serial[0].prompt_tokens,
        "screen_4000_characters": characters[1],
        "screen_4000_first_token_s": long[0].first_token_s,
        "screen_4000_serial_first_token_s": long[1].first_token_s,
    }
    same = all(one.prompt_tokens == other.prompt_tokens and one.answer == other.answer for one, other in pairs)
    return Report(
        "turn",
        metrics,
        [Goal("turn_ratio", "<=", RATIO_GOAL), Goal("saved_share", ">=", SAVED_GOAL)],
        rows=[{"warmed": asdict(one), "serial": asdict(other)} for one, other in [*pairs, long]],
        notes=[
            "Same prompt tokens and same answers both ways." if same else "THE TWO WAYS DIFFER in tokens or answer."
        ],
    )


def long_screen(characters: int) -> Picture:
    """A 1080p screen filled with about so many characters of plain English."""
    words = _WORDS.split()
    image = Image.new("RGB", (1920, 1080), "white")
    font = ImageFont.load_default(size=18)
    columns = 160
    for line in range(-(-characters // columns)):
        text = " ".join(words[(line * 5 + place) % len(words)] for place in range(columns))[: columns - 1]
        ImageDraw.Draw(image).text((20, 15 + 40 * line), text, fill="black", font=font)
    return Picture(np.array(image), "Long screen", is_screen=True)


def _turn(first: float, done: Completion) -> Turn:
    timings, usage = done.timings, done.usage
    return Turn(
        first,
        timings["speech"],
        timings["screen"],
        timings["prefill"],
        usage.prompt_tokens,
        usage.cached_tokens,
        done.text,
    )


def _median(turns: list[Turn], name: str) -> float:
    return float(statistics.median(getattr(turn, name) for turn in turns))


def _ignore(_event: Event | Opened) -> None:
    pass
