"""Small work off the GUI thread: searches, files, thumbnails. Results come back on the GUI thread."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import shiboken6
from PySide6.QtCore import QObject, QRunnable, QThreadPool, Signal, Slot

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import HearsightError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")


@dataclass
class _Ticket:
    """One piece of work on its way through the pool."""

    work: Callable[[], Any]
    done: Callable[[Any], None]
    failed: Callable[[HearsightError], None] | None
    token: CancelToken = field(default_factory=CancelToken)
    result: Any = None
    error: HearsightError | None = None


class Background(QObject):
    """A pool whose results are handed over on this object's thread.

    The hand-over is a queued signal to a bound slot: a function that is connected to a worker's signal directly
    would run in the worker's thread.
    """

    _finished = Signal(object)

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = QThreadPool(self)
        self._pool.setMaxThreadCount(threads)
        # Threads hold a database connection each: they stay, rather than open it again and again.
        self._pool.setExpiryTimeout(-1)
        self._finished.connect(self._hand_over)

    def run(
        self,
        work: Callable[[], Result],
        done: Callable[[Result], None],
        failed: Callable[[HearsightError], None] | None = None,
    ) -> CancelToken:
        """Does `work` in the pool, then calls `done` with its result (or `failed`) on this object's thread.

        Nothing is called where the token was set by then, or where the receiver is a QObject that has gone.

        Returns:
            The token: set it when the result is no longer wanted.
        """
        ticket = _Ticket(work, done, failed)
        self._pool.start(_Runnable(ticket, self._finished.emit))
        return ticket.token

    def close(self) -> None:
        """Drops what hasn't begun and waits for what has."""
        self._pool.clear()
        self._pool.waitForDone()

    @Slot(object)
    def _hand_over(self, ticket: _Ticket) -> None:
        if ticket.token.is_set():
            return
        receiver, argument = (ticket.done, ticket.result) if ticket.error is None else (ticket.failed, ticket.error)
        if receiver is None:
            logger.warning("background work failed: %s", type(ticket.error).__name__)
        elif _alive(receiver):
            receiver(argument)


class _Runnable(QRunnable):
    def __init__(self, ticket: _Ticket, finished: Callable[[_Ticket], None]) -> None:
        super().__init__()
        self._ticket = ticket
        self._finished = finished

    def run(self) -> None:
        ticket = self._ticket
        if ticket.token.is_set():
            return
        try:
            ticket.result = ticket.work()
        except Cancelled:
            ticket.token.set()
        except HearsightError as error:
            ticket.error = error
        except Exception as error:
            logger.exception("background work failed")
            ticket.error = HearsightError(f"Something went wrong inside Hearsight ({type(error).__name__}).")
        self._finished(ticket)


def _alive(receiver: Callable[..., Any]) -> bool:
    """Whether a bound method's QObject still exists on the C++ side."""
    while isinstance(receiver, partial):
        receiver = receiver.func
    owner = getattr(receiver, "__self__", None)
    return not isinstance(owner, QObject) or shiboken6.isValid(owner)
