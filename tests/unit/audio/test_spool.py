"""The spool's file can be read at any moment and at any length."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.audio.resample import Resampler
from assistant.audio.spool import FILE_NAME, Spool, recover, stream
from assistant.core.errors import BadInput

HEADER = 44


def noise(frames: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-30_000, 30_000, (frames, channels)).astype(np.int16)


def resampled(frames: np.ndarray, rate: int) -> np.ndarray:
    resampler = Resampler(rate, frames.shape[1])
    resampler.feed(frames)
    resampler.finish()
    return resampler.so_far()


@pytest.mark.parametrize("finished", [True, False])
@pytest.mark.parametrize(("rate", "channels"), [(16_000, 1), (48_000, 2), (44_100, 6)])
def test_what_was_written_is_recovered(tmp_path: Path, rate: int, channels: int, finished: bool) -> None:
    frames = noise(3 * rate // 2, channels)
    spool = Spool(tmp_path / "recording", rate, channels)
    for start in range(0, len(frames), 1_000):
        spool.write(frames[start : start + 1_000])
    if finished:
        spool.close()
    else:
        spool.abandon()
    clip = recover(tmp_path / "recording")
    assert np.allclose(clip.samples, resampled(frames, rate), atol=1e-4)
    assert clip.path == str(tmp_path / "recording" / FILE_NAME)
    assert np.array_equal(np.concatenate(list(stream(tmp_path / "recording"))), clip.samples)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_recovery_at_any_truncation_gives_all_whole_frames(data: st.DataObject) -> None:
    channels = data.draw(st.integers(1, 4))
    frames = noise(data.draw(st.integers(0, 2_000)), channels)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spool = Spool(folder, 16_000, channels)
        spool.write(frames)
        spool.abandon()
        size = (folder / FILE_NAME).stat().st_size
        kept = data.draw(st.integers(0, size))
        os.truncate(folder / FILE_NAME, kept)
        whole = max(0, kept - HEADER) // (2 * channels)
        assert np.allclose(recover(folder).samples, resampled(frames[:whole], 16_000) if whole else np.zeros(0))


def test_the_file_is_the_systems_after_each_write(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 16_000, 1)
    for count in range(1, 4):
        spool.write(noise(160))
        assert (tmp_path / FILE_NAME).stat().st_size == HEADER + count * 320
    spool.abandon()


def test_a_closed_recording_is_an_ordinary_wav_file(tmp_path: Path) -> None:
    frames = noise(5_000, 2)
    spool = Spool(tmp_path, 48_000, 2)
    spool.write(frames)
    spool.close()
    spool.close()
    with wave.open(str(tmp_path / FILE_NAME)) as file:
        assert (file.getframerate(), file.getnchannels(), file.getnframes()) == (48_000, 2, 5_000)
        assert np.array_equal(np.frombuffer(file.readframes(5_000), "<i2").reshape(-1, 2), frames)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such modes")
def test_only_the_user_can_read_it(tmp_path: Path) -> None:
    Spool(tmp_path / "new", 16_000, 1).close()
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "new" / FILE_NAME).stat().st_mode) == 0o600


def test_nothing_or_something_else_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="can't be read"):
        recover(tmp_path)
    (tmp_path / FILE_NAME).write_bytes(b"RIFX" + bytes(100))
    with pytest.raises(BadInput, match="not a recording"):
        recover(tmp_path)


@given(st.binary(max_size=200))
@settings(max_examples=40, deadline=None)
def test_a_damaged_header_is_refused_or_read_but_never_crashes(junk: bytes) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Spool(folder, 16_000, 1).close()
        data = bytearray((folder / FILE_NAME).read_bytes() + bytes(64))
        at = len(junk) % HEADER
        data[at : at + len(junk)] = junk
        (folder / FILE_NAME).write_bytes(data)
        with contextlib.suppress(BadInput):
            assert recover(folder).samples.dtype == np.float32
