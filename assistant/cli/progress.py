"""A download as one line on a terminal, or as a few plain lines where the output goes to a file."""

from __future__ import annotations

import time
from collections import deque
from types import TracebackType
from typing import TextIO

from assistant.models.disk import megabytes
from assistant.models.progress import Progress

_WORDS = {
    "waiting": "waiting for another download of it",
    "joining": "joining",
    "checking": "checking the hash",
    "converting": "converting",
    "asking": "asking the model",
}
_WINDOW = 5.0
"""Seconds over which the speed is taken."""


class ProgressLine:
    """Shows `Progress` with speed and time left, at most five times a second (in a file: every five seconds)."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._live = out.isatty()
        self._every = 0.2 if self._live else 5.0
        self._shown_at = 0.0
        self._stage = ""
        self._last = ""
        self._samples: deque[tuple[float, int]] = deque()

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live and self._last:
            self._out.write("\n")
            self._out.flush()

    def show(self, progress: Progress) -> None:
        """Takes one report; safe to call for every chunk."""
        now = time.monotonic()
        if progress.stage != self._stage:
            self._samples.clear()
        self._samples.append((now, progress.done))
        while now - self._samples[0][0] > _WINDOW:
            self._samples.popleft()
        ended = progress.total > 0 and progress.done >= progress.total
        if progress.stage == self._stage and now - self._shown_at < self._every and not ended:
            return
        self._stage, self._shown_at = progress.stage, now
        self._write(self.text(progress))

    def text(self, progress: Progress) -> str:
        """The line for a report: `whisper-base: 45 %, 60 of 133 MB, 12 MB/s, 6 s left`."""
        parts = [f"{progress.name}: {_WORDS.get(progress.stage, 'fetching')}"]
        if progress.total:
            parts.append(f"{100 * progress.done // progress.total} %")
        if progress.stage in ("fetching", "converting"):
            parts.append(f"{megabytes(progress.done)} of {megabytes(progress.total)}")
            speed = self._speed()
            if speed > 0 and progress.done < progress.total:
                parts += [f"{megabytes(int(speed))}/s", f"{duration((progress.total - progress.done) / speed)} left"]
        return ", ".join(parts)

    def _speed(self) -> float:
        """Bytes a second over the last few seconds; 0 where too little is known."""
        (start, before), (end, after) = self._samples[0], self._samples[-1]
        return (after - before) / (end - start) if end - start > 0.2 else 0.0

    def _write(self, text: str) -> None:
        if text == self._last:
            return
        self._out.write("\r" + text.ljust(len(self._last)) if self._live else text + "\n")
        self._out.flush()
        self._last = text


def duration(seconds: float) -> str:
    """A time left, for people."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    if seconds < 5400:
        return f"{round(seconds / 60)} min"
    return f"{seconds / 3600:.1f} h"
