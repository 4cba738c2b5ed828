"""`hearsight bench history`: opening, searching and appending with 100,000 messages on disk."""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from assistant.bench.history_texts import Texts
from assistant.bench.report import Goal, Report
from assistant.history.database import Database
from assistant.history.models import Conversation
from assistant.history.schema import migrate
from assistant.history.store import History

T = TypeVar("T")

_MESSAGES = 100_000
_PER_CONVERSATION = 8
_OPENINGS = 40
_ROUNDS = 25
"""Of searches; each round asks one query of every kind."""
_APPENDS = 1000
_UNUSUAL = ("symbols",)
"""Kinds that have no index (punctuation reads message after message): printed, but no part of the daily mix."""
_GOALS = [Goal("open_ms", "<=", 100.0), Goal("search_ms", "<=", 50.0), Goal("append_ms", "<=", 2.0)]


def measure(args: argparse.Namespace) -> Report:
    """Fills a history in a temporary folder and measures it there; every number is a p95 in milliseconds."""
    with tempfile.TemporaryDirectory(prefix="hearsight-bench-") as name:
        folder = Path(name)
        texts = Texts(seed=1)
        began = time.perf_counter()
        fill(folder / "history.db", texts)
        filled = time.perf_counter() - began
        return _measured(folder, texts, filled, args.runs or 1)


def fill(path: Path, texts: Texts, messages: int = _MESSAGES) -> None:
    """Writes conversations straight into the tables; their triggers make the search rows as in daily use."""
    database = Database(path)
    database.set_up()
    connection = database.connection()
    migrate(connection)
    connection.execute("BEGIN")
    for number in range(1, messages // _PER_CONVERSATION + 1):
        when = 1.7e9 + 60.0 * number
        rows = [
            (number, role, text, "sent" if role == "user" else "done", when)
            for _ in range(_PER_CONVERSATION // 2)
            for role, text in (("user", texts.question()), ("assistant", texts.answer()))
        ]
        connection.execute(
            "INSERT INTO conversations(id, title, created, updated) VALUES(?, ?, ?, ?)",
            (number, rows[0][2][:60], when, when),
        )
        connection.executemany(
            "INSERT INTO messages(conversation_id, role, text, state, created) VALUES(?, ?, ?, ?, ?)", rows
        )
    connection.execute("COMMIT")
    database.close()


def _measured(folder: Path, texts: Texts, filled: float, runs: int) -> Report:
    size = sum(file.stat().st_size for file in folder.iterdir()) / 1e6
    openings = [_opening(folder) for _ in range(_OPENINGS * runs)]
    history = History(folder / "history.db", folder / "media")
    history.open()
    searches = [(kind, query) for _ in range(_ROUNDS * runs) for kind, query in texts.queries()]
    found = [(kind, *_timed(partial(history.search, query))) for kind, query in searches]
    appends = list(_appends(history, texts, _APPENDS * runs))
    history.close()
    metrics = {
        "open_ms": _p95(openings),
        "search_ms": _p95([spent for kind, _, spent in found if kind not in _UNUSUAL]),
        "append_ms": _p95(appends),
    }
    kinds = dict.fromkeys(kind for kind, _ in searches)
    for kind in kinds:
        metrics[f"search_{kind}_ms"] = _p95([spent for name, _, spent in found if name == kind])
    rows = [
        {"kind": kind, "hits": statistics.median(len(hits) for name, hits, _ in found if name == kind)}
        for kind in kinds
    ]
    notes = [
        f"{_MESSAGES:,} messages, {size:.0f} MB, written in {filled:.0f} s; every number is a p95 of "
        f"{len(openings)} openings, {len(searches)} searches, {len(appends)} appends."
    ]
    return Report("history", metrics, _GOALS, rows, notes)


def _opening(folder: Path) -> float:
    """What a start does: connect, and the first 50 titles. Closing is no part of it."""
    history = History(folder / "history.db", folder / "media")

    def start() -> list[Conversation]:
        history.open()
        return history.conversations(50)

    titles, spent = _timed(start)
    history.close()
    if len(titles) != 50:
        raise RuntimeError("the bench's history is not what it wrote")
    return spent


def _appends(history: History, texts: Texts, count: int) -> Iterator[float]:
    """Answers of 20,000 characters grow by 20 at a time, as they do while they stream."""
    conversation = history.new_conversation()
    message = 0
    for number in range(count):
        if number % 1000 == 0:
            message = history.add_message(conversation, "assistant", state="streaming")
        yield _timed(partial(history.append, message, (texts.question() + " " * 20)[:20]))[1]


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    """What `work` returns, and the milliseconds that it took."""
    began = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - began) * 1000


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]
