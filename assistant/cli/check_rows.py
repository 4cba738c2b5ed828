"""What one check of `hearsight doctor` finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    """What was found of one part.

    Attributes:
        found: it is here.
        works: it does its job.
        mend: what to do where it doesn't; empty where nothing needs to be done.
        essential: Hearsight can't do its main job without it.
    """

    part: str
    found: bool
    works: bool
    detail: str
    mend: str = ""
    essential: bool = False


@dataclass(frozen=True)
class Check:
    part: str
    look: Callable[[], Row]
    essential: bool = False
