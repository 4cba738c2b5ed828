"""What `bench phi4` runs where, and the goals that its metrics have."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from assistant.bench.report import Goal

_GOALS: dict[str, tuple[Any, float]] = {
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
_H100_GOALS: dict[str, tuple[Any, float]] = {
    "bf16_tokens_per_s": (">=", 330.0),
    "warm_first_token_ms": ("<=", 40.0),
}
_FASTEST = ("H100", "H200", "B200", "B300")


@dataclass(frozen=True)
class Plan:
    """What is run.

    Attributes:
        thin: a narrow model where the weights are random; times are of the host then.
        context: the one that the metrics are taken at.
        tokens: of each answer of ours.
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


def plan_for(device_type: str, folder: str, runs: int | None) -> Plan:
    """Args:
    folder: a real model's. On a processor its quantised copies are measured too, and the thin model's goals, which
        are of what the host costs, don't hold.
    """
    plan = _ON_GPU if device_type == "cuda" else _ON_CPU
    if folder:
        plan = replace(plan, thin=False, forms=_ON_GPU.forms)
    return replace(plan, runs=runs or plan.runs)


def goals_for(device_name: str, metrics: Collection[str]) -> list[Goal]:
    """The goals of what was measured."""
    goals = _GOALS | (_H100_GOALS if any(known in device_name for known in _FASTEST) else {})
    return [Goal(key, op, goal) for key, (op, goal) in goals.items() if key in metrics]
