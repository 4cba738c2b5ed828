"""The field that has the focus, as far as the system tells."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

LONGEST = 200
"""Characters before the cursor that are asked for: more than enough to see where the sentence began."""


@dataclass(frozen=True)
class Cursor:
    """One look at the field.

    Attributes:
        before: the last characters before the cursor or the selection, at most `LONGEST`; "" at the field's start, None
            where nothing tells. The user's content: never logged, never stored. Always None for a password field.
        is_password: whether the system says that the field takes a password.
    """

    before: str | None = field(default=None, repr=False)
    is_password: bool = False


UNKNOWN = Cursor()


class CursorHandler(Protocol):
    """One way to ask."""

    def is_compatible(self) -> bool:
        """Whether this system is of the handler's kind. Cheap, and never raises."""
        ...

    def read(self, pid: int, seconds: float) -> Cursor:
        """The focused field of a program; `UNKNOWN` where nothing tells in time. Never raises for what a program says.

        Args:
            pid: the program's process; 0 where unknown, which is answered only when one field in all has the focus.
            seconds: it takes no longer than this.
        """
        ...
