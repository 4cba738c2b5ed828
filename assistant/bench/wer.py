"""`hearsight bench wer FOLDER`: word errors of dictation on sounds with their texts, and what noise makes it write.

The sound goes the way of a dictation: cut at silences, recognised by the engine, sifted by the gate. NAME.txt holds
what NAME.wav says; a sound without a text holds no speech. NAME.screen holds what stood on the screen then, for
`--spelling`.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assistant.audio.files import open_sound
from assistant.bench.report import Goal, Report
from assistant.bench.wer_files import Sample, samples
from assistant.bench.wer_text import Score, difference, interval, normal, score, total
from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput
from assistant.core.prompt import Options
from assistant.dictation import spelling
from assistant.engine.base import Engine
from assistant.flows.dictation_follow import Follower, Live
from assistant.flows.engines import engine_for
from assistant.settings.models import Settings
from assistant.settings.paths import Paths
from assistant.settings.store import SettingsStore

SPELLINGS = ("off", "correct", "bias", "both")
"""What the screen's names do: nothing, correct the text, bias the recogniser, or both."""


@dataclass(frozen=True)
class Result:
    """What was heard in one file.

    Attributes:
        seconds: of sound; `took` seconds to recognise it.
        names: of those on the screen that were said, and those of them that were spelled right.
    """

    sample: Sample
    heard: str
    score: Score
    seconds: float
    took: float
    names: tuple[int, int]


def measure(args: argparse.Namespace) -> Report:
    """Raises:
    BadInput: there is nothing to measure in the folder.
    """
    if not args.folder:
        raise BadInput("bench wer needs a folder.", action="hearsight bench wer FOLDER")
    found = samples(Path(args.folder).expanduser())
    settings, paths = _settings()
    language = args.language or settings.voice.language
    engine = engine_for(settings, paths.models, args.engine, model=args.model, in_process=args.in_process)
    modes = SPELLINGS if args.spelling == "compare" else (args.spelling,)
    try:
        report = Report("wer")
        measured = {mode: _measured(found, engine, language, mode, report) for mode in modes}
    finally:
        engine.unload()
    return _reported(report, measured, args.spelling)


def _settings() -> tuple[Settings, Paths]:
    paths = Paths.of_user()
    return SettingsStore(paths.settings_file).load(), paths


def _measured(found: Sequence[Sample], engine: Engine, language: str, mode: str, report: Report) -> list[Result]:
    results: list[Result] = []
    for number, sample in enumerate(found, start=1):
        try:
            results.append(hear(sample, engine, language, mode))
        except BadInput as error:
            note = f"{sample.sound.name} is left out: {error.message}"
            report.notes += [note] if note not in report.notes else []
        if sys.stderr.isatty():
            end = "\n" if number == len(found) else ""
            print(f"\r{mode}: {number} of {len(found)}", end=end, file=sys.stderr, flush=True)
    return results


def hear(sample: Sample, engine: Engine, language: str, mode: str) -> Result:
    """Recognises one file as a dictation and counts its errors.

    Raises:
        BadInput: it can't be read.
    """
    terms = spelling.terms(sample.screen, language)
    hints = spelling.hints((), terms) if mode in ("bias", "both") else ()
    follower = Follower(engine, Options(language=language, hints=hints), _unseen, CancelToken())
    began = time.perf_counter()
    spoken = follower.run_recorded(open_sound(sample.sound).blocks())
    text = spoken.text
    if mode in ("correct", "both"):
        text = spelling.corrected(text, (), terms, spoken.language)
    took = time.perf_counter() - began
    errors = score(sample.said, text, language or spoken.language or "en")
    return Result(sample, text, errors, spoken.seconds, took, _names(sample, text, terms))


def _names(sample: Sample, heard: str, terms: Sequence[str]) -> tuple[int, int]:
    said, got = f" {normal(sample.said)} ", f" {normal(heard)} "
    spoken = [f" {normal(term)} " for term in terms if f" {normal(term)} " in said]
    return len(spoken), sum(1 for term in spoken if term in got)


def _reported(report: Report, measured: dict[str, list[Result]], chosen: str) -> Report:
    first = next(iter(measured))
    for mode, results in measured.items():
        _add_metrics(report, results, f"_{mode}" if chosen == "compare" else "")
    report.rows = [_row(mode, result) for mode, results in measured.items() for result in results]
    report.notes += [_line(result) for result in measured[first]] if len(measured) == 1 else []
    baseline = [r.score for r in measured[first] if r.sample.said]
    for mode in list(measured)[1:]:
        scores = [r.score for r in measured[mode] if r.sample.said]
        more, low, high = difference(baseline, scores)
        report.notes.append(f"{mode} against {first}: {100 * more:+.1f} points [{100 * low:+.1f}, {100 * high:+.1f}]")
    return report


def _add_metrics(report: Report, results: Sequence[Result], ending: str) -> None:
    speech = [r for r in results if r.sample.said]
    noise = [r for r in results if not r.sample.said]
    metrics: dict[str, float] = {}
    if speech:
        scores = [r.score for r in speech]
        low, high = interval(scores)
        metrics |= {"wer_share": total(scores).rate, "wer_low_share": low, "wer_high_share": high}
        metrics |= {"files": len(speech), "words": total(scores).words}
        if not ending:
            # Compared ways share what the engine remembers: only a single one's time says anything.
            metrics["work_ratio"] = sum(r.took for r in speech) / max(1e-9, sum(r.seconds for r in speech))
    if names := sum(r.names[0] for r in speech):
        metrics["names_right_share"] = sum(r.names[1] for r in speech) / names
        metrics["names"] = names
    if noise:
        metrics["noise_files"] = len(noise)
        metrics["inserted_characters"] = sum(len(r.heard.strip()) for r in noise)
        report.goals.append(Goal("inserted_characters" + ending, "<=", 0))
    report.metrics |= {key + ending: value for key, value in metrics.items()}


def _row(mode: str, result: Result) -> dict[str, object]:
    return {
        "file": result.sample.sound.name,
        "spelling": mode,
        "said": result.sample.said,
        "heard": result.heard,
        "words": result.score.words,
        "errors": result.score.errors,
        "seconds": result.seconds,
        "took_s": result.took,
    }


def _line(result: Result) -> str:
    name = result.sample.sound.name
    if not result.sample.said:
        return f"{name}: {len(result.heard)} characters from no speech"
    return f"{name}: {100 * result.score.rate:.1f}% of {result.score.words} words"


def _unseen(_live: Live) -> None:
    """Nobody watches."""
