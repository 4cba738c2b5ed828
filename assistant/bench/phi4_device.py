"""The device under a Phi-4 bench: its name, the bandwidth it is sold with, and the one a copy reaches here and now."""

from __future__ import annotations

import statistics
from dataclasses import dataclass
from typing import Any

import torch

NOMINAL_GB_S = {
    "H200": 4800, "H100 PCIe": 2000, "H100 NVL": 3900, "H100": 3350, "B200": 8000, "A100-SXM4-80GB": 2039,
    "A100 80GB PCIe": 1935, "A100": 1555, "L40": 864, "L4": 300, "5090": 1792, "4090": 1008, "4080": 717,
    "4060": 272, "3090": 936, "3060": 360, "T4": 320,
}  # fmt: skip
"""Memory bandwidth by what the device's name contains, the first that fits: NVIDIA's data sheets."""

_COPIED_BYTES = 2 * 2**30
_COPIES = 12


@dataclass(frozen=True)
class Bandwidth:
    """Bytes a second: `copied` by a large copy here and now, `nominal` by the data sheet where that is known."""

    copied: float
    nominal: float | None


def bandwidth(device: torch.device) -> Bandwidth:
    return Bandwidth(copy_bandwidth(device), nominal_bandwidth(device))


def facts(device: torch.device) -> dict[str, Any]:
    """Names and versions, for the report."""
    import transformers

    told: dict[str, Any] = {"torch": torch.__version__, "transformers": transformers.__version__, "device": str(device)}
    if device.type == "cuda":
        properties = torch.cuda.get_device_properties(device)
        told |= {
            "device": properties.name,
            "memory_gb": round(properties.total_memory / 1e9, 1),
            "cuda": torch.version.cuda,
            "capability": ".".join(map(str, torch.cuda.get_device_capability(device))),
        }
    return told


def nominal_bandwidth(device: torch.device) -> float | None:
    """Bytes a second from the data sheet; None for a device that the table lacks."""
    name = torch.cuda.get_device_name(device)
    return next((rate * 1e9 for known, rate in NOMINAL_GB_S.items() if known in name), None)


def copy_bandwidth(device: torch.device) -> float:
    """Bytes a second that a large copy on the device reads and writes together; the median of some."""
    source = torch.empty(_COPIED_BYTES // 2, dtype=torch.bfloat16, device=device).normal_()
    target = torch.empty_like(source)
    seconds: list[float] = []
    for _ in range(_COPIES):
        begun, ended = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        begun.record()
        target.copy_(source)
        ended.record()
        torch.cuda.synchronize(device)
        seconds.append(begun.elapsed_time(ended) / 1000)
    return 2 * _COPIED_BYTES / statistics.median(seconds[2:])
