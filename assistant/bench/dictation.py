"""`hearsight bench dictation`: from the key's release to the text in another program's window.

Everything is real: the app as a user starts it with the light engine, the key (XTest), the microphone (PulseAudio),
the speech (espeak-ng), the window (a Qt editor). Beside it the same recording is recognised whole, as a program would
that begins at the release: the work that is left after it is compared with that.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from assistant.bench import insertion
from assistant.bench.desk import Desk
from assistant.bench.report import Goal, Report
from assistant.bench.targets import Editor, focus, logged_in
from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from assistant.core.events import Progress
from assistant.core.media import Clip
from assistant.core.prompt import Options
from assistant.engine.light.engine import LightEngine
from assistant.history.store import History
from assistant.settings.paths import Paths

RUNS = {2: 20, 10: 5, 60: 5}
"""How often for each length of speech, in seconds."""
LEFT_GOAL = 0.25
RATIO_GOAL = 1.5
_WHOLE_RUNS = 3
_PARTS = ("closing", "tail", "rules", "insertion", "insertion_read")
_PASSAGE = """The morning train was late again, so we walked along the river and talked about the plan for the week.
First we will finish the report for the city, then we will call the two suppliers in Lisbon. Nobody knows yet whether
the new machine can be repaired before Friday. If it can, we shall keep the old contract for another year. If it
cannot, the budget has to change, and somebody must explain that to the board. I think the numbers are on our side.
Last year we saved about nine percent by printing less and by turning off the lights at night. The garden behind the
office needs water, and the window in the kitchen does not close. Please remind me to order coffee, paper and a new
lamp for the small meeting room. On Thursday a class of children will visit us, and they would like to see how a map
is made. We should show them the large table with the old drawings, because everybody likes those. After lunch the
children may draw a map of their own way to school, and the best one will hang beside the door until the summer."""


def measure(args: argparse.Namespace) -> Report:
    models = Paths.of_user().models
    runs = {length: min(count, args.runs or count) for length, count in RUNS.items()}
    report = Report("dictation", goals=[Goal("left_share", "<=", LEFT_GOAL), Goal("p95_ratio", "<=", RATIO_GOAL)])
    with tempfile.TemporaryDirectory(prefix="hearsight-bench-") as folder, Desk(Path(folder) / "home", models) as desk:
        rows = _dictate(desk, Path(folder), runs)
        whole = _whole(desk.paths, models, max(runs))
        # The copies that `measure_time` pastes in turn need the display to themselves.
        with logged_in(desk.env):
            insertion.measure_time(report, desk.screen, args.runs or RUNS[2])
    for length in runs:
        report.metrics |= _summary(length, [row for row in rows if row["speech_s"] == length])
    report.metrics |= {"whole_60_s": whole, "left_share": report.metrics["tail_60_s_p50"] / whole}
    report.rows = rows + report.rows
    report.goals = list({goal.key: goal for goal in report.goals}.values())
    return report


def _dictate(desk: Desk, folder: Path, runs: dict[int, int]) -> list[dict[str, Any]]:
    """One row for each dictation; the first of all, in which the engine meets speech for the first time, isn't one."""
    desk.start_app()
    desk.until("the keys", lambda: desk.command("trigger", "cancel").returncode == 0)
    with Editor(desk.env) as editor:
        focus(desk.screen, editor)
        rows = []
        for length, count in runs.items():
            clip = _speech(folder / f"speech-{length}.wav", length)
            for run in range(count + (length == min(runs))):
                editor.clear()
                row = {"speech_s": length, **_one(desk, editor, clip, length)}
                rows += [row] if run or length != min(runs) else []
    desk.quit_app()
    return rows


def _one(desk: Desk, editor: Editor, clip: Path, length: int) -> dict[str, Any]:
    """Holds the key while the clip is spoken; seconds from the release to the text in the editor, and their parts."""
    before = len(desk.dictations())
    desk.press("d")
    time.sleep(0.3)
    desk.sound.play(clip, wait=True)
    released = time.monotonic()
    desk.release("d")
    try:
        desk.until("the dictation", lambda: _typed(desk, before), 60.0 + 2 * length)
    except HearsightError as error:
        found = [f"{each.state} {each.error}" for each in desk.dictations()[before:]]
        raise HearsightError(f"{error} There is: {found or 'nothing'}.") from error
    dictation = desk.dictations()[-1]
    if dictation.state != "typed":
        raise HearsightError(f"A dictation of {length} s was not typed: {dictation.state}. {dictation.error}")
    arrived = editor.wait_for(dictation.text)
    parts = {f"{part}_s": dictation.timings.get(part, 0.0) for part in _PARTS}
    return {
        "text_s": arrived - released,
        **parts,
        "characters": len(dictation.text),
        "work_s": dictation.timings["work"],
    }


def _typed(desk: Desk, before: int) -> bool:
    found = desk.dictations()
    return len(found) > before and found[-1].state != "waiting" and found[-1].audio is not None


def _whole(paths: Paths, models: Path, length: int) -> float:
    """Median seconds for the newest recording of that length in one go, by the same engine, itself in no hurry."""
    history = History(paths.database, paths.media)
    history.open()
    try:
        recording = next(d for d in history.dictations.latest() if abs(d.seconds - length) < 3)
        samples = np.concatenate(list(history.dictations.audio_blocks(recording)))
    finally:
        history.close()
    engine = LightEngine(models)
    engine.transcribe(Clip(samples[:32_000]), Options(), _ignore, CancelToken())
    times = []
    for _ in range(_WHOLE_RUNS):
        engine.forget()
        started = time.monotonic()
        engine.transcribe(Clip(samples), Options(), _ignore, CancelToken())
        times.append(time.monotonic() - started)
    engine.unload()
    return statistics.median(times)


def _summary(length: int, rows: list[dict[str, Any]]) -> dict[str, float]:
    found: dict[str, float] = {f"runs_{length}_s": len(rows)}
    for part in ("text_s", *(f"{part}_s" for part in _PARTS)):
        values, name = [row[part] for row in rows], part.removesuffix("_s")
        found[f"{name}_{length}_s_p50"] = statistics.median(values)
        if part == "text_s":
            found[f"{name}_{length}_s_p95"] = _p95(values)
    return found


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1] if len(values) > 1 else values[0]


def _speech(path: Path, seconds: int) -> Path:
    """So many seconds of a passage, read by espeak-ng."""
    import soundfile

    subprocess.run(["espeak-ng", "-v", "en-gb", "-s", "165", "-w", str(path), _PASSAGE], check=True, timeout=60)
    samples, rate = soundfile.read(path, dtype="float32")
    soundfile.write(path, samples[: seconds * rate], rate)
    return path


def _ignore(_event: Progress) -> None:
    pass
