"""The list of microphones on systems that this machine is not, and of sound servers that it has not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from assistant.audio import devices, pulse_sources
from assistant.audio.recorder import level
from tests.unit.audio.test_ring import numbered

SOURCES = [
    {"name": "alsa_output.pci.monitor", "description": "Monitor of Speakers", "monitor_source": "alsa_output.pci"},
    {"name": "alsa_input.usb-1", "description": "Headset", "monitor_source": ""},
    {"name": "alsa_input.usb-2", "description": "Headset"},
    {"name": "bluez_input.1", "description": "Earbuds", "monitor_source": ""},
]


def pactl(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """A `pactl` of our own, first on the path."""
    path = folder / "pactl"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
def test_the_servers_sources_have_names_to_choose_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pactl(tmp_path, monkeypatch, f"cat <<'END'\n{json.dumps(SOURCES)}\nEND")
    assert [(source.name, source.label) for source in pulse_sources.sources()] == [
        ("alsa_input.usb-1", "Headset (alsa_input.usb-1)"),
        ("alsa_input.usb-2", "Headset (alsa_input.usb-2)"),
        ("bluez_input.1", "Earbuds"),
    ]


@pytest.mark.skipif(os.name != "posix", reason="a shell script")
@pytest.mark.parametrize("script", ["exit 1", "echo 'Connection refused'", "echo '[{\"nothing\": 1}]'"])
def test_a_server_that_says_nothing_useful_gives_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    pactl(tmp_path, monkeypatch, script)
    assert pulse_sources.sources() == []


class Windows:
    """What sounddevice shows on Windows: every microphone once for each of its sound systems."""

    PortAudioError = RuntimeError
    _APIS = ("MME", "Windows WASAPI")
    _DEVICES = (
        ("Microphone (USB)", 0, 1, 44_100.0),
        ("Line in", 0, 2, 44_100.0),
        ("Speakers", 0, 0, 44_100.0),
        ("Microphone (USB)", 1, 1, 48_000.0),
    )

    def query_hostapis(self, index: int) -> dict[str, str]:
        return {"name": self._APIS[index]}

    def query_devices(self, index: int | None = None, kind: str = "") -> Any:
        found = [
            {"index": i, "name": n, "hostapi": api, "max_input_channels": channels, "default_samplerate": rate}
            for i, (n, api, channels, rate) in enumerate(self._DEVICES)
        ]
        return found[index or 0] if kind or index is not None else found


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> None:
    library = Windows()
    monkeypatch.setattr(devices.portaudio, "library", lambda: library)
    monkeypatch.setattr(devices.portaudio, "is_stale", lambda: False)
    monkeypatch.setattr(devices, "_cache", {})


@pytest.mark.usefixtures("windows")
def test_each_microphone_is_listed_once() -> None:
    found = devices.input_devices()
    assert [(d.index, d.name, d.default) for d in found] == [
        (0, "System default", True),
        (0, "Microphone (USB)", False),
        (1, "Line in", False),
    ]
    assert devices.find("").rate == 44_100
    assert devices.find("Line in").channels == 2


def test_loudness_is_the_root_of_the_mean_square() -> None:
    assert level(numbered(0, 0)) == 0.0
    assert level(numbered(16_384, 1, 2)) == 0.5
