"""Selections that are ours: what they serve, to whom, and what is put back once our text was read."""

from __future__ import annotations

import struct
import time
from dataclasses import dataclass
from typing import Any

import xcffib
import xcffib.xfixes
import xcffib.xproto

from assistant.core import x11
from assistant.desktop.typing.handlers.x11_properties import (
    Content,
    intern,
    next_event,
    read_property,
    small_window,
    touch_property,
    write_property,
)
from assistant.desktop.typing.handlers.x11_reading import Saved
from assistant.desktop.typing.handlers.x11_transfer import Transfers, tell
from assistant.desktop.typing.offer import Offer

_CLOCK_SECONDS = 2.0
_NOW = 0
"""CurrentTime."""
_ALL_CHANGES = 7
"""XFixes: a new owner, the owner's window destroyed, the owner's connection closed."""


@dataclass(frozen=True)
class Holding:
    """One selection that is ours.

    Attributes:
        contents: what is served, by target.
        since: when it became ours, by the server's clock.
        offer: the text's offer; None once the user's own content is served.
        then: what is served once the offer was read.
    """

    contents: dict[int, Content]
    since: int
    offer: Offer | None = None
    then: Saved | None = None


class Selections:
    """See `Books`: a connection of its own, for one thread alone.

    Args:
        watched: selections whose changes by others are counted.

    Raises:
        xcffib.ConnectionException: from the constructor, when there is no server.
    """

    lost: tuple[type[Exception], ...] = (xcffib.XcffibException,)

    def __init__(self, watched: tuple[int, ...]) -> None:
        self._connection = connection = x11.connect()
        self._window = small_window(connection)
        self._incr, self._targets, self._multiple, self._timestamp, self._save_targets, self._null, self._clock = (
            intern(connection, "INCR", "TARGETS", "MULTIPLE", "TIMESTAMP", "SAVE_TARGETS", "NULL", "HEARSIGHT_CLOCK")
        )
        self._transfers = Transfers(connection, self._incr)
        self.held: dict[int, Holding] = {}
        self.changes = dict.fromkeys(watched, 0)
        self._postponed: list[Any] = []
        self._watch()

    def offer(self, then: dict[int, Saved], contents: dict[int, Content], offer: Offer) -> None:
        """Owns the selections and serves the text; `then` is what is served once it was read.

        Raises:
            TimeoutError: another program keeps a selection, or the server doesn't answer.
        """
        since = self._take(*then)
        for selection, saved in then.items():
            self.held[selection] = Holding(contents, since, offer, saved)
        offer.keys_follow(since)

    def serve(self, selection: int, saved: Saved) -> None:
        """Serves that from now on; gives the selection up when there is nothing to serve."""
        if saved.contents:
            self.held[selection] = Holding(saved.contents, self._take(selection))
        elif self.held.pop(selection, None) is not None:
            self._connection.core.SetSelectionOwner(0, selection, _NOW)

    def fileno(self) -> int:
        return int(self._connection.get_file_descriptor())

    def flush(self) -> None:
        self._connection.flush()

    def close(self) -> None:
        self._connection.disconnect()

    def catch_up(self) -> None:
        self._connection.core.GetInputFocus().reply()
        self.take_events()

    def take_events(self) -> int:
        postponed, self._postponed = self._postponed, []
        for event in postponed:
            self._deal_with(event)
        count = len(postponed)
        while (event := next_event(self._connection, 0.0)) is not None:
            self._deal_with(event)
            count += 1
        return count

    def restore(self) -> float | None:
        due = None
        for selection, holding in list(self.held.items()):
            if holding.offer is None or not holding.offer.is_read:
                continue
            left = holding.offer.read_at + holding.offer.quiet_seconds - time.monotonic()
            if left <= 0:
                self.serve(selection, holding.then or Saved())
            else:
                due = left if due is None else min(due, left)
        return due

    def _deal_with(self, event: Any) -> None:
        if isinstance(event, xcffib.xproto.SelectionRequestEvent):
            self._requested(event)
        elif isinstance(event, xcffib.xproto.SelectionClearEvent):
            self._cleared(event.selection)
        elif isinstance(event, xcffib.xfixes.SelectionNotifyEvent):
            if event.owner != self._window and event.selection in self.changes:
                self.changes[event.selection] += 1
        elif isinstance(event, xcffib.xproto.PropertyNotifyEvent):
            if event.state == int(xcffib.xproto.Property.Delete):
                self._transfers.took(event.window, event.atom)
        elif isinstance(event, xcffib.xproto.DestroyNotifyEvent):
            self._transfers.gone(event.window)

    def _requested(self, event: Any) -> None:
        name = event.property or event.target
        holding = self.held.get(event.selection)
        given = holding is not None and self._answer(holding, event, name)
        tell(self._connection, event, name if given else 0)

    def _answer(self, holding: Holding, event: Any, name: int) -> bool:
        if event.target == self._multiple:
            return self._answer_many(holding, event, name)
        return self._give(holding, event, event.target, name)

    def _answer_many(self, holding: Holding, event: Any, name: int) -> bool:
        """ICCCM 2.6.2: pairs of target and property; 0 takes the place of a property that can't be given."""
        asked = read_property(self._connection, event.requestor, name)
        if asked is None or asked.format != 32:
            return False
        pairs = list(struct.iter_unpack("=II", asked.data[: len(asked.data) // 8 * 8]))
        given = [(target, p if self._give(holding, event, target, p) else 0) for target, p in pairs]
        answer = b"".join(struct.pack("=II", *pair) for pair in given)
        write_property(self._connection, event.requestor, name, Content(asked.kind, 32, answer))
        return True

    def _give(self, holding: Holding, event: Any, target: int, name: int) -> bool:
        content = holding.contents.get(target)
        if content is None:
            content = self._about(holding, target)
            if content is not None:
                write_property(self._connection, event.requestor, name, content)
            return content is not None
        offer = holding.offer
        counts = offer is not None and offer.counts(event.requestor, event.time)
        self._transfers.start(event.requestor, name, content, lambda: offer.taken(counts) if offer else None)
        return True

    def _about(self, holding: Holding, target: int) -> Content | None:
        if target == self._targets:
            every = (self._targets, self._timestamp, self._multiple, self._save_targets, *holding.contents)
            return Content(int(xcffib.xproto.Atom.ATOM), 32, struct.pack(f"={len(every)}I", *every))
        if target == self._timestamp:
            return Content(int(xcffib.xproto.Atom.INTEGER), 32, struct.pack("=I", holding.since))
        if target == self._save_targets:
            return Content(self._null, 32, b"")
        return None

    def _cleared(self, selection: int) -> None:
        """Another program took it: what the user copies now is not to be overwritten."""
        if self._connection.core.GetSelectionOwner(selection).reply().owner == self._window:
            return
        holding = self.held.pop(selection, None)
        offer = holding.offer if holding else None
        if offer is not None and not any(other.offer is offer for other in self.held.values()):
            offer.lose()

    def _take(self, *selections: int) -> int:
        """Owns the selections; gives the server's time of that, in ms, all in one wait.

        The time comes with the event of a property that changes right before (ICCCM 2.1).

        Raises:
            TimeoutError: another program keeps one, or the server doesn't answer.
        """
        core = self._connection.core
        touch_property(self._connection, self._window, self._clock)
        for selection in selections:
            core.SetSelectionOwner(self._window, selection, _NOW)
        asked = [core.GetSelectionOwner(selection) for selection in selections]
        if any(cookie.reply().owner != self._window for cookie in asked):
            raise TimeoutError("another program keeps the selection")
        return self._touched()

    def _touched(self) -> int:
        """When the property was touched. Events that came before wait their turn."""
        last = time.monotonic() + _CLOCK_SECONDS
        while (event := next_event(self._connection, last)) is not None:
            if isinstance(event, xcffib.xproto.PropertyNotifyEvent) and event.window == self._window:
                return int(event.time)
            self._postponed.append(event)
        raise TimeoutError("the X server doesn't answer")

    def _watch(self) -> None:
        fixes = self._connection(xcffib.xfixes.key)
        fixes.QueryVersion(5, 0).reply()
        for selection in self.changes:
            fixes.SelectSelectionInput(self._window, selection, _ALL_CHANGES)
