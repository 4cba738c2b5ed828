"""Waiting for the target to take a text that is on offer, and what is said when it doesn't."""

from __future__ import annotations

from collections.abc import Iterable

from assistant.core.cancel import CancelToken
from assistant.core.errors import NotRead
from assistant.desktop.typing.offer import Offer

_HUNG = "The program that held the clipboard doesn't answer, so what it held could not be kept."
_LOST = "Some of what the clipboard held could not be kept ({})."


def await_read(offer: Offer, seconds: float, cancel: CancelToken) -> None:
    """The keys are out: a cancel can't call them back, and the text comes in whenever the target gets to it.

    Raises:
        NotRead: it was not taken in time, or another program took the clipboard.
        Cancelled: the token was set before it was taken.
    """
    forget = cancel.on_set(offer.stop_waiting)
    try:
        offer.wait(seconds)
    finally:
        forget()
    if offer.is_read:
        return
    cancel.check()
    if offer.is_lost:
        raise NotRead(
            "Another program took the clipboard before the window had read the text.",
            action="Look whether the text has arrived; else copy it from the dictation history.",
        )
    raise NotRead(
        "The window has not taken the text.",
        kept="It is in the clipboard.",
        action="Paste it yourself once the window answers. What the clipboard held before comes back then.",
    )


def notices(hung: bool, lost: Iterable[str]) -> tuple[str, ...]:
    """What the user should know of the clipboard, in plain sentences."""
    names = sorted(set(lost))
    return (*((_HUNG,) if hung else ()), *((_LOST.format(", ".join(names)),) if names else ()))
