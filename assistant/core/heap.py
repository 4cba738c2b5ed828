"""Memory that is free but still ours, given back to the system.

Recordings and screens come and go on many threads. glibc keeps what they free in a heap for each thread, and the
process grows with every turn though nothing is kept (`hearsight bench cycles` shows it).
"""

from __future__ import annotations

import ctypes
import sys
from functools import cache
from typing import Any


def give_back() -> None:
    """Trims the heaps; some milliseconds, not for the GUI thread. Does nothing where the system has no such call."""
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Any:
    if not sys.platform.startswith("linux"):
        return None
    try:
        return ctypes.CDLL("libc.so.6").malloc_trim
    except (OSError, AttributeError):
        return None  # musl, which gives memory back by itself
