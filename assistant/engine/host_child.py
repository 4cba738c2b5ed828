"""The engine's process: runs one engine for the window's process, until that one says so or is gone.

The main thread works; a second one reads the pipe, so that a stop reaches a call under way; a third sends what is
emitted at most fifty times a second.
"""

from __future__ import annotations

import logging
import os
import queue
import signal
import sys
import threading
import time
from collections.abc import Callable
from typing import cast

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import EngineCrashed, HearsightError
from assistant.core.events import Delta, Progress
from assistant.core.media import Picture
from assistant.engine.base import Engine
from assistant.engine.host_media import Receiver
from assistant.engine.host_messages import Call, Cancel, Events, Loading, Raised, Reply, Returned, WasCancelled
from assistant.engine.shared_arrays import Channel

_INTERVAL = 1 / 50

log = logging.getLogger(__name__)

Job = tuple[Call, tuple[object, ...], CancelToken]


def main(build: Callable[[], Engine], control: Channel, arrays: Channel, log_level: int) -> None:
    """Serves calls until the other side closes the pipe."""
    _stand_alone(log_level)
    jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
    threading.Thread(target=_read, args=(control, Receiver(arrays), jobs), daemon=True).start()
    outbox = Outbox(control)
    engine = build()
    while (job := jobs.get()) is not None:
        outbox.send(_answer(engine, job, outbox))
    engine.unload()
    _leave()


def _leave() -> None:
    """Ends the process without the interpreter's own tear-down: everything is given back, and libraries that are
    taken apart at exit take their time and complain on the user's terminal (Triton's bindings, of "leaks")."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


class Outbox:
    """Sends what a call emits: at once when nothing was sent lately, else together with what follows."""

    def __init__(self, control: Channel) -> None:
        self._control = control
        self._lock = threading.Lock()
        self._waiting: list[Progress] = []
        self._sent = 0.0
        self._some = threading.Event()
        threading.Thread(target=self._flush_late, daemon=True).start()

    def emit(self, event: Progress) -> None:
        with self._lock:
            self._append(event)
            if time.monotonic() - self._sent >= _INTERVAL:
                self._flush()
            else:
                self._some.set()

    def send(self, reply: Reply) -> None:
        with self._lock:
            self._flush()
            self._control.send(reply)

    def _append(self, event: Progress) -> None:
        last = self._waiting[-1] if self._waiting else None
        if isinstance(event, Delta) and isinstance(last, Delta):
            self._waiting[-1] = Delta(last.text + event.text)
        else:
            self._waiting.append(event)

    def _flush(self) -> None:
        if self._waiting:
            self._control.send(Events(tuple(self._waiting)))
            self._waiting.clear()
            self._sent = time.monotonic()

    def _flush_late(self) -> None:
        while self._some.wait():
            self._some.clear()
            time.sleep(_INTERVAL)
            with self._lock:
                self._flush()


def _stand_alone(log_level: int) -> None:
    """Lets go of the terminal: Ctrl+C is for the window's process to handle, its input is not ours to read, and what
    a library prints must not mix with what the command line prints."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    if log_level <= logging.DEBUG:
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s (engine): %(message)s")
        # Our own words only: what a library writes at this level may hold the user's.
        logging.getLogger("assistant").setLevel(log_level)


def _read(control: Channel, receiver: Receiver, jobs: queue.SimpleQueue[Job | None]) -> None:
    """Takes messages as they come. When the other side is gone, nothing that is still running is of use to anyone."""
    tokens: dict[int, CancelToken] = {}
    try:
        while (message := control.recv()) is not None:
            if isinstance(message, Cancel):
                tokens.get(message.number, CancelToken()).set()
            else:
                tokens = {message.number: CancelToken()}
                jobs.put((message, _arguments(message, receiver), tokens[message.number]))
    except (EOFError, OSError):
        os._exit(0)
    jobs.put(None)


def _arguments(call: Call, receiver: Receiver) -> tuple[object, ...]:
    receiver.drop(call.drop)
    if call.method == "transcribe":
        clip, options = call.arguments
        return receiver.clip(clip), options
    if call.method == "read_screen":
        return (receiver.picture(call.arguments[0]),)
    if call.method in ("warm", "generate"):
        packed, *rest = call.arguments
        return (receiver.unpack(packed), *rest)
    return ()


def _answer(engine: Engine, job: Job, outbox: Outbox) -> Reply:
    call, arguments, cancel = job
    try:
        if call.method == "load":
            engine.load(lambda what, share: outbox.send(Loading(what, share)), cancel)
            return Returned(engine.capabilities)
        if call.method == "read_screen":
            return Returned(engine.read_screen(*cast(tuple[Picture], arguments), cancel))
        return Returned(getattr(engine, call.method)(*arguments, outbox.emit, cancel))
    except Cancelled:
        return WasCancelled()
    except HearsightError as error:
        log.debug("%s failed", call.method, exc_info=True)
        return Raised(error)
    except Exception as error:
        log.debug("%s failed", call.method, exc_info=True)
        return Raised(
            EngineCrashed(
                f"The engine failed inside ({type(error).__name__}).",
                kept="Your question is kept.",
                action="Try again; with --debug the program says where it failed.",
            )
        )
