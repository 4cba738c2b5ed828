"""The microphones that a PulseAudio or PipeWire server offers: through ALSA they all look like one device."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from dataclasses import dataclass

_SECONDS = 2.0


@dataclass(frozen=True)
class Source:
    """`name` is the server's, `label` is for people and unique."""

    name: str
    label: str


def sources() -> list[Source]:
    """The server's sources but for the monitors of its outputs; empty where there is no server or no `pactl`."""
    try:
        done = subprocess.run(
            ["pactl", "--format=json", "list", "sources"], capture_output=True, text=True, timeout=_SECONDS, check=True
        )
        found = json.loads(done.stdout)
        named = [(str(s["name"]), str(s.get("description") or s["name"])) for s in found if not _is_monitor(s)]
    except (OSError, subprocess.SubprocessError, ValueError, LookupError, TypeError, AttributeError):
        return []
    labels = Counter(label for _, label in named)
    return [Source(name, label if labels[label] == 1 else f"{label} ({name})") for name, label in named]


def _is_monitor(source: dict[str, object]) -> bool:
    return bool(source.get("monitor_source")) or str(source.get("name", "")).endswith(".monitor")
