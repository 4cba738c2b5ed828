"""Recording from a real PulseAudio microphone, and what happens when it goes away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from assistant.audio import devices, portaudio, vad
from assistant.audio.files import read_clip
from assistant.audio.recorder import Recorder
from assistant.audio.spool import FILE_NAME, recover
from assistant.audio.warm import WarmMicrophone
from assistant.bench.pulse import SoundServer
from assistant.core.errors import HearsightError, MicrophoneLost, NoMicrophone
from tests.helpers.sound import correlation

pytestmark = pytest.mark.desktop


class Listener:
    """Takes what a recorder says."""

    def __init__(self) -> None:
        self.first = threading.Event()
        self.lost = threading.Event()
        self.errors: list[HearsightError] = []
        self.levels: list[float] = []
        self.notices: list[str] = []

    def on_lost(self, error: HearsightError) -> None:
        self.errors.append(error)
        self.lost.set()

    def recorder(self, folder: Path, device: str = "", warm: WarmMicrophone | None = None) -> Recorder:
        return Recorder(
            device,
            folder,
            on_first=self.first.set,
            on_level=self.levels.append,
            on_lost=self.on_lost,
            on_notice=self.notices.append,
            warm=warm,
        )


@pytest.fixture
def listener() -> Listener:
    return Listener()


def record(listener: Listener, folder: Path, seconds: float, **options: object) -> Recorder:
    recorder = listener.recorder(folder, **options)  # type: ignore[arg-type]
    recorder.start()
    assert listener.first.wait(5)
    time.sleep(seconds)
    return recorder


def test_what_is_played_is_what_is_recorded(
    microphone: SoundServer, listener: Listener, speech_file: Path, tmp_path: Path
) -> None:
    recorder = record(listener, tmp_path, 0.2)
    microphone.play(speech_file, wait=True)
    time.sleep(0.2)
    clip = recorder.stop()
    played = read_clip(speech_file).samples
    assert correlation(clip.samples, played) >= 0.98
    assert vad.has_speech(clip)
    assert 0.05 < max(listener.levels) < 1 and min(listener.levels) < 0.001
    assert np.array_equal(recover(tmp_path).samples, clip.samples)
    assert listener.errors == [] and listener.notices == []


def test_the_end_of_what_is_said_is_not_cut_off(microphone: SoundServer, listener: Listener, tmp_path: Path) -> None:
    """Everything that the stream delivered is in the clip, and so is what was on its way at the release."""
    recorder = record(listener, tmp_path, 0.5)
    assert recorder.first_buffer_at is not None
    released = time.monotonic()
    clip = recorder.stop()
    assert clip.seconds >= released - recorder.first_buffer_at
    assert recorder.stop().seconds == clip.seconds


def test_the_clip_grows_while_it_is_recorded_and_stays_a_prefix(
    microphone: SoundServer, listener: Listener, speech_file: Path, tmp_path: Path
) -> None:
    recorder = record(listener, tmp_path, 0.0)
    microphone.play(speech_file)
    parts = []
    for _ in range(8):
        time.sleep(0.15)
        parts.append(recorder.clip_so_far().samples.copy())
    final = recorder.stop().samples
    assert all(len(a) < len(b) for a, b in pairwise(parts))
    assert all(np.array_equal(final[: len(part)], part) for part in parts)


def test_the_spool_is_never_far_behind(microphone: SoundServer, listener: Listener, tmp_path: Path) -> None:
    recorder = record(listener, tmp_path, 0.0)
    for _ in range(10):
        time.sleep(0.1)
        ahead = recorder.seconds
        assert recover(tmp_path).seconds >= ahead - 0.25
    recorder.stop()


def test_quick_taps_start_and_stop_without_end(microphone: SoundServer, tmp_path: Path) -> None:
    for number in range(8):
        listener = Listener()
        recorder = listener.recorder(tmp_path / str(number))
        recorder.start()
        clip = recorder.stop()
        assert clip.seconds < 0.5 and listener.errors == []
    assert not [t for t in threading.enumerate() if t.name in ("recorder", "portaudio")]


def test_a_tenth_of_a_second_is_recorded(microphone: SoundServer, listener: Listener, tmp_path: Path) -> None:
    assert 0.1 <= record(listener, tmp_path, 0.1).stop().seconds < 1.0


def test_a_cancelled_recording_says_so_and_keeps_what_it_heard(
    microphone: SoundServer, listener: Listener, tmp_path: Path
) -> None:
    recorder = record(listener, tmp_path, 0.2)
    assert recorder.cancel().seconds > 0.1
    assert recorder.cancelled


def test_the_list_names_the_servers_microphone_and_it_can_be_chosen(
    microphone: SoundServer, listener: Listener, speech_file: Path, tmp_path: Path
) -> None:
    found = devices.input_devices(refresh=True)
    assert found[0].default and found[0].rate == 48_000
    chosen = next(device for device in found if device.source == "vmic")
    recorder = record(listener, tmp_path, 0.2, device=chosen.name)
    microphone.play(speech_file, wait=True)
    assert vad.has_speech(recorder.stop())


def test_a_microphone_that_is_not_there_is_named(microphone: SoundServer, listener: Listener, tmp_path: Path) -> None:
    with pytest.raises(NoMicrophone, match="“Old headset” was not found"):
        listener.recorder(tmp_path, device="Old headset").start()


def test_a_listener_that_fails_costs_nothing(
    microphone: SoundServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a fault in the window")

    recorder = Recorder("", tmp_path, on_first=fail, on_level=fail, on_lost=fail)
    recorder.start()
    time.sleep(0.4)
    assert recorder.stop().seconds > 0.2
    assert "a listener of the recording failed" in caplog.text


def assert_lost(listener: Listener, recorder: Recorder, words: str) -> None:
    assert listener.lost.wait(5), "nobody noticed"
    started = time.monotonic()
    clip = recorder.stop()
    assert time.monotonic() - started < 2, "stop() hung"
    (error,) = listener.errors
    assert isinstance(error, MicrophoneLost) and words in error.message and error.action
    assert clip.seconds > 0.4 and f"{clip.seconds:.1f} s" in error.kept


def test_a_suspended_microphone_is_noticed_and_works_again(
    fragile_microphone: SoundServer, listener: Listener, tmp_path: Path
) -> None:
    recorder = record(listener, tmp_path, 0.5)
    fragile_microphone.suspend(True)
    assert_lost(listener, recorder, "stopped giving sound")
    silent = Listener()
    recorder = silent.recorder(tmp_path / "silent")
    recorder.start()
    assert silent.lost.wait(5) and not silent.first.is_set()
    assert "gives no sound" in silent.errors[0].message
    assert recorder.stop().seconds == 0
    fragile_microphone.suspend(False)
    assert record(Listener(), tmp_path / "again", 0.2).stop().seconds > 0.1


def test_a_killed_sound_server_is_noticed_and_its_successor_found(
    fragile_microphone: SoundServer, listener: Listener, tmp_path: Path
) -> None:
    recorder = record(listener, tmp_path, 0.5)
    fragile_microphone.kill()
    assert_lost(listener, recorder, "removed, or the sound server ended")
    with pytest.raises(NoMicrophone) as caught:
        Listener().recorder(tmp_path / "without").start()
    assert caught.value.action
    assert devices.input_devices(refresh=True) == []
    fragile_microphone.restart()
    assert record(Listener(), tmp_path / "again", 0.2).stop().seconds > 0.1


def test_a_microphone_that_is_unplugged_is_noticed_and_found_again(
    fragile_microphone: SoundServer, listener: Listener, tmp_path: Path
) -> None:
    recorder = record(listener, tmp_path, 0.5)
    fragile_microphone.unload_source()
    assert_lost(listener, recorder, "removed, or the sound server ended")
    with pytest.raises(NoMicrophone):
        Listener().recorder(tmp_path / "without").start()
    fragile_microphone.load_source()
    assert record(Listener(), tmp_path / "again", 0.2).stop().seconds > 0.1


def test_a_sound_server_that_hangs_hangs_nobody_else(
    fragile_microphone: SoundServer, listener: Listener, tmp_path: Path
) -> None:
    recorder = record(listener, tmp_path, 0.5)
    fragile_microphone.freeze(True)
    try:
        started = time.monotonic()
        assert recorder.stop().seconds > 0.4
        assert time.monotonic() - started < 3
        with pytest.raises(NoMicrophone, match="doesn't answer"):
            Listener().recorder(tmp_path / "frozen").start()
    finally:
        fragile_microphone.freeze(False)
    time.sleep(0.5)
    assert record(Listener(), tmp_path / "again", 0.2).stop().seconds > 0.1


def test_a_folder_that_refuses_does_not_end_the_recording(
    microphone: SoundServer, listener: Listener, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    recorder = record(listener, tmp_path / "file" / "recording", 0.3)
    assert recorder.stop().seconds > 0.2
    assert len(listener.notices) == 1 and "can't be written to disk" in listener.notices[0]


def wait_until_warm(warm: WarmMicrophone) -> None:
    deadline = time.monotonic() + 10
    while warm.microphone("") is None and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.4)  # what was said before the key must have been said


@pytest.fixture
def warm(microphone: SoundServer) -> Iterator[WarmMicrophone]:
    warm = WarmMicrophone()
    warm.start()
    wait_until_warm(warm)
    yield warm
    warm.stop()
    assert warm.microphone("") is None


def test_a_warm_microphone_hears_what_was_said_just_before_the_key(
    warm: WarmMicrophone, listener: Listener, tmp_path: Path
) -> None:
    assert warm.microphone("another") is None
    recorder = record(listener, tmp_path, 0.3, warm=warm)
    clip = recorder.stop()
    assert recorder.first_buffer_at is not None
    assert 0.45 < clip.seconds < 1.5, "0.2 s before the key and 0.3 s after it"
    assert np.array_equal(recover(tmp_path).samples, clip.samples)
    assert warm.microphone("") is not None, "it stays open"
    assert record(Listener(), tmp_path / "again", 0.1, warm=warm).stop().seconds > 0.2


def test_a_warm_microphone_that_was_lost_is_opened_again(
    fragile_microphone: SoundServer, listener: Listener, tmp_path: Path
) -> None:
    warm = WarmMicrophone()
    warm.start()
    try:
        recorder = record(listener, tmp_path, 0.5, warm=warm)
        fragile_microphone.kill()
        assert_lost(listener, recorder, "removed, or the sound server ended")
        fragile_microphone.restart()
        wait_until_warm(warm)
        assert record(Listener(), tmp_path / "again", 0.2, warm=warm).stop().seconds > 0.3
    finally:
        warm.stop()


def test_without_any_sound_system_it_is_said_what_to_do(
    monkeypatch: pytest.MonkeyPatch, listener: Listener, tmp_path: Path
) -> None:
    (tmp_path / "asound.conf").write_text("</usr/share/alsa/alsa.conf>\n")
    for name in ("PULSE_SERVER", "PIPEWIRE_REMOTE"):
        monkeypatch.setenv(name, f"unix:{tmp_path}/nothing")
    monkeypatch.setenv("ALSA_CONFIG_PATH", str(tmp_path / "asound.conf"))
    portaudio.library()
    portaudio.mark_stale()
    if devices.input_devices():
        pytest.skip("this machine has a sound card")
    with pytest.raises(NoMicrophone, match="No microphone was found") as caught:
        listener.recorder(tmp_path).start()
    assert "Plug one in" in caught.value.action
    assert not (tmp_path / FILE_NAME).exists()
    portaudio.mark_stale()
