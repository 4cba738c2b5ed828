"""Key-down to the first audio buffer: our recorder against a bare sounddevice stream, on a real sound server."""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from assistant.audio import devices, portaudio
from assistant.audio.recorder import Recorder
from assistant.audio.warm import WarmMicrophone
from assistant.bench.pulse import SoundServer
from assistant.core.errors import HearsightError

GOALS = {"mic_ratio": 1.2, "mic_warm_ms": 60.0}
"""By key, each an upper limit."""
_TIMEOUT = 5.0
_ROUNDS_A_RUN = 5
"""The first buffer comes with the server's clock, up to 10 ms sooner or later by chance: many rounds even that out."""
_PAUSE = (0.02, 0.06)
"""Seconds, by chance, so that no measure keeps step with that clock."""


def measure(runs: int = 15) -> dict[str, float]:
    """Milliseconds, each the mean of the middle half of five interleaved rounds a run.

    Waiting for the server's clock spreads the times evenly over 10 ms. The median of such times is uncertain (its
    ratio by 0.15 in 45 rounds), their mean is not but for the outliers of a busy machine, which the middle half drops.

    Returns:
        `mic_first_buffer_ms` (Recorder.start to its first buffer), `mic_bare_ms` (a sounddevice stream of the same
        format, opened and started), `mic_ratio` of the two, `mic_warm_ms` (over an open warm stream).

    Raises:
        NoMicrophone: no sound server can be started here.
    """
    with SoundServer() as server, _environment(server.env), tempfile.TemporaryDirectory() as folder:
        devices.forget()
        portaudio.refresh()
        devices.prepare()
        cold, bare = _rounds(_ROUNDS_A_RUN * runs, lambda: _recorder(Path(folder), None), _bare)
        warm = _warm(runs, Path(folder))
    devices.forget()
    portaudio.mark_stale()
    first, reference = _middle(cold), _middle(bare)
    return {
        "mic_first_buffer_ms": first,
        "mic_bare_ms": reference,
        "mic_ratio": first / reference,
        "mic_warm_ms": _middle(warm),
    }


def _rounds(runs: int, ours: Callable[[], float], bare: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Both measures in turn and in changing order, so that what else happens hits both; the first round warms up."""
    results: tuple[list[float], list[float]] = ([], [])
    chance = random.Random(0)
    for number in range(runs + 1):
        pairs = [(results[0], ours), (results[1], bare)]
        for result, work in pairs if number % 2 else reversed(pairs):
            result.append(work())
            time.sleep(chance.uniform(*_PAUSE))
    return results[0][1:], results[1][1:]


def _warm(runs: int, folder: Path) -> list[float]:
    warm = WarmMicrophone()
    warm.start()
    try:
        time.sleep(1.0)
        return [_recorder(folder, warm) for _ in range(runs)]
    finally:
        warm.stop()


def _recorder(folder: Path, warm: WarmMicrophone | None) -> float:
    heard = threading.Event()
    recorder = Recorder("", folder, on_first=heard.set, on_level=_ignore, on_lost=_ignore, warm=warm)
    started = time.monotonic()
    recorder.start()
    heard.wait(_TIMEOUT)
    recorder.stop()
    return _milliseconds(started, recorder.first_buffer_at)


def _bare() -> float:
    """What anybody would write: a stream of the same device and format whose callback notes the time."""
    device = devices.find("")
    heard = threading.Event()
    at: list[float] = []

    def callback(_data: Any, _frames: int, _time: Any, _status: Any) -> None:
        if not at:
            at.append(time.monotonic())
            heard.set()

    started = time.monotonic()
    stream = portaudio.library().InputStream(
        device=device.index,
        samplerate=device.rate,
        channels=1,
        dtype="int16",
        blocksize=device.rate // portaudio.BLOCKS_A_SECOND,
        latency=portaudio.LATENCY_SECONDS,
        callback=callback,
    )
    stream.start()
    heard.wait(_TIMEOUT)
    stream.abort()
    stream.close()
    return _milliseconds(started, at[0] if at else None)


def _middle(times: list[float]) -> float:
    """The interquartile mean."""
    cut = len(times) // 4
    return statistics.fmean(sorted(times)[cut : len(times) - cut])


def _milliseconds(started: float, at: float | None) -> float:
    return (_TIMEOUT if at is None else at - started) * 1000


def _ignore(_value: float | HearsightError) -> None:
    """Nobody listens here."""


@contextmanager
def _environment(changes: dict[str, str]) -> Iterator[None]:
    """Sets variables that PortAudio's libraries read, and takes them back."""
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
