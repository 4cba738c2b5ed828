"""How far a download has come, in bytes, for a bar or a line of text."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["waiting", "fetching", "joining", "checking", "converting", "asking"]


@dataclass(frozen=True)
class Progress:
    """One moment of one model's download.

    Attributes:
        name: the artefact.
        stage: `waiting` for another process that fetches the same, `fetching`, `joining` parts, `checking` the hash,
            `converting` to another layout, `asking` the model what it is known to answer.
        done: bytes of this stage, including what an earlier try had left.
        total: bytes of this stage; 0 where it has none.
    """

    name: str
    stage: Stage
    done: int = 0
    total: int = 0


Report = Callable[[Progress], None]


def ignore(_: Progress) -> None:
    """For callers that show no progress."""


class Meter:
    """Adds up the bytes of pieces that arrive side by side, and may start again."""

    def __init__(self, name: str, stage: Stage, total: int, report: Report) -> None:
        self._name, self._stage, self._total, self._report = name, stage, total, report
        self._pieces: dict[str, int] = {}
        self._lock = threading.Lock()

    def set(self, piece: str, done: int) -> None:
        """Says that `piece` has `done` bytes now."""
        with self._lock:
            self._pieces[piece] = done
            total = sum(self._pieces.values())
        self._report(Progress(self._name, self._stage, total, self._total))
