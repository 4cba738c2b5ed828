"""The cancel token: each callback runs once, whoever is faster."""

from __future__ import annotations

import threading
import time
from collections import Counter

import pytest

from assistant.core.cancel import Cancelled, CancelToken


def test_a_new_token_lets_work_go_on() -> None:
    token = CancelToken()
    token.check()
    assert (token.is_set(), token.wait(0.0)) == (False, False)


def test_a_set_token_unwinds_the_work() -> None:
    token = CancelToken()
    token.set()
    assert (token.is_set(), token.wait(0.0)) == (True, True)
    with pytest.raises(Cancelled):
        token.check()


def test_cancelled_is_no_error_that_a_handler_of_errors_takes() -> None:
    assert not issubclass(Cancelled, Exception)


def test_callbacks_run_once_in_the_setters_thread() -> None:
    token, seen = CancelToken(), []
    token.on_set(lambda: seen.append(threading.current_thread().name))
    thread = threading.Thread(target=token.set, name="setter")
    thread.start()
    thread.join()
    token.set()
    assert seen == ["setter"]


def test_a_late_callback_runs_at_once() -> None:
    token, seen = CancelToken(), []
    token.set()
    take_back = token.on_set(lambda: seen.append(1))
    take_back()
    assert seen == [1]


def test_a_callback_that_was_taken_back_does_not_run() -> None:
    token, seen = CancelToken(), []
    take_back = token.on_set(lambda: seen.append("back"))
    token.on_set(lambda: seen.append("stays"))
    take_back()
    take_back()
    token.set()
    assert seen == ["stays"]


def test_a_callback_may_use_the_token_itself() -> None:
    token, seen = CancelToken(), []

    def again() -> None:
        token.set()
        token.on_set(lambda: seen.append(token.is_set()))

    token.on_set(again)
    token.set()
    assert seen == [True]


def test_waiting_ends_when_another_thread_sets() -> None:
    token = CancelToken()
    threading.Timer(0.05, token.set).start()
    began = time.monotonic()
    assert token.wait(30.0)
    assert time.monotonic() - began < 20.0


def test_setters_and_callers_racing_run_every_callback_exactly_once() -> None:
    for _ in range(30):
        token, calls, start = CancelToken(), Counter[int](), threading.Barrier(8)
        lock = threading.Lock()

        def count(which: int, calls: Counter[int] = calls, lock: threading.Lock = lock) -> None:
            with lock:
                calls[which] += 1

        def register(base: int, token: CancelToken = token, start: threading.Barrier = start) -> None:
            start.wait()
            for number in range(base, base + 20):
                token.on_set(lambda n=number: count(n))

        def setter(token: CancelToken = token, start: threading.Barrier = start) -> None:
            start.wait()
            token.set()

        threads = [threading.Thread(target=register, args=(base * 20,)) for base in range(5)]
        threads += [threading.Thread(target=setter) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert calls == Counter(range(100))
