"""`bench phi4`: how fast Phi-4-multimodal answers, beside the model card's own `generate()` in the same process.

With a GPU: the published sizes with random weights (or a model folder), decoding in every form at several lengths of
context, first token after release, reading a prompt, memory. Without one: a thin model of as many layers on the
processor, which shows what the host costs a token, that nothing is read twice and that nothing is compiled twice.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Callable
from typing import Any

from assistant.bench.phi4_plan import Plan, goals_for, plan_for
from assistant.bench.report import Report
from assistant.core.errors import HearsightError


def measure(args: argparse.Namespace) -> Report:
    """Runs every part; one that can't be measured here is named in the notes, and the others go on.

    Raises:
        HearsightError: no weights were named, or the folder holds no model.
    """
    if not args.random_weights and not args.model:
        raise HearsightError(
            "Which weights should be measured?", action="Add --random-weights, or --model FOLDER for a real model."
        )
    import torch

    from assistant.bench.phi4_device import facts

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    report = Report("phi4", rows=[{"part": "device", **facts(device)}])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if device.type == "cuda":
        _part(report, "memory", lambda: _memory(report))
    plan = plan_for(device.type, args.model, args.runs)
    _part(report, "model", lambda: _over_one_model(plan, device, args.model, report))
    _close(report, device)
    return report


def _over_one_model(plan: Plan, device: Any, folder: str, report: Report) -> None:
    from assistant.bench.phi4_device import bandwidth
    from assistant.bench.phi4_parts import Parts
    from assistant.bench.phi4_subject import Subject

    def say(text: str) -> None:
        if text not in report.notes:
            report.notes.append(text)

    reached = bandwidth(device) if device.type == "cuda" else None
    if reached:
        report.metrics["copy_gb_per_s"] = reached.copied / 1e9
    capacity = max(plan.contexts) + plan.tokens + 1
    subject = Subject(device, folder, thin=plan.thin, capacity=capacity, say=say)
    for name, run in Parts(plan, subject, reached, report):
        _part(report, name, run)


def _part(report: Report, name: str, run: Callable[[], None]) -> None:
    """Runs a part; what fails in it is a note. A message for people goes on to them."""
    started = time.perf_counter()
    try:
        run()
    except HearsightError as error:
        if name == "model":
            raise
        report.notes.append(f"{name}: not measured ({error})")
    except Exception as error:
        from assistant.bench.phi4_parts import short

        report.notes.append(f"{name}: not measured ({type(error).__name__}: {short(error)})")
    report.rows.append({"part": "time", "of": name, "seconds": round(time.perf_counter() - started, 1)})
    _tidy()


def _tidy() -> None:
    """What a part leaves in memory would be missing in the next."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _memory(report: Report) -> None:
    """The int4 form alone on the GPU with 8k tokens of context, in a process of its own."""
    from assistant.bench.phi4_memory import in_own_process

    report.metrics["int4_total_gb"] = in_own_process()


def _close(report: Report, device: Any) -> None:
    """What the whole run shows, and the goals for what was measured."""
    import torch
    from torch._dynamo.utils import counters

    if device.type == "cuda":
        report.metrics["peak_gb"] = torch.cuda.max_memory_allocated(device) / 1e9
    graphs = counters["stats"]["unique_graphs"]
    if graphs:
        report.metrics["recompiles"] = graphs - 1
    report.metrics = {key: float(value) for key, value in report.metrics.items()}
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    report.goals = goals_for(name, report.metrics)
