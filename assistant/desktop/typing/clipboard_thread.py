"""The thread that owns clipboards: one connection to the display, used by this thread alone.

An answer fetched by another thread would swallow the wake-up of events that came with it.
"""

from __future__ import annotations

import contextlib
import logging
import queue
import select
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, Generic, Protocol, TypeVar

_log = logging.getLogger(__name__)

_CALL_SECONDS = 5.0


class Books(Protocol):
    """What is owned, and the connection that it is owned on."""

    @property
    def lost(self) -> tuple[type[Exception], ...]:
        """Raised when the connection is gone."""
        ...

    def fileno(self) -> int: ...

    def take_events(self) -> int:
        """Deals with what has come; says how many events that were."""
        ...

    def catch_up(self) -> None:
        """Deals with every event that the display had sent until now."""
        ...

    def restore(self) -> float | None:
        """Puts the user's content back where it is due; gives the seconds until it is, else None."""
        ...

    def flush(self) -> None: ...

    def close(self) -> None: ...


B = TypeVar("B", bound=Books)
_T = TypeVar("_T")


class ClipboardThread(threading.Thread, Generic[B]):
    """Runs from its making until `stop`, or until the display goes away."""

    def __init__(self, books: B) -> None:
        super().__init__(name="clipboard", daemon=True)
        self._books = books
        self._lost: tuple[type[Exception], ...] = (OSError, TimeoutError, *books.lost)
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._stopping = False
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self.start()

    def call(self, work: Callable[[B], _T]) -> _T:
        """Does the work on this thread, after all events that the display had sent until now.

        Raises:
            TimeoutError: the thread has ended, the display doesn't answer, or the work says so.
        """
        future: Future[_T] = Future()
        self._calls.put((lambda: work(self._books), future))
        self._wake()
        if not self.is_alive():
            raise TimeoutError("the clipboard's thread has ended")
        return future.result(_CALL_SECONDS)

    def stop(self) -> None:
        self._stopping = True
        self._wake()
        if threading.current_thread() is not self:
            self.join(_CALL_SECONDS)

    def run(self) -> None:
        try:
            while not self._stopping:
                self._step()
        except self._lost:
            if not self._stopping:
                _log.warning("the connection to the display was lost: the clipboard can't be used any more")
        finally:
            self._refuse_calls()
            self._books.close()
            self._wake_read.close()
            self._wake_write.close()

    def _step(self) -> None:
        self._books.take_events()
        self._do_calls()
        due = self._books.restore()
        self._books.flush()
        if self._books.take_events() == 0 and not self._stopping:
            select.select([self._books.fileno(), self._wake_read.fileno()], [], [], due)

    def _do_calls(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._wake_read.recv(64)
        while not self._calls.empty():
            work, future = self._calls.get()
            try:
                self._books.catch_up()
                future.set_result(work())
            except self._lost as error:
                future.set_exception(TimeoutError(str(error)))

    def _refuse_calls(self) -> None:
        while not self._calls.empty():
            self._calls.get()[1].set_exception(TimeoutError("the clipboard's thread has ended"))

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")
