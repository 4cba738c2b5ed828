"""The opt-in warm stream: a microphone that stays open, so that nothing of the first word is cut off.

What it hears stays in memory, is overwritten after some seconds and goes nowhere until a key is pressed; a recording
then begins a fifth of a second before the key.
"""

from __future__ import annotations

import logging
import threading

from assistant.audio import portaudio
from assistant.audio.microphone import Microphone, open_microphone
from assistant.audio.watchdog import Watchdog
from assistant.core.errors import NoMicrophone

_log = logging.getLogger(__name__)
RING_SECONDS = 15.0
PREROLL_SECONDS = 0.2
_LOOK = 0.1
_REOPEN = 2.0


class WarmMicrophone:
    """Keeps one microphone open, and opens it again when it was lost."""

    def __init__(self, device: str = "") -> None:
        """Args: the microphone's name; empty for the default."""
        self.device = device
        self._microphone: Microphone | None = None
        self._stopping = threading.Event()
        self._keeper = threading.Thread(target=self._keep, name="warm-microphone", daemon=True)

    def start(self) -> None:
        """Opens it in the background. Without a microphone it tries again every two seconds."""
        self._keeper.start()

    def stop(self) -> None:
        """Closes it and forgets what it heard."""
        self._stopping.set()
        if self._keeper.is_alive():
            self._keeper.join()

    def microphone(self, device: str) -> Microphone | None:
        """The open stream, when it is of this device and works."""
        microphone = self._microphone
        if microphone is None or device != self.device or microphone.first_at is None or microphone.ended:
            return None
        return microphone

    def discard(self, microphone: Microphone) -> None:
        """Says that this stream no longer works: it is closed, and another is opened."""
        if self._microphone is microphone:
            self._microphone = None

    def _keep(self) -> None:
        while not self._stopping.is_set():
            try:
                microphone = open_microphone(self.device, RING_SECONDS)
            except NoMicrophone as error:
                _log.info("no warm microphone: %s", error.message)
            else:
                self._microphone = microphone
                self._watch(microphone)
                self._microphone = None
                microphone.close()
            self._stopping.wait(_REOPEN)

    def _watch(self, microphone: Microphone) -> None:
        """Returns when stopped, discarded or lost."""
        watchdog, seen = Watchdog(), 0
        while not self._stopping.wait(_LOOK):
            written = microphone.ring.written
            problem = watchdog.look(written - seen, ended=microphone.ended)
            seen = written
            if problem or self._microphone is not microphone:
                portaudio.mark_stale()
                return
