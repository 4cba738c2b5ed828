"""One measured case of `bench phi4` as a row, as a line for people, and as metrics."""

from __future__ import annotations

from typing import Any

from assistant.bench.phi4_device import Bandwidth
from assistant.bench.phi4_forms import bytes_per_token
from assistant.bench.phi4_pace import Card, Ours
from assistant.bench.phi4_plan import Plan


def row_of(
    part: str, form: str, ours: Ours, bandwidth: Bandwidth | None, card: Card | None, step: str
) -> dict[str, Any]:
    """The shares of the bandwidth count what a token must read: weights, head, adapter, and the context's keys and
    values half-way through the answer."""
    pace, weights = ours.pace, ours.decoder.weights
    row: dict[str, Any] = {
        "part": part, "form": form, "adapter": weights.adapter or "text", "context": ours.context, "step": step,
        "tokens_per_s": pace.tokens_per_s, "p50_ms": pace.gap_ms(50), "p99_ms": pace.gap_ms(99),
        "weights_gb": weights.bytes_per_token() / 1e9,
    }  # fmt: skip
    if bandwidth:
        rate = bytes_per_token(weights, ours.context + ours.tokens // 2) * pace.tokens_per_s
        row["bandwidth_share"] = rate / bandwidth.copied
        row["nominal_share"] = rate / bandwidth.nominal if bandwidth.nominal else None
    if card:
        row |= {"card_tokens_per_s": card.pace.tokens_per_s, "times": pace.tokens_per_s / card.pace.tokens_per_s}
    return row


def line_of(row: dict[str, Any]) -> str:
    told = f"{row['form']:>5} {row['adapter']:>6} {row['step']:>8} context {row['context']:>5}: "
    told += f"{row['tokens_per_s']:7.1f} tokens/s, p50 {row['p50_ms']:.2f} ms, p99 {row['p99_ms']:.2f} ms"
    if "bandwidth_share" in row:
        told += f", {row['bandwidth_share']:.0%} of the copy bandwidth"
    if "times" in row:
        told += f"; generate() {row['card_tokens_per_s']:.1f}, ours {row['times']:.1f} times as fast"
    return told


def metrics_of(row: dict[str, Any], plan: Plan) -> dict[str, float]:
    """Of a row at the plan's context with the vision adapter; others give none."""
    if (row["part"], row["context"], row["adapter"]) != ("decode", plan.context, "vision"):
        return {}
    form = row["form"]
    metrics = {f"{form}_tokens_per_s": row["tokens_per_s"], f"{form}_p50_ms": row["p50_ms"]}
    metrics |= {f"{form}_p99_ms": row["p99_ms"]}
    for key in ("bandwidth_share", "nominal_share"):
        if row.get(key):
            metrics[f"{form}_{key}"] = row[key]
    if "times" in row:
        card = {"step_ms": 1000 / row["tokens_per_s"], "generate_ms": 1000 / row["card_tokens_per_s"]}
        metrics |= {**card, "step_times_generate_ratio" if plan.thin else f"{form}_times_card_ratio": row["times"]}
    return metrics
