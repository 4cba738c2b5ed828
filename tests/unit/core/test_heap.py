"""Freed memory goes back to the system."""

from __future__ import annotations

import sys
import threading

import psutil
import pytest

from assistant.core.heap import give_back


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other systems' heaps trim themselves")
def test_what_other_threads_freed_is_given_back() -> None:
    def fill() -> None:
        # Blocks below glibc's threshold for mapping stay in the thread's own heap; the last one holds its end.
        blocks = [bytearray(100_000) for _ in range(400)]
        kept.append(blocks.pop())

    kept: list[bytearray] = []
    threads = [threading.Thread(target=fill) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    before = psutil.Process().memory_full_info().uss
    give_back()
    assert psutil.Process().memory_full_info().uss < before - 20_000_000
    assert len(kept) == 4
