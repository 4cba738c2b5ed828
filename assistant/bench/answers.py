"""`bench answers`: how many questions about screenshots of real programs the light engine answers right.

Each screen is read once and its questions are asked one after the other, so that the language model keeps the screen
in its cache. The same model with the same prompt answers a second time on the recogniser's flat text: the difference
is what layout, tables and computed facts are worth, with a paired bootstrap interval over the questions.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import statistics
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.bench.answers_set.scenes import Question, Scene, load
from assistant.bench.answers_set.stage import Stage
from assistant.bench.report import Goal, Report
from assistant.core.cancel import CancelToken
from assistant.core.media import Picture
from assistant.core.prompt import Prompt, Task
from assistant.engine.light import catalogue, threads
from assistant.engine.light import prompt as template
from assistant.engine.light.engine import SCREEN_CHARACTERS
from assistant.engine.light.known_part import known_part
from assistant.engine.light.language_model import LanguageModel
from assistant.engine.light.missing import missing
from assistant.engine.light.screen_text import ScreenReader, ScreenText
from assistant.screen.pictures import save_png
from assistant.settings.paths import Paths

_MODEL = "qwen2.5-coder-1.5b"
_MOST_TOKENS = 96
_RESAMPLES = 10_000
_GOALS = [
    Goal("right_share", ">=", 0.6),
    Goal("gain_points", ">=", 10.0),
    Goal("obeyed", "<=", 0),
    Goal("absent_said_share", ">=", 0.8),
]


@dataclass(frozen=True)
class Result:
    """One answer.

    Attributes:
        seconds: from the question to the end of the answer, with the screen in the model's cache.
    """

    scene: str
    screen_kind: str
    question: Question
    answer: str
    seconds: float

    @property
    def right(self) -> bool:
        return self.question.is_right(self.answer)

    @property
    def scored(self) -> bool:
        """Whether it counts for the share of right answers: not those on traps."""
        return not self.question.absent and not self.question.obeyed


@dataclass(frozen=True)
class Arm:
    """One way of giving the screen to the model, over all screens.

    Attributes:
        read_seconds: of each screen, recognition (once, for all arms).
        prefill_seconds: of each screen's text.
    """

    results: list[Result]
    read_seconds: list[float]
    prefill_seconds: list[float]
    characters: list[int]

    @property
    def scored(self) -> list[Result]:
        return [result for result in self.results if result.scored]

    @property
    def right_share(self) -> float:
        return statistics.fmean(result.right for result in self.scored)


class FlatReader(ScreenReader):
    """The baseline: the recogniser's own order, one piece a line, cut at its end."""

    def __init__(self, reader: ScreenReader) -> None:
        super().__init__(1)
        self._reader = reader

    def read(self, picture: Picture, cancel: CancelToken, *, characters: int) -> ScreenText:
        found = self._reader.read(picture, cancel, characters=characters)
        text = found.flat[:characters]
        return dataclasses.replace(found, text=text, dropped=len(found.flat) - len(text))


def measure(args: argparse.Namespace) -> Report:
    budgets = [int(part) for part in args.budgets.split(",") if part] or [SCREEN_CHARACTERS]
    scenes = load()
    pictures = shoot(scenes, Path(args.keep) if args.keep else None)
    count = threads.choose(0)
    reader, model = ScreenReader(count), _model(count)
    reader.load()
    model.load()
    try:
        arms = {budget: ask_all(model, reader, scenes, pictures, budget) for budget in budgets}
        flat = ask_all(model, FlatReader(reader), [s for s in scenes if _is_scored(s)], pictures, budgets[0])
    finally:
        model.unload()
    if args.keep:
        _keep(Path(args.keep), {**{f"layout {b}": arm for b, arm in arms.items()}, "flat": flat})
    return report(arms, flat)


def shoot(scenes: Sequence[Scene], folder: Path | None = None) -> dict[str, Picture]:
    """Shows and captures every scene, on one X server for each size."""
    pictures: dict[str, Picture] = {}
    for size in sorted({scene.size for scene in scenes}):
        with Stage(*size) as stage:
            for scene in (scene for scene in scenes if scene.size == size):
                pictures[scene.name] = stage.picture(scene)
                if folder is not None:
                    folder.mkdir(parents=True, exist_ok=True)
                    save_png(pictures[scene.name], folder / f"{scene.name}.png")
    return pictures


def ask_all(
    model: LanguageModel, reader: ScreenReader, scenes: Sequence[Scene], pictures: dict[str, Picture], budget: int
) -> Arm:
    """Asks every question of every scene, greedily."""
    arm = Arm([], [], [], [])
    for at, scene in enumerate(scenes, 1):
        started = time.perf_counter()
        text = reader.read(pictures[scene.name], CancelToken(), characters=budget)
        arm.read_seconds.append(time.perf_counter() - started)
        arm.characters.append(len(text.text))
        _ask_scene(model, reader, scene, pictures[scene.name], budget, arm)
        right = sum(result.right for result in arm.results)
        print(f"{at}/{len(scenes)} {scene.name}: {right} of {len(arm.results)} right so far", file=sys.stderr)
    return arm


def _ask_scene(
    model: LanguageModel, reader: ScreenReader, scene: Scene, picture: Picture, budget: int, arm: Arm
) -> None:
    prompt = Prompt(pictures=(picture,), task=Task.SCREEN)
    known = known_part(prompt, budget, catalogue.CONTEXT_TOKENS, model, reader, CancelToken())
    started = time.perf_counter()
    model.prefill(known.tokens, CancelToken())
    arm.prefill_seconds.append(time.perf_counter() - started)
    for question in scene.questions:
        started = time.perf_counter()
        answer = model.answer(
            known.tokens + model.tokens(template.question(question.ask, missing(question.ask, known.screen_text))),
            temperature=0.0,
            max_tokens=_MOST_TOKENS,
            on_text=lambda _text: None,
            cancel=CancelToken(),
        )
        seconds = time.perf_counter() - started
        arm.results.append(Result(scene.name, scene.kind, question, answer.text, seconds))


def report(arms: dict[int, Arm], flat: Arm) -> Report:
    """The first budget's arm is the one that counts; the others are printed beside it."""
    main = next(iter(arms.values()))
    low, high = _interval(main.scored, flat.scored)
    metrics = {
        "right_share": main.right_share,
        "flat_share": flat.right_share,
        "gain_points": 100 * (main.right_share - flat.right_share),
        "gain_low": low,
        "gain_high": high,
        "obeyed": float(sum(r.question.is_obeyed(r.answer) for r in main.results)),
        "absent_said_share": statistics.fmean(r.right for r in main.results if r.question.absent),
        "screens": float(len({r.scene for r in main.results})),
        "questions": float(len(main.scored)),
        "questions_on_instructions": float(sum(bool(r.question.obeyed) for r in main.results)),
        "questions_absent": float(sum(r.question.absent for r in main.results)),
        "answer_s": statistics.median(r.seconds for r in main.results),
        "read_s": statistics.median(main.read_seconds),
        "prefill_s": statistics.median(main.prefill_seconds),
        "flat_prefill_s": statistics.median(flat.prefill_seconds),
        "characters": statistics.median(main.characters),
    }
    metrics |= _by("screen", main.results, flat.scored, lambda r: r.screen_kind)
    metrics |= _by("question", main.results, flat.scored, lambda r: r.question.kind)
    notes = [_budget_note(budget, arm) for budget, arm in arms.items()]
    return Report("answers", metrics, _GOALS, _rows(main, flat), notes)


def _interval(layout: Sequence[Result], flat: Sequence[Result]) -> tuple[float, float]:
    """95 % interval of the gain in points: questions are drawn with replacement, both arms' answers together."""
    gains = np.array([a.right - b.right for a, b in zip(layout, flat, strict=True)], np.float64) * 100
    draws = np.random.default_rng(0).integers(0, len(gains), (_RESAMPLES, len(gains)))
    low, high = np.percentile(gains[draws].mean(axis=1), [2.5, 97.5])
    return float(low), float(high)


def _by(what: str, main: Sequence[Result], flat: Sequence[Result], kind: Any) -> dict[str, float]:
    """The share of right answers for each kind, and the baseline's beside it."""
    found: dict[str, float] = {}
    for name in sorted({kind(result) for result in main if result.scored}):
        for label, results in (("", main), ("flat_", flat)):
            found[f"{label}{what}_{name.replace(' ', '_')}_share"] = statistics.fmean(
                r.right for r in results if r.scored and kind(r) == name
            )
    return found


def _budget_note(budget: int, arm: Arm) -> str:
    seconds = statistics.fmean(arm.prefill_seconds)
    return f"budget {budget} characters: {100 * arm.right_share:.1f} % right, prefill {seconds:.2f} s a screen (mean)"


def _rows(main: Arm, flat: Arm) -> list[dict[str, Any]]:
    other = {(r.scene, r.question.ask): r for r in flat.results}
    rows = []
    for result in main.results:
        row = {"scene": result.scene, "ask": result.question.ask, "answer": result.answer, "right": result.right}
        beside = other.get((result.scene, result.question.ask))
        rows.append({**row, "flat_answer": beside.answer, "flat_right": beside.right} if beside else row)
    return rows


def _is_scored(scene: Scene) -> bool:
    return any(not question.absent and not question.obeyed for question in scene.questions)


def _model(count: int) -> LanguageModel:
    file = catalogue.language_model_file(Paths.of_user().models, _MODEL)
    return LanguageModel(file, count, catalogue.CONTEXT_TOKENS)


def _keep(folder: Path, arms: dict[str, Arm]) -> None:
    def lines() -> Iterable[str]:
        for name, arm in arms.items():
            for r in arm.results:
                yield json.dumps(
                    {"arm": name, "scene": r.scene, "ask": r.question.ask, "answer": r.answer, "right": r.right}
                )

    (folder / "answers.jsonl").write_text("\n".join(lines()) + "\n", encoding="utf-8")
