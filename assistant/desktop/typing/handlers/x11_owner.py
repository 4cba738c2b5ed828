"""The thread that owns selections: one connection, used by this thread alone.

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
from typing import Any, TypeVar

import xcffib

from assistant.core import x11
from assistant.desktop.typing.handlers.x11_selections import Selections

_log = logging.getLogger(__name__)
_T = TypeVar("_T")

_CALL_SECONDS = 5.0


class SelectionOwner(threading.Thread):
    """Runs from its making until `stop`, or until the X server goes away.

    Args:
        watched: selections whose changes by others are counted.
    """

    def __init__(self, watched: tuple[int, ...] = ()) -> None:
        super().__init__(name="clipboard", daemon=True)
        self._connection = x11.connect()
        self._selections = Selections(self._connection, watched)
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], Future[Any]]] = queue.SimpleQueue()
        self._stopping = False
        self._wake_read, self._wake_write = socket.socketpair()
        self._wake_read.setblocking(False)
        self.start()

    def call(self, work: Callable[[Selections], _T]) -> _T:
        """Does the work on this thread, after all events that the server had sent until now.

        Raises:
            TimeoutError: the thread has ended, the server doesn't answer, or the work says so.
        """
        future: Future[_T] = Future()
        self._calls.put((lambda: work(self._selections), future))
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
        except (xcffib.XcffibException, OSError, TimeoutError):
            if not self._stopping:
                _log.warning("the connection to the X server was lost: the clipboard can't be used any more")
        finally:
            self._refuse_calls()
            self._connection.disconnect()
            self._wake_read.close()
            self._wake_write.close()

    def _step(self) -> None:
        self._selections.take_events()
        self._do_calls()
        due = self._selections.restore()
        self._connection.flush()
        if self._selections.take_events() == 0 and not self._stopping:
            select.select([self._connection.get_file_descriptor(), self._wake_read], [], [], due)

    def _do_calls(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while True:
                self._wake_read.recv(64)
        while not self._calls.empty():
            work, future = self._calls.get()
            try:
                self._selections.catch_up()
                future.set_result(work())
            except (xcffib.Error, TimeoutError) as error:
                future.set_exception(TimeoutError(str(error)))

    def _refuse_calls(self) -> None:
        while not self._calls.empty():
            self._calls.get()[1].set_exception(TimeoutError("the clipboard's thread has ended"))

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            self._wake_write.send(b"x")
