"""PortAudio through sounddevice: the only module that imports it, and the one lock around it.

PortAudio isn't thread-safe outside its callbacks, its device list is a snapshot taken at initialisation, and a dead
device can hang what closes it. All three are dealt with here, so that nobody else needs to know.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from assistant.core.errors import NoMicrophone

_log = logging.getLogger(__name__)
_lock = threading.RLock()
_open_streams = 0
_stale = False
_CLOSE_SECONDS = 0.5
_OPEN_SECONDS = 5.0
BLOCKS_A_SECOND = 100
LATENCY_SECONDS = 0.02
"""Asked of the device: small, for a quick first buffer, but not so small that a busy machine makes it stutter."""

Callback = Callable[[Any, int, Any, Any], None]


def library() -> Any:
    """The sounddevice module, PortAudio initialised.

    Raises:
        NoMicrophone: PortAudio is not installed.
    """
    with _lock:
        try:
            _quieten_alsa()
            import sounddevice
        except OSError as error:
            action = "Install it: apt-get install libportaudio2." if sys.platform == "linux" else ""
            raise NoMicrophone("The sound library PortAudio is missing.", action=action) from error
        return sounddevice


def mark_stale() -> None:
    """Says that a device came or went: the next `refresh` must look anew."""
    global _stale  # noqa: PLW0603 - the state of the one library
    _stale = True


def is_stale() -> bool:
    return _stale


def refresh() -> bool:
    """Looks for devices anew; says whether it could (not while a stream is open: its device would be pulled away)."""
    global _stale  # noqa: PLW0603 - the state of the one library
    with _lock:
        sounddevice = library()
        if _open_streams:
            return False
        # The public interface of sounddevice has no other way to see a device that came or went.
        sounddevice._terminate()
        sounddevice._initialize()
        _stale = False
        return True


def open_stream(
    *, index: int, rate: int, channels: int, source: str, callback: Callback, finished: Callable[[], None]
) -> Any:
    """Opens and starts an input stream of 16-bit frames.

    Args:
        index: PortAudio's number of the device.
        source: name of the sound server's source to record from; empty takes its default.
        finished: called from PortAudio's thread when the stream ended, whatever the reason.

    Raises:
        NoMicrophone: it can't be opened, or doesn't answer within 5 s.
    """
    result: list[Any] = []
    timed_out = threading.Event()

    def work() -> None:
        try:
            stream = _open(source, callback, finished, device=index, samplerate=rate, channels=channels)
        except Exception as error:
            result.append(error)
            return
        result.append(stream)
        if timed_out.is_set():
            close_stream(stream)

    if not _within(_OPEN_SECONDS, work):
        timed_out.set()
        mark_stale()
        raise NoMicrophone(
            "The microphone doesn't answer.", action="Unplug it and plug it in again, or choose another."
        )
    if isinstance(result[0], Exception):
        raise NoMicrophone("The microphone can't be opened.", action=_remedy()) from result[0]
    return result[0]


def close_stream(stream: Any) -> None:
    """Ends a stream at once; returns within half a second even where the device hangs."""
    _within(_CLOSE_SECONDS, lambda: _close(stream))


def _open(source: str, callback: Callback, finished: Callable[[], None], **stream_format: int) -> Any:
    global _open_streams  # noqa: PLW0603 - the state of the one library
    with _lock, _pulse_source(source):
        stream = library().InputStream(
            **stream_format,
            dtype="int16",
            blocksize=stream_format["samplerate"] // BLOCKS_A_SECOND,
            latency=LATENCY_SECONDS,
            callback=callback,
            finished_callback=finished,
        )
        try:
            stream.start()
        except BaseException:
            stream.close(ignore_errors=True)
            raise
        _open_streams += 1
        return stream


def _close(stream: Any) -> None:
    global _open_streams  # noqa: PLW0603 - the state of the one library
    with _lock:
        # Never stop(): it waits for buffers that a suspended device doesn't deliver.
        stream.abort(ignore_errors=True)
        stream.close(ignore_errors=True)
        _open_streams -= 1


def _within(seconds: float, work: Callable[[], None]) -> bool:
    """Runs `work` in a thread of its own; says whether it ended in time. What hangs is left behind."""
    thread = threading.Thread(target=work, name="portaudio", daemon=True)
    thread.start()
    thread.join(seconds)
    return not thread.is_alive()


@contextmanager
def _pulse_source(name: str) -> Iterator[None]:
    """Lets libpulse record from a source of the sound server: its ALSA plug-in knows no other way to be told."""
    before = os.environ.get("PULSE_SOURCE")
    if name:
        os.environ["PULSE_SOURCE"] = name
    try:
        yield
    finally:
        if name and before is None:
            del os.environ["PULSE_SOURCE"]
        elif name and before is not None:
            os.environ["PULSE_SOURCE"] = before


def _remedy() -> str:
    if sys.platform == "darwin":
        return "Allow the microphone in System Settings > Privacy & Security, or choose another in the settings."
    if sys.platform == "win32":
        return "Allow the microphone in Settings > Privacy, or choose another in Hearsight's settings."
    return "See that the sound server runs and that no other program holds the microphone, or choose another."


_ErrorHandler = ctypes.CFUNCTYPE(None, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p)
_ignore_error = _ErrorHandler(lambda *_: None)


def _quieten_alsa() -> None:
    """ALSA prints a line to stderr for every device it tries and doesn't find."""
    if sys.platform != "linux" or "sounddevice" in sys.modules:
        return
    name = ctypes.util.find_library("asound") or "libasound.so.2"
    try:
        ctypes.CDLL(name).snd_lib_error_set_handler(_ignore_error)
    except (OSError, AttributeError):
        _log.debug("ALSA's messages stay on")
