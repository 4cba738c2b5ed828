"""How late a window's events are while Phi-4 decodes beside it, by the same window that `bench stream` measures."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from assistant.bench.phi4_pace import SIDE, fill
from assistant.bench.stream import window
from assistant.bench.xvfb import XServer
from assistant.core.cancel import Cancelled, CancelToken
from assistant.engine.phi4.decode import DecodeLoop, DecodeOptions
from assistant.engine.phi4.decoder import Decoder

_CONTEXT, _ANSWER = 512, 256


def lateness(decoder: Decoder, loop: DecodeLoop) -> dict[str, float]:
    """Milliseconds, with one answer decoded after the other in this process the whole time.

    Raises:
        HearsightError: there is no display server to start, or no Qt.
    """
    with XServer() as display, _decoding(decoder, loop):
        told = window(display, "stream")
    return {f"gui_{key}": told[key] for key in ("late_p99_ms", "slot_p99_ms")}


@contextmanager
def _decoding(decoder: Decoder, loop: DecodeLoop) -> Iterator[None]:
    stop, options = CancelToken(), DecodeOptions(_ANSWER, suppress=(), eos=())
    first = fill(decoder, _CONTEXT)

    def work() -> None:
        try:
            while True:
                decoder.cache.rewind(_CONTEXT)
                loop.run(first, SIDE, options, lambda _token: None, stop)
        except Cancelled:
            return

    worker = threading.Thread(target=work, name="decoding")
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join()
