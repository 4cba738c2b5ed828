"""`hearsight bench golden FOLDER`: whether the Phi-4 engine computes what the model author's own code computes.

FOLDER holds a checkpoint in the published layout (any sizes), media, prompts, and the author's answers. Everything of
ours is in the way: the converter, the preprocessing, the tokenizer and the session, in float32.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from assistant.bench.golden_set import Case, GoldenSet
from assistant.bench.report import Goal, Report
from assistant.core.errors import BadInput, HearsightError

TEXT_GOAL = 2e-5
MEDIA_GOAL = 1e-4
ALL = "all"


def measure(args: argparse.Namespace) -> Report:
    """See `check`.

    Raises:
        BadInput: no folder, or no set of test vectors in it.
        ModelBroken: its checkpoint can't be used.
    """
    if not args.folder:
        raise BadInput("Which set of test vectors?", action="Run 'hearsight bench golden FOLDER'.")
    return check(Path(args.folder), args.attention, args.state)


def check(folder: Path, attention: str = ALL, state: str = ALL) -> Report:
    """Runs every case with each attention, and with the cache cold, warm and rewound.

    The converted model goes to a temporary folder. A case that can't be run is a row with its `error`.

    Args:
        attention: "eager", "sdpa" or "all".
        state: "cold", "warm", "rewound" or "all".
    """
    golden = GoldenSet.open(folder)
    with TemporaryDirectory(prefix="hearsight-golden-") as models:
        rows = _rows(golden, Path(models), attention, state)
    return Report("golden", _metrics(rows), _goals(rows), rows, _notes(rows))


def _rows(golden: GoldenSet, models: Path, attention: str, state: str) -> list[dict[str, Any]]:
    from assistant.bench.golden_run import ATTENTIONS, STATES, Runner
    from assistant.models.phi4.install import prepare

    native = prepare(golden.checkpoint, models)
    runners = [Runner(golden, native, each) for each in ATTENTIONS if attention in (ALL, each)]
    states = tuple(each for each in STATES if state in (ALL, each))
    return [_row(name, case, runners, states) for name, case in golden.cases()]


def _row(name: str, case: Case | BadInput, runners: list[Any], states: tuple[Any, ...]) -> dict[str, Any]:
    from assistant.bench.golden_run import row_of

    try:
        if isinstance(case, BadInput):
            raise case
        request = runners[0].request(case)
        outcomes = [outcome for runner in runners for outcome in runner.run(case, request, states)]
        return row_of(case, request, outcomes)
    except HearsightError as error:
        return {"name": name, "kind": "", "error": str(error), "greedy": [], "rel_logits": None, "rel_step16": None}


def _metrics(rows: list[dict[str, Any]]) -> dict[str, float]:
    metrics: dict[str, float] = {"cases": len(rows), "failed": sum("error" in row for row in rows)}
    for key in ("input_ids_equal", "token_counts_equal", "greedy_equal"):
        known = [row[key] for row in rows if row.get(key) is not None]
        if known:
            metrics[f"{key}_share"] = sum(known) / len(rows)
    for kind in ("text", "media"):
        errors = [row[key] for row in rows if row["kind"] == kind for key in ("rel_logits", "rel_step16")]
        known = [error for error in errors if error is not None]
        if known:
            metrics[f"worst_{kind}_rel"] = max(known)
    return metrics


def _goals(rows: list[dict[str, Any]]) -> list[Goal]:
    goals = [
        Goal("failed", "<=", 0),
        Goal("input_ids_equal_share", ">=", 1),
        Goal("token_counts_equal_share", ">=", 1),
        Goal("greedy_equal_share", ">=", 1),
        Goal("worst_text_rel", "<=", TEXT_GOAL),
        Goal("worst_media_rel", "<=", MEDIA_GOAL),
    ]
    metrics = _metrics(rows)
    return [goal for goal in goals if goal.key in metrics]


def _notes(rows: list[dict[str, Any]]) -> list[str]:
    width = max((len(row["name"]) for row in rows), default=0)
    return [_line(row, width) for row in rows]


def _line(row: dict[str, Any], width: int) -> str:
    if "error" in row:
        return f"{row['name']:<{width}}  {row['error']}"
    ids = {True: "ids equal", False: "IDS DIFFER", None: "ids unknown"}[row["input_ids_equal"]]
    tokens = {True: "tokens equal", False: "TOKENS DIFFER", None: "tokens unknown"}[row["greedy_equal"]]
    errors = " ".join(f"{error:8.1e}" for error in (row["rel_logits"], row["rel_step16"]) if error is not None)
    return f"{row['name']:<{width}}  {row['input_ids']:>6} {ids:<11} {tokens:<14} {errors}"
