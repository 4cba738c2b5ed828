"""Recognised speech as cues that a viewer can read: cut at clauses, long enough to be read, never overlapping.

The numbers are those of Netflix's "Timed Text Style Guide: General Requirements" (at least 5/6 s and at most 7 s a
cue, two frames between cues) and of its English guide for grown-ups (20 characters a second). Every word stays: where
somebody speaks faster than that, a cue takes what pause follows it, and no word is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.core.events import Segment
from assistant.flows.cue_lines import ANYWHERE, SENTENCE, Unit, cost_of_break, fits, joined, lines, units

SHORTEST_SECONDS = 5 / 6
LONGEST_SECONDS = 7.0
CHARACTERS_A_SECOND = 20.0
GAP_SECONDS = 2 / 24
"""Two frames at 24 a second."""

_JOIN_SECONDS = 0.5
"""A shorter pause between segments is one in mid-speech: they are cut anew as one. Recognisers cut where their window
ends, not where a sentence does."""
_NO_TIME = 0.1
"""Seconds that a segment without length gets."""
_SHORT_COST = 6.0
"""Of a cue without any time: more than a break in mid-clause."""


@dataclass(frozen=True)
class Cue:
    """What is on the screen from `start` to `end` (seconds), in one or two lines."""

    start: float
    end: float
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)


@dataclass(frozen=True)
class _Timed:
    unit: Unit
    start: float
    end: float


def cues(segments: Iterable[Segment]) -> Iterator[Cue]:
    """The cues of segments in order of time."""
    waiting: Cue | None = None
    for run in _runs(segments):
        for part in _cut(run):
            cue = _cue(part)
            if waiting is not None:
                yield _long_enough(waiting, cue.start)
            waiting = cue
    if waiting is not None:
        yield _long_enough(waiting, float("inf"))


def _runs(segments: Iterable[Segment]) -> Iterator[list[_Timed]]:
    """Speech without a pause, unit by unit; time goes by the characters."""
    run: list[_Timed] = []
    reached = 0.0
    for segment in segments:
        start = max(segment.start, reached)
        if run and start - reached >= _JOIN_SECONDS:
            yield run
            run = []
        timed = _timed(segment.text, start, max(segment.end, start + _NO_TIME), first=not run)
        if timed:
            run += timed
            reached = timed[-1].end
    if run:
        yield run


def _timed(text: str, start: float, end: float, *, first: bool) -> list[_Timed]:
    found = units(text)
    total = sum(len(unit.text) for unit in found)
    timed, done = [], 0
    for index, unit in enumerate(found):
        begin, done = start + (end - start) * done / total, done + len(unit.text)
        space = unit.space or (index == 0 and not first)
        timed.append(_Timed(Unit(unit.text, space, unit.width), begin, start + (end - start) * done / total))
    return timed


def _cut(run: Sequence[_Timed]) -> Iterator[Sequence[_Timed]]:
    """The parts whose breaks disturb least, by dynamic programming over all ways to cut."""
    best: list[tuple[float, int]] = [(0.0, 0)]
    for end in range(1, len(run) + 1):
        ways = [(best[start][0] + cost, start) for start, cost in _ends_at(run, end)]
        best.append(min(ways))
    cuts = [len(run)]
    while cuts[-1]:
        cuts.append(best[cuts[-1]][1])
    cuts.reverse()
    for start, end in pairwise(cuts):
        yield run[start:end]


def _ends_at(run: Sequence[_Timed], end: int) -> Iterator[tuple[int, float]]:
    """Where a cue that ends before unit `end` may start, and what it costs: one unit always fits."""
    after = cost_of_break(run[end - 1].unit, run[end].unit) if end < len(run) else SENTENCE
    for start in range(end - 1, -1, -1):
        seconds = run[end - 1].end - run[start].start
        if start < end - 1 and (seconds > LONGEST_SECONDS or not fits(_units(run[start:end]))):
            return
        short = max(0.0, 1 - seconds / SHORTEST_SECONDS)
        # Each cue costs a little: fewer and fuller ones where the joints are equal.
        yield start, 1.0 + after + (_SHORT_COST * short) + _inner(run[start:end])


def _inner(part: Sequence[_Timed]) -> float:
    """A cue that runs on over the end of a sentence into a new one is worse than two."""
    ends = sum(cost_of_break(a.unit, b.unit) == SENTENCE for a, b in pairwise(part))
    return ends * ANYWHERE / 4


def _cue(part: Sequence[_Timed]) -> Cue:
    found = _units(part)
    set_lines = lines(found) or [found]
    return Cue(part[0].start, part[-1].end, tuple(joined(line) for line in set_lines))


def _long_enough(cue: Cue, following: float) -> Cue:
    """Keeps a cue up while it is read, as far as the next one lets it; no longer than a viewer looks at it."""
    wanted = max(SHORTEST_SECONDS, sum(map(len, cue.lines)) / CHARACTERS_A_SECOND)
    end = min(max(cue.end, cue.start + wanted), cue.start + LONGEST_SECONDS)
    free = following - GAP_SECONDS
    return Cue(cue.start, min(end, free) if free > cue.start else min(cue.end, following), cue.lines)


def _units(part: Sequence[_Timed]) -> list[Unit]:
    return [timed.unit for timed in part]
