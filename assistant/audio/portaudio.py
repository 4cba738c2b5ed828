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
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any, TypeVar

from assistant.core.errors import HearsightError, NoMicrophone

_log = logging.getLogger(__name__)
_lock = threading.Lock()
_library: Any = None
_open_streams = 0
_stale = False
_CLOSE_SECONDS = 0.5
_ANSWER_SECONDS = 3.0
BLOCKS_A_SECOND = 100
LATENCY_SECONDS = 0.02
"""Asked of the device: small, for a quick first buffer, but not so small that a busy machine makes it stutter."""

Callback = Callable[[Any, int, Any, Any], None]
T = TypeVar("T")


class NoAnswer(NoMicrophone):
    """The sound system hangs; asking again would only wait again."""


def library() -> Any:
    """The sounddevice module, PortAudio initialised.

    Raises:
        NoMicrophone: PortAudio is not installed, or the sound system doesn't answer.
    """
    return _library if _library is not None else _within(_ANSWER_SECONDS, _load)


def mark_stale() -> None:
    """Says that a device came or went: the next `refresh` must look anew."""
    global _stale  # noqa: PLW0603 - the state of the one library
    _stale = True


def is_stale() -> bool:
    return _stale


def refresh() -> bool:
    """Looks for devices anew; says whether it could (not while a stream is open: its device would be pulled away).

    Raises:
        NoMicrophone: PortAudio is not installed, or the sound system doesn't answer.
    """
    library()
    return _within(_ANSWER_SECONDS, _refresh)


def open_stream(
    *, index: int, rate: int, channels: int, source: str, callback: Callback, finished: Callable[[], None]
) -> Any:
    """Opens and starts an input stream of 16-bit frames.

    Args:
        index: PortAudio's number of the device.
        source: name of the sound server's source to record from; empty takes its default.
        finished: called from PortAudio's thread when the stream ended, whatever the reason.

    Raises:
        NoMicrophone: it can't be opened, or doesn't answer.
    """
    library()

    def work() -> Any:
        return _open(source, callback, finished, device=index, samplerate=rate, channels=channels)

    try:
        return _within(_ANSWER_SECONDS, work, close_stream)
    except NoMicrophone:
        mark_stale()
        raise
    except Exception as error:
        raise NoMicrophone("The microphone can't be opened.", action=_remedy()) from error


@contextmanager
def output_stream(rate: int) -> Iterator[Any]:
    """A started stream of mono float32 to the loudspeaker, closed at the end.

    Raises:
        HearsightError: there is no loudspeaker, or it can't be opened.
    """
    library()
    try:
        stream = _within(_ANSWER_SECONDS, lambda: _open_output(rate), close_stream)
    except Exception as error:
        raise HearsightError("The loudspeaker can't be opened.", action="Check the system's sound settings.") from error
    try:
        yield stream
    finally:
        close_stream(stream)


def close_stream(stream: Any) -> None:
    """Ends a stream at once; returns within half a second even where the device hangs."""
    try:
        _within(_CLOSE_SECONDS, lambda: _close(stream))
    except NoAnswer:
        _log.warning("the sound system hangs; its stream is left to close by itself")


def _load() -> Any:
    global _library  # noqa: PLW0603 - the one library
    _quieten_alsa()
    try:
        import sounddevice
    except OSError as error:
        action = "Install it: apt-get install libportaudio2." if sys.platform == "linux" else ""
        raise NoMicrophone("The sound library PortAudio is missing.", action=action) from error
    _library = sounddevice
    return sounddevice


def _refresh() -> bool:
    global _stale  # noqa: PLW0603 - the state of the one library
    with _lock:
        if _open_streams:
            return False
        # The public interface of sounddevice has no other way to see a device that came or went.
        _library._terminate()
        _library._initialize()
        _stale = False
        return True


def _open(source: str, callback: Callback, finished: Callable[[], None], **stream_format: int) -> Any:
    with _lock, _pulse_source(source):
        stream = _library.InputStream(
            **stream_format,
            dtype="int16",
            blocksize=stream_format["samplerate"] // BLOCKS_A_SECOND,
            latency=LATENCY_SECONDS,
            callback=callback,
            finished_callback=finished,
        )
        return _start(stream)


def _open_output(rate: int) -> Any:
    with _lock:
        return _start(_library.OutputStream(samplerate=rate, channels=1, dtype="float32"))


def _start(stream: Any) -> Any:
    global _open_streams  # noqa: PLW0603 - the state of the one library
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


def _within(seconds: float, work: Callable[[], T], undo: Callable[[T], None] | None = None) -> T:
    """What `work` returns or raises, from a thread of its own: a hung driver must not hang the caller.

    Args:
        undo: gets a result that comes too late.

    Raises:
        NoAnswer: not in time; the work is left behind.
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            result = work()
        except Exception as error:
            if answer.set_running_or_notify_cancel():
                answer.set_exception(error)
            return
        if answer.set_running_or_notify_cancel():
            answer.set_result(result)
        elif undo is not None:
            undo(result)

    threading.Thread(target=run, name="portaudio", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        if answer.cancel():
            raise NoAnswer(
                "The sound system doesn't answer.", action="Unplug the microphone and plug it in again, or log in anew."
            ) from None
        return answer.result()


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
