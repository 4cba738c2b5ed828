"""The microphones of this machine, by name."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, replace
from typing import Any

from assistant.audio import portaudio, pulse_sources
from assistant.core.errors import NoMicrophone

_log = logging.getLogger(__name__)
_SERVER_RATE = 48_000
_SERVER_DEVICES = ("default", "pulse", "pipewire")
_MAX_CHANNELS = 8
_NONE_FOUND = "No microphone was found."
_PLUG_IN = "Plug one in, or switch it on in the system's sound settings; typing works without."

_cache: dict[str, InputDevice] = {}
_cache_lock = threading.Lock()


@dataclass(frozen=True)
class InputDevice:
    """One way to hear.

    Attributes:
        index: PortAudio's number; changes when devices come and go.
        name: for people and for the settings.
        channels: the most that it gives.
        rate: Hz that it is opened with.
        default: whether the system records from it by default.
        source: the sound server's source behind it; empty where PortAudio knows the device itself.
    """

    index: int
    name: str
    channels: int
    rate: int
    default: bool
    source: str = ""


def input_devices(refresh: bool = False) -> list[InputDevice]:
    """All microphones, the default one first; empty when there is none.

    Args:
        refresh: look for devices that came or went (not possible while one is recording).

    Raises:
        NoMicrophone: PortAudio is not installed.
    """
    if (refresh or portaudio.is_stale()) and portaudio.refresh():
        forget()
    library = portaudio.library()
    default = _default(library)
    if default is None:
        return []
    others = [replace(default, name=s.label, source=s.name, default=False) for s in _sources(library, default)]
    if not others:
        others = _of_same_system(library, default)
    return [default, *others]


def find(name: str) -> InputDevice:
    """The microphone of this name, or the default one for an empty name. Quick: remembered until devices change.

    Raises:
        NoMicrophone: there is none, or none of this name.
    """
    with _cache_lock:
        if name in _cache and not portaudio.is_stale():
            return _cache[name]
    device = _look_up(name)
    with _cache_lock:
        _cache[name] = device
    return device


def forget() -> None:
    """Forgets what was remembered: devices changed."""
    with _cache_lock:
        _cache.clear()


def prepare(name: str = "") -> None:
    """Loads the sound libraries and looks the microphone up, without listening: the first key-down is then as quick
    as the next (about 400 ms less). For a thread in the background; a machine without a microphone is no error here.
    """
    try:
        device = find(name)
        portaudio.library().check_input_settings(device.index, 1, "int16", samplerate=device.rate)
    except Exception as error:
        _log.info("no microphone yet: %s", error)


def _look_up(name: str) -> InputDevice:
    for refresh in (False, True):
        devices = input_devices(refresh)
        found = next((d for d in devices if (d.name == name if name else d.default)), None)
        if found is not None:
            return found
    if devices:
        raise NoMicrophone(f"The microphone “{name}” was not found.", action="Plug it in, or choose another.")
    raise NoMicrophone(_NONE_FOUND, action=_PLUG_IN)


def _default(library: Any) -> InputDevice | None:
    try:
        info = library.query_devices(kind="input")
    except (library.PortAudioError, ValueError):
        return None
    return _device(library, info, default=True)


def _device(library: Any, info: dict[str, Any], *, default: bool) -> InputDevice:
    rate = _SERVER_RATE if _is_server(library, info) else int(info["default_samplerate"])
    name = "System default" if default else str(info["name"])
    return InputDevice(int(info["index"]), name, min(int(info["max_input_channels"]), _MAX_CHANNELS), rate, default)


def _is_server(library: Any, info: dict[str, Any]) -> bool:
    """Whether this ALSA device is a plug-in of a sound server, which takes any rate but runs at 48 kHz."""
    api = library.query_hostapis(int(info["hostapi"]))["name"]
    return bool(api == "ALSA" and info["name"] in _SERVER_DEVICES)


def _sources(library: Any, default: InputDevice) -> list[pulse_sources.Source]:
    if not _is_server(library, library.query_devices(default.index)):
        return []
    return pulse_sources.sources()


def _of_same_system(library: Any, default: InputDevice) -> list[InputDevice]:
    """PortAudio's inputs of the default's sound system: Windows lists each microphone once a system."""
    api = library.query_devices(default.index)["hostapi"]
    inputs = [d for d in library.query_devices() if d["max_input_channels"] > 0 and d["hostapi"] == api]
    return [_device(library, d, default=False) for d in inputs if d["name"] not in _SERVER_DEVICES]
