"""How many threads a model may use."""

from __future__ import annotations

import os

import psutil

_MOST = 8
"""More threads wait for memory rather than compute."""

_BUSY = 80.0
"""Per cent of a core's time from which another program has it for itself."""

_LOOK_SECONDS = 0.25


def choose(wished: int) -> int:
    """The wished number, or one for each physical core that this process may use and that isn't busy already.

    A busy core slows all threads of a model to its share, since each step waits for the last one: on two cores with one
    busy, llama.cpp gave 8 tokens/s with two threads and 15 with one.
    """
    if wished > 0:
        return wished
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    cores = min(_MOST, allowed, psutil.cpu_count(logical=False) or allowed)
    if cores == 1:
        return 1
    # Looked at now: a load average still counts the minutes before, our own last model's among them.
    busy = sum(1 for share in psutil.cpu_percent(interval=_LOOK_SECONDS, percpu=True) if share > _BUSY)
    return max(1, cores - busy)
