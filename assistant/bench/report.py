"""What a bench returns: numbers, goals and the machine, as a table for people or one JSON line for programs."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Goal:
    """A limit on one metric. A missed goal is a result, not a failure: the exit code stays 0."""

    key: str
    op: Literal["<=", ">="]
    goal: float

    def met(self, value: float) -> bool:
        return value <= self.goal if self.op == "<=" else value >= self.goal


@dataclass
class Report:
    """One run of a bench.

    Attributes:
        metrics: by key; units stand in the key's end (`_s`, `_ms`, `_mb`, `_ratio`, `_share`).
        rows: more detail for people and for `--json` readers (kinds of questions, single runs); any JSON.
    """

    bench: str
    metrics: dict[str, float] = field(default_factory=dict)
    goals: list[Goal] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def as_json(self) -> str:
        """One line: `{"bench", "metrics", "goals": [{"key","op","goal","value","met"}], "machine", …}`."""
        goals = [
            {
                "key": g.key,
                "op": g.op,
                "goal": g.goal,
                "value": self.metrics[g.key],
                "met": g.met(self.metrics[g.key]),
            }
            for g in self.goals
        ]
        return json.dumps(
            {
                "bench": self.bench,
                "metrics": self.metrics,
                "goals": goals,
                "machine": machine(),
                "rows": self.rows,
                "notes": self.notes,
            }
        )

    def as_table(self) -> str:
        goals = {g.key: g for g in self.goals}
        width = max((len(key) for key in self.metrics), default=0)
        lines = [f"bench {self.bench}"]
        for key, value in self.metrics.items():
            goal = goals.get(key)
            verdict = f"   goal {goal.op} {goal.goal:g}: {'met' if goal.met(value) else 'MISSED'}" if goal else ""
            lines.append(f"  {key:<{width}}  {value:>12.4g}{verdict}")
        lines += [f"  {note}" for note in self.notes]
        return "\n".join(lines)


def machine() -> dict[str, Any]:
    """What the numbers were taken on."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:  # noqa: PTH123 - a device file, not a document
            return next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "")
    except OSError:
        return platform.processor()
