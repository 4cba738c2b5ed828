"""Makes recorders for the microphone that the settings name, over the warm stream where the user chose one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from assistant.audio.recorder import Recorder
from assistant.audio.resample import Samples
from assistant.audio.warm import WarmMicrophone
from assistant.core.errors import HearsightError
from assistant.settings.models import Voice


class Recorders:
    """One for the app's life; `apply` takes over changed settings.

    Args:
        on_notice: gets what the user should know about a recording, from the writer's thread.
    """

    def __init__(self, voice: Voice, on_notice: Callable[[str], None]) -> None:
        self._on_notice = on_notice
        self._device = ""
        self._warm: WarmMicrophone | None = None
        self.apply(voice)

    def apply(self, voice: Voice) -> None:
        """Takes the device and opens or closes the warm stream; closing waits for it, so not on the GUI thread."""
        if self._warm is not None and (not voice.warm_stream or voice.device != self._device):
            self._warm.stop()
            self._warm = None
        self._device = voice.device
        if voice.warm_stream and self._warm is None:
            self._warm = WarmMicrophone(voice.device)
            self._warm.start()

    def open(
        self,
        folder: Path,
        on_first: Callable[[], None],
        on_level: Callable[[float], None],
        on_lost: Callable[[HearsightError], None],
        on_samples: Callable[[Samples], None] | None = None,
    ) -> Recorder:
        """A recorder that has not started yet; the callbacks come from its writer thread. See `Recorder`."""
        return Recorder(
            self._device,
            folder,
            on_first=on_first,
            on_level=on_level,
            on_lost=on_lost,
            on_notice=self._on_notice,
            on_samples=on_samples,
            warm=self._warm,
        )

    def close(self) -> None:
        if self._warm is not None:
            self._warm.stop()
