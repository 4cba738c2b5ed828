"""What is given up, step by step, when memory runs out in mid-work: never the question."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from assistant.core.prompt import Prompt
from assistant.engine.phi4.budget import Limits

_COARSE, _COARSEST = 4, 1
"""Tiles of a picture: 4 show a screen at a third of its width, 1 shows hardly more than its layout."""
_LAST_TURNS = 2


@dataclass(frozen=True)
class Attempt:
    """One way to try it. `words`: what was given up for it, for the user; empty where nothing was."""

    prompt: Prompt
    limits: Limits
    words: str = ""


def attempts(prompt: Prompt, limits: Limits, give_back: Callable[[], None]) -> Iterator[Attempt]:
    """As it is; then with all caches given back; then coarser pictures; then without the older turns.

    Args:
        give_back: returns everything that can be computed again.
    """
    yield Attempt(prompt, limits)
    give_back()
    yield Attempt(prompt, limits)
    seen = bool(prompt.pictures) or any(turn.pictures for turn in prompt.history)
    for tiles in (_COARSE, _COARSEST):
        if seen and tiles < limits.max_tiles:
            give_back()
            limits = replace(limits, max_tiles=tiles)
            yield Attempt(prompt, limits, "Memory is short, so pictures are looked at more coarsely.")
    if len(prompt.history) > _LAST_TURNS:
        give_back()
        shorter = replace(prompt, history=prompt.history[-_LAST_TURNS:])
        yield Attempt(shorter, limits, "Memory is short, so the older messages of this conversation were left out.")
