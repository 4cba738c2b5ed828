"""An open microphone: PortAudio's callback fills a ring, and whoever records reads from it."""

from __future__ import annotations

import time
import weakref
from collections.abc import Callable
from typing import Any

from assistant.audio import devices, portaudio
from assistant.audio.devices import InputDevice
from assistant.audio.ring import Ring
from assistant.core.errors import NoMicrophone


class Microphone:
    """One running stream.

    Attributes:
        ring: what was heard; 16-bit frames at `rate` Hz with `channels` channels.
        first_at: `time.monotonic()` of the first buffer, or None.
        last_at: the same of the newest buffer; 0 before the first.
        ended: whether the stream ended by itself (device removed, sound server gone). No exception says so.
    """

    def __init__(self, device: InputDevice, channels: int, seconds: float) -> None:
        self.rate = device.rate
        self.channels = channels
        self.ring = Ring(int(seconds * device.rate), channels)
        self.first_at: float | None = None
        self.last_at = 0.0
        self.ended = False
        self._closed = False
        self._stream: Any = portaudio.open_stream(
            index=device.index,
            rate=device.rate,
            channels=channels,
            source=device.source,
            # A stream keeps itself and its callbacks until the garbage collector comes: the ring must not wait for it.
            callback=_weakly(self._take),
            finished=_weakly(self._finish),
        )

    @property
    def latency(self) -> float:
        """Seconds from the air to the ring, as far as PortAudio knows."""
        return float(self._stream.latency)

    def close(self) -> None:
        """Ends the stream within half a second, whatever the device does. Does nothing when closed."""
        if not self._closed:
            self._closed = True
            portaudio.close_stream(self._stream)

    def _take(self, data: Any, _frames: int, _time: Any, _status: Any) -> None:
        self.last_at = time.monotonic()
        if self.first_at is None:
            self.first_at = self.last_at
        self.ring.write(data)

    def _finish(self) -> None:
        self.ended = not self._closed


def _weakly(method: Callable[..., None]) -> Callable[..., None]:
    """Calls a method for as long as its object lives."""
    found = weakref.WeakMethod(method)

    def call(*given: Any) -> None:
        if (alive := found()) is not None:
            alive(*given)

    return call


def open_microphone(name: str, seconds: float) -> Microphone:
    """Opens the microphone of this name, looking for devices anew when it can't be opened at first.

    Args:
        name: as in the settings; empty for the default.
        seconds: how much its ring holds.

    Raises:
        NoMicrophone: it doesn't work; says what to do.
    """
    try:
        return _open(devices.find(name), seconds)
    except portaudio.NoAnswer:
        raise
    except NoMicrophone:
        # The list of devices is a snapshot: after a replug or a restart of the sound server it is wrong.
        if not portaudio.refresh():
            raise
    devices.forget()
    return _open(devices.find(name), seconds)


def _open(device: InputDevice, seconds: float) -> Microphone:
    try:
        return Microphone(device, 1, seconds)
    except NoMicrophone:
        # Some hardware only opens with all its channels.
        if device.channels == 1:
            raise
    return Microphone(device, device.channels, seconds)
