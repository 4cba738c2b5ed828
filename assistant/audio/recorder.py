"""One recording, from key-down to release.

Three threads: PortAudio's callback copies into the ring; the writer thread below takes from there to disk, to the
resampler and to the level, and watches that buffers keep coming; the caller starts, looks and stops.
"""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from assistant.audio import portaudio
from assistant.audio.microphone import Microphone, open_microphone
from assistant.audio.resample import Resampler, Samples
from assistant.audio.ring import Frames
from assistant.audio.spool import Spool
from assistant.audio.warm import PREROLL_SECONDS, WarmMicrophone
from assistant.audio.watchdog import Watchdog
from assistant.core.errors import HearsightError, MicrophoneLost
from assistant.core.media import SAMPLE_RATE, Clip

_log = logging.getLogger(__name__)
RING_SECONDS = 15.0
"""How long the disk may stall before sound is lost."""
_POLL = 0.025
_POLL_BEFORE_FIRST = 0.005
_TAIL_LIMIT = 0.12
_STOP_SECONDS = 5.0
_FULL_SCALE = 32_768.0
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)


class Recorder:
    """Records once.

    Attributes:
        first_buffer_at: `time.monotonic()` of the first real buffer after `start`, or None.
        cancelled: whether it was ended by `cancel`.
    """

    def __init__(
        self,
        device: str,
        folder: Path,
        *,
        on_first: Callable[[], None],
        on_level: Callable[[float], None],
        on_lost: Callable[[HearsightError], None],
        on_notice: Callable[[str], None] | None = None,
        on_samples: Callable[[Samples], None] | None = None,
        warm: WarmMicrophone | None = None,
    ) -> None:
        """The callbacks come from the writer thread.

        Args:
            device: the microphone's name; empty for the default.
            folder: the spool's, made when missing.
            on_first: the first real buffer came; only now does anybody listen.
            on_level: RMS of the newest sound in [0, 1], up to 40 times a second.
            on_lost: the microphone went away; once, after which `stop` still gives what was heard.
            on_notice: something the user should know that stops nothing (the disk is full).
            on_samples: gets the sound as it comes, 16 kHz mono; then nothing of it is kept in memory, however long it
                gets, and the clips that this gives are empty.
            warm: an open microphone to take the sound from, for as long as it works.
        """
        self.first_buffer_at: float | None = None
        self.cancelled = False
        self._device, self._folder, self._warm = device, folder, warm
        self._on_first, self._on_level, self._on_lost, self._on_notice = on_first, on_level, on_lost, on_notice
        self._on_samples = on_samples
        self._handed_over = 0
        self._stopping = threading.Event()
        self._writer: threading.Thread | None = None
        self._microphone: Microphone | None = None
        self._resampler: Resampler | None = None
        self._spool: Spool | None = None
        self._position = 0
        self._start_position = 0

    @property
    def seconds(self) -> float:
        """How much was recorded until now."""
        return self._handed_over / SAMPLE_RATE + self.clip_so_far().seconds

    def start(self) -> None:
        """Opens the microphone; returns when its stream runs, which is before the first buffer.

        Raises:
            NoMicrophone: there is none, or it can't be opened.
        """
        shared = self._warm.microphone(self._device) if self._warm else None
        microphone = shared or open_microphone(self._device, RING_SECONDS)
        self._start_position = microphone.ring.written if shared else 0
        self._position = max(0, self._start_position - int(PREROLL_SECONDS * microphone.rate))
        self._resampler = Resampler(microphone.rate, microphone.channels)
        self._microphone = microphone
        self._writer = threading.Thread(target=self._run, name="recorder", args=(microphone, shared is None))
        self._writer.daemon = True
        self._writer.start()

    def clip_so_far(self) -> Clip:
        """What was heard until now, some milliseconds behind. Costs nothing; always a prefix of the final clip."""
        samples = self._resampler.so_far() if self._resampler else np.zeros(0, np.float32)
        return Clip(samples, name="Recording", path=str(self._spool.path) if self._spool else "")

    def stop(self) -> Clip:
        """Ends the recording with everything that was said until now; never hangs. Again: the same clip."""
        self._stopping.set()
        if self._writer is not None and self._writer is not threading.current_thread():
            self._writer.join(_STOP_SECONDS)
        return self.clip_so_far()

    def cancel(self) -> Clip:
        """Like `stop`, for a recording that the user doesn't want answered."""
        self.cancelled = True
        return self.stop()

    def _run(self, microphone: Microphone, ours: bool) -> None:
        problem = ""
        try:
            self._open_spool(microphone)
            problem = self._record(microphone)
            if not problem:
                time.sleep(min(microphone.latency + _POLL, _TAIL_LIMIT))  # what was said is still on its way
        except Exception:
            _log.exception("the recording broke off")
            problem = "The recording broke off."
        self._finish(microphone, ours, bool(problem))
        if problem:
            self._tell(self._on_lost, self._lost(problem))

    def _record(self, microphone: Microphone) -> str:
        """Takes sound until stopped; says why when it ended by itself."""
        watchdog = Watchdog()
        while not self._stopping.wait(_POLL if self.first_buffer_at else _POLL_BEFORE_FIRST):
            problem = watchdog.look(self._take(microphone), ended=microphone.ended)
            if problem:
                return problem
        return ""

    def _take(self, microphone: Microphone) -> int:
        """Takes what lies in the ring; returns how many frames."""
        taken = microphone.ring.read(self._position)
        self._position = taken.position
        if taken.lost:
            self._say_overflow(taken.lost / microphone.rate)
        if len(taken.frames) == 0:
            return 0
        self._keep(taken.frames)
        if self.first_buffer_at is None and self._position > self._start_position:
            own_first = microphone.first_at if self._start_position == 0 else None
            self.first_buffer_at = own_first or microphone.last_at
            self._tell(self._on_first)
        self._tell(self._on_level, level(taken.frames))
        return len(taken.frames)

    def _keep(self, frames: Frames) -> None:
        if self._spool is not None:
            try:
                self._spool.write(frames)
            except OSError as error:
                self._give_up_spool(error)
        if self._resampler is not None:
            self._resampler.feed(frames)
            self._hand_over(self._resampler)

    def _hand_over(self, resampler: Resampler) -> None:
        if self._on_samples is not None:
            samples = resampler.take()
            self._handed_over += len(samples)
            self._tell(self._on_samples, samples)

    def _open_spool(self, microphone: Microphone) -> None:
        try:
            self._spool = Spool(self._folder, microphone.rate, microphone.channels)
        except OSError as error:
            self._give_up_spool(error)

    def _give_up_spool(self, error: OSError) -> None:
        """Goes on in memory: better a recording that a crash would lose than none."""
        if self._spool is not None:
            self._spool.abandon()
            self._spool = None
        why = "The disk is full" if error.errno in _NO_SPACE else "The recording can't be written to disk"
        self._notice(f"{why}: Hearsight goes on listening, but a crash would lose what you say.")

    def _finish(self, microphone: Microphone, ours: bool, lost: bool) -> None:
        """Closes the stream first and drains the ring then, so that nothing delivered is lost."""
        if lost:
            portaudio.mark_stale()
        if ours:
            microphone.close()
        elif lost and self._warm is not None:
            self._warm.discard(microphone)
        self._take(microphone)
        if self._resampler is not None:
            self._resampler.finish()
            self._hand_over(self._resampler)
        if self._spool is not None:
            try:
                self._spool.close()
            except OSError:
                _log.warning("the recording's header could not be completed; it stays readable")

    def _lost(self, problem: str) -> MicrophoneLost:
        kept = f"The {self.seconds:.1f} s heard until then are kept." if self.seconds else ""
        return MicrophoneLost(problem, kept=kept, action="Plug it in again or choose another microphone.")

    def _say_overflow(self, seconds: float) -> None:
        _log.warning("%.2f s of sound were lost: the disk or the machine was too slow", seconds)
        self._notice(f"{seconds:.1f} s of sound were lost, because this machine was too busy.")

    def _notice(self, text: str) -> None:
        if self._on_notice is not None:
            self._tell(self._on_notice, text)

    @staticmethod
    def _tell(callback: Callable[..., None], *arguments: object) -> None:
        """A fault of the listener's must not cost the recording."""
        try:
            callback(*arguments)
        except Exception:
            _log.exception("a listener of the recording failed")


def level(frames: Frames) -> float:
    """RMS of all samples, in [0, 1] of full scale."""
    if not frames.size:
        return 0.0
    return float(np.sqrt(np.mean(np.square(frames, dtype=np.float64)))) / _FULL_SCALE
