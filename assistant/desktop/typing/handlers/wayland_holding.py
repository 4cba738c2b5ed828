"""A clipboard on Wayland while it is ours, whichever protocol it became ours by."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from assistant.desktop.typing.clipboard_thread import Books
from assistant.desktop.typing.offer import Offer

Contents = dict[str, bytes]
"""By MIME type."""


@dataclass(frozen=True)
class Holding:
    """What is served.

    Attributes:
        contents: what others read.
        offer: the text's offer; None once the user's own content is served.
        then: what is served once the offer was read.
    """

    contents: Contents
    offer: Offer | None = None
    then: Contents = field(default_factory=dict)

    @property
    def users_own(self) -> Contents:
        return self.contents if self.offer is None else self.then

    @property
    def left(self) -> Contents:
        """What is to be served on at the end: a text that wasn't read stays where the user was told it is."""
        unread = self.offer is not None and not self.offer.is_read
        return self.contents if unread else self.users_own

    def taken(self) -> Callable[[], None]:
        """What to call once a reader that asks now has all of it."""
        offer = self.offer
        counts = offer is not None and offer.has_begun
        return lambda: offer.taken(counts) if offer is not None else None

    def lose(self) -> None:
        if self.offer is not None and not self.offer.is_read:
            self.offer.lose()

    def until_quiet(self) -> float | None:
        """Seconds until the user's own content is due, at most 0 when it is; None while it isn't known."""
        if self.offer is None or not self.offer.is_read:
            return None
        return self.offer.read_at + self.offer.quiet_seconds - time.monotonic()


class Clipboards(Books, Protocol):
    """Books of a clipboard on Wayland.

    Attributes:
        held: what is ours; None while the clipboard is somebody else's, or empty.
        changes: how often the clipboard has changed.
    """

    held: Holding | None
    changes: int

    @property
    def types(self) -> tuple[str, ...]:
        """The MIME types that the clipboard of others has."""
        ...

    def read(self, mime: str) -> int:
        """A descriptor from which one format of the clipboard of others can be read."""
        ...

    def own(self, holding: Holding) -> None:
        """Owns the clipboard; empties it where there is nothing to serve."""
        ...
