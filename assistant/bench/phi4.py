"""`bench phi4`: how fast Phi-4-multimodal answers, beside the model card's own `generate()` in the same process.

With a GPU: the published sizes with random weights (or a model folder), decoding in every form at several lengths of
context, first token after release, reading a prompt, memory. Without one: a thin model of as many layers on the
processor, which shows what the host costs a token, that nothing is read twice and that nothing is compiled twice.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.bench.report import Goal, Report
from assistant.core.errors import HearsightError

_GOALS = {
    "bf16_bandwidth_share": (">=", 0.80),
    "int8_bandwidth_share": (">=", 0.60),
    "int4_bandwidth_share": (">=", 0.45),
    "bf16_times_card_ratio": (">=", 6.0),
    "step_times_generate_ratio": (">=", 2.0),
    "warm_of_cold_ratio": ("<=", 0.2),
    "read_after_release_ratio": ("<=", 1.0),
    "recompiles": ("<=", 0),
    "int4_total_gb": ("<=", 6.5),
    "gui_late_p99_ms": ("<=", 50),
}
_H100_GOALS = {"bf16_tokens_per_s": (">=", 330.0), "warm_first_token_ms": ("<=", 40.0)}
_FASTEST = ("H100", "H200", "B200", "B300")


@dataclass(frozen=True)
class Plan:
    """What is run where.

    Attributes:
        context: the one that the metrics are taken at.
        steps: kinds of steps that are compared in bf16.
    """

    thin: bool
    contexts: tuple[int, ...]
    context: int
    tokens: int
    runs: int
    adapters: tuple[Any, ...]
    forms: tuple[Any, ...]
    steps: tuple[Any, ...]


_ON_GPU = Plan(
    thin=False,
    contexts=(512, 2048, 3900),
    context=2048,
    tokens=96,
    runs=3,
    adapters=(None, "vision", "speech"),
    forms=("int8", "int4"),
    steps=("plain", "compiled", "kernels"),
)
_ON_CPU = Plan(
    thin=True,
    contexts=(512, 2048),
    context=512,
    tokens=32,
    runs=5,
    adapters=("vision",),
    forms=(),
    steps=("plain",),
)


def measure(args: argparse.Namespace) -> Report:
    """Runs every part; one that can't be measured here is named in the notes, and the others go on."""
    import torch

    from assistant.bench.phi4_device import facts

    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    if not args.random_weights and not args.model:
        raise HearsightError(
            "Which weights should be measured?", action="Add --random-weights, or --model FOLDER for a real model."
        )
    report = Report("phi4", rows=[{"part": "device", **facts(device)}])
    torch.set_num_threads(1)
    torch.manual_seed(0)
    if device.type == "cuda":
        _memory(report)
    plan = _ON_GPU if device.type == "cuda" else _ON_CPU
    _Measures(plan, device, args, report).all()
    _close(report, device)
    return report


class _Measures:
    """The parts over one loaded model."""

    def __init__(self, plan: Plan, device: Any, args: argparse.Namespace, report: Report) -> None:
        from assistant.bench.phi4_models import attach

        self.plan, self.device, self.report = plan, device, report
        self.runs = args.runs or plan.runs
        self.whole = "bf16" if device.type == "cuda" else "float32"
        self.native = self._native(args.model)
        # Read before peft wraps the linear maps: the same tensors, whatever their modules become.
        self.weights = {adapter: self._merged(adapter) for adapter in plan.adapters}
        self.choose = attach(self.native)
        if self.choose is None:
            report.notes.append("peft isn't installed: generate() was measured without an adapter, which flatters it.")
        self.bandwidth = self._bandwidth()

    def all(self) -> None:
        parts: dict[str, Callable[[], None]] = {
            "decoding": self.decoding,
            "forms": self.forms,
            "steps": self.steps,
            "agreement": self.agreement,
            "first token": self.first_token,
            "prefill": self.prefill,
            "window": self.window,
        }
        for name, part in parts.items():
            started = time.perf_counter()
            try:
                part()
            except Exception as error:
                self.report.notes.append(f"{name}: not measured ({type(error).__name__}: {_short(error)})")
            self.report.rows.append({"part": "time", "of": name, "seconds": round(time.perf_counter() - started, 1)})

    def decoding(self) -> None:
        """Merged adapters, unquantised, beside generate() with the same adapter, in turn, at each context."""
        from assistant.bench.phi4_pace import Card, Ours, interleave

        for adapter in self.plan.adapters:
            decoder, loop = self._decoder(self.weights[adapter])
            if self.choose:
                self.choose(adapter)
            for context in self.plan.contexts:
                card = Card(self.native.model, decoder.sizes.vocab, context, self.plan.tokens // 2)
                ours = Ours(decoder, loop, context, self.plan.tokens)
                interleave([card, ours], self.runs)
                self._row("decode", self.whole, adapter, context, decoder, ours, card=card)

    def forms(self) -> None:
        """int8 and int4 with the vision adapter merged in."""
        from assistant.bench.phi4_forms import quantised
        from assistant.bench.phi4_pace import Ours, interleave

        for form in self.plan.forms:
            decoder, loop = self._decoder(quantised(self.weights["vision"], form))
            for context in self.plan.contexts:
                ours = Ours(decoder, loop, context, self.plan.tokens)
                interleave([ours], self.runs)
                self._row("decode", form, "vision", context, decoder, ours)

    def steps(self) -> None:
        """The same bf16 weights by each kind of step: what each is worth."""
        from assistant.bench.phi4_pace import Ours, interleave

        cases: dict[str, Any] = {}
        for step in self.plan.steps:
            decoder, loop = self._decoder(self.weights["vision"], step)
            case = Ours(decoder, loop, self.plan.context, self.plan.tokens)
            try:
                case.run(count=False)
            except Exception as error:
                self.report.notes.append(f"step {step}: can't run here ({type(error).__name__}: {_short(error)})")
                continue
            cases[step] = case
        interleave(list(cases.values()), self.runs)
        for step, ours in cases.items():
            self._row("step", self.whole, "vision", self.plan.context, ours.decoder, ours, step=step)

    def agreement(self) -> None:
        """Each form's fast step against the same weights by the reference arithmetic, teacher-forced."""
        from assistant.bench.phi4_forms import quantised
        from assistant.bench.phi4_pace import agreement
        from assistant.engine.phi4.decoder import Decoder

        for form in (self.whole, *self.plan.forms):
            weights = self.weights["vision"]
            if form in self.plan.forms:
                weights = quantised(weights, form)
            decoder, loop = self._decoder(weights)
            plain = Decoder(self.native.config, weights, attention="eager")
            equal, worst = agreement(loop, decoder, plain, self.plan.context, 64)
            self.report.metrics |= {f"{form}_agree_share": equal, f"{form}_largest_difference_ratio": worst}

    def first_token(self) -> None:
        from assistant.bench.phi4_first_token import Release

        decoder, loop = self._decoder(self.weights["vision"])
        release = Release(self.native, decoder, loop)
        release.run(count=False)
        for _ in range(max(3, self.runs)):
            release.run()
        cold, warm = release.cold.median_s, release.warm.median_s
        self.report.metrics |= {
            "cold_first_token_ms": 1000 * cold,
            "warm_first_token_ms": 1000 * warm,
            "warm_of_cold_ratio": warm / cold,
            "read_after_release_ratio": release.warm.computed / release.warm.asked,
        }

    def prefill(self) -> None:
        from assistant.bench.phi4_pace import prefill_rate

        decoder, _ = self._decoder(self.weights["vision"])
        self.report.metrics["prefill_tokens_per_s"] = prefill_rate(decoder, self.plan.context, self.runs)

    def window(self) -> None:
        """How late a window's events are while this process decodes; a thin model would say nothing about it."""
        if self.plan.thin:
            return
        from assistant.bench.phi4_window import lateness

        decoder, loop = self._decoder(self.weights["vision"])
        self.report.metrics |= lateness(decoder, loop)

    def _decoder(self, weights: Any, step: Any = None) -> tuple[Any, Any]:
        from assistant.engine.phi4.decode import DecodeLoop
        from assistant.engine.phi4.decoder import Decoder

        capacity = max(self.plan.contexts) + self.plan.tokens + 1
        decoder = Decoder(self.native.config, weights, capacity=capacity)
        kind: Any = step or ("compiled" if self.plan.thin else "auto")
        return decoder, DecodeLoop(decoder, step=kind, notice=self._say)

    def _row(
        self,
        part: str,
        form: str,
        adapter: Any,
        context: int,
        decoder: Any,
        ours: Any,
        *,
        card: Any = None,
        step: str = "",
    ) -> None:
        from assistant.bench.phi4_forms import bytes_per_token

        pace, read = ours.pace, bytes_per_token(decoder.weights, context + self.plan.tokens // 2)
        row: dict[str, Any] = {
            "part": part, "form": form, "adapter": adapter or "text", "context": context, "step": step,
            "tokens_per_s": pace.tokens_per_s, "p50_ms": pace.gap_ms(50), "p99_ms": pace.gap_ms(99),
            "weights_gb": decoder.weights.bytes_per_token() / 1e9,
        }  # fmt: skip
        if self.bandwidth:
            copied, nominal = self.bandwidth
            row["bandwidth_share"] = read * pace.tokens_per_s / copied
            row["nominal_share"] = read * pace.tokens_per_s / nominal if nominal else None
        if card:
            row |= {"card_tokens_per_s": card.pace.tokens_per_s, "times": pace.tokens_per_s / card.pace.tokens_per_s}
        self.report.rows.append(row)
        self.report.notes.append(_line(row))
        if part == "decode" and context == self.plan.context and adapter == "vision":
            self._metrics(form, row)

    def _metrics(self, form: str, row: dict[str, Any]) -> None:
        metrics = self.report.metrics
        if self.plan.thin:
            metrics |= {"step_ms": 1000 / row["tokens_per_s"], "generate_ms": 1000 / row["card_tokens_per_s"]}
            metrics["step_times_generate_ratio"] = row["times"]
            return
        metrics |= {f"{form}_tokens_per_s": row["tokens_per_s"], f"{form}_p99_ms": row["p99_ms"]}
        metrics[f"{form}_bandwidth_share"] = row["bandwidth_share"]
        if row.get("nominal_share"):
            metrics[f"{form}_nominal_share"] = row["nominal_share"]
        if "times" in row:
            metrics["bf16_times_card_ratio"] = row["times"]

    def _native(self, folder: str) -> Any:
        import torch

        from assistant.bench.phi4_models import random_native
        from assistant.engine.phi4.native import load_native

        dtype = torch.float32 if self.device.type == "cpu" else torch.bfloat16
        if folder:
            return load_native(Path(folder).expanduser(), self.device, dtype)
        return random_native(self.device, dtype, thin=self.plan.thin)

    def _merged(self, adapter: Any) -> Any:
        from assistant.engine.phi4.linears import Weights

        return Weights.of(self.native, adapter, "bf16 merged")

    def _bandwidth(self) -> tuple[float, float | None] | None:
        from assistant.bench.phi4_device import copy_bandwidth, nominal_bandwidth

        if self.device.type != "cuda":
            return None
        copied, nominal = copy_bandwidth(self.device), nominal_bandwidth(self.device)
        self.report.metrics["copy_gb_per_s"] = copied / 1e9
        return copied, nominal

    def _say(self, text: str) -> None:
        if text not in self.report.notes:
            self.report.notes.append(text)


def _memory(report: Report) -> None:
    """The int4 form alone on the GPU with 8k tokens of context, in a process of its own."""
    from assistant.bench.phi4_memory import in_own_process

    try:
        report.metrics["int4_total_gb"] = in_own_process()
    except HearsightError as error:
        report.notes.append(f"memory: not measured ({error})")


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
    goals = _GOALS | (_H100_GOALS if any(known in name for known in _FASTEST) else {})
    report.goals = [Goal(key, op, goal) for key, (op, goal) in goals.items() if key in report.metrics]  # type: ignore[arg-type]


def _line(row: dict[str, Any]) -> str:
    """A row for people."""
    told = f"{row['form']:>5} {row['adapter']:>6} {row['step']:>8} context {row['context']:>5}: "
    told += f"{row['tokens_per_s']:7.1f} tokens/s, p50 {row['p50_ms']:.2f} ms, p99 {row['p99_ms']:.2f} ms"
    if "bandwidth_share" in row:
        told += f", {row['bandwidth_share']:.0%} of the copy bandwidth"
    if "times" in row:
        told += f"; generate() {row['card_tokens_per_s']:.1f}, ours {row['times']:.1f} times as fast"
    return told


def _short(error: Exception) -> str:
    return str(error).strip().partition("\n")[0][:200]
