"""Resampling as it comes gives the same samples as resampling at once, and never changes what it gave."""

from __future__ import annotations

import numpy as np
import pytest
import soxr
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.audio.resample import Resampler, mono


def tone(rate: int, seconds: float, channels: int = 1, hertz: float = 440.0) -> np.ndarray:
    wave = (0.5 * 32_767 * np.sin(2 * np.pi * hertz * np.arange(int(rate * seconds)) / rate)).astype(np.int16)
    return np.repeat(wave[:, None], channels, axis=1)


@pytest.mark.parametrize("rate", [8_000, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
@pytest.mark.parametrize("channels", [1, 2, 6])
def test_a_tone_keeps_its_pitch_level_and_length(rate: int, channels: int) -> None:
    resampler = Resampler(rate, channels)
    frames = tone(rate, 1.0, channels)
    for start in range(0, len(frames), rate // 100):
        resampler.feed(frames[start : start + rate // 100])
    resampler.finish()
    samples = resampler.so_far()
    assert abs(len(samples) - 16_000) <= 2
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(len(samples)) / 16_000)
    assert np.abs(samples - expected)[200:-200].max() < 0.003


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 3_000), min_size=1, max_size=20), rate=st.sampled_from([16_000, 44_100, 48_000]))
def test_any_cutting_gives_the_same_and_what_was_given_stays(cuts: list[int], rate: int) -> None:
    frames = np.random.default_rng(1).integers(-20_000, 20_000, (sum(cuts), 1)).astype(np.int16)
    resampler, at, snapshots = Resampler(rate, 1), 0, []
    for count in cuts:
        resampler.feed(frames[at : at + count])
        at += count
        snapshots.append((resampler.so_far(), resampler.so_far().copy()))
    resampler.finish()
    final = resampler.so_far()
    for view, copy in snapshots:
        assert np.array_equal(view, copy)
        assert np.array_equal(final[: len(copy)], copy)
    at_once = mono(frames) if rate == 16_000 else soxr.resample(mono(frames), rate, 16_000, quality="HQ")
    assert abs(len(final) - len(at_once)) <= 1
    shared = min(len(final), len(at_once))
    assert np.allclose(final[:shared], at_once[:shared], atol=1e-4)


def test_so_far_costs_no_copy_and_cannot_be_written() -> None:
    resampler = Resampler(48_000, 1)
    resampler.feed(tone(48_000, 2.0))
    view = resampler.so_far()
    assert np.shares_memory(view, resampler.so_far())
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1.0


def test_a_long_recording_grows_beyond_the_first_memory() -> None:
    resampler = Resampler(16_000, 1)
    second = tone(16_000, 1.0)
    for _ in range(65):
        resampler.feed(second)
    resampler.finish()
    samples = resampler.so_far()
    assert len(samples) == 65 * 16_000
    assert np.array_equal(samples[-16_000:], mono(second))


def test_channels_are_mixed_to_their_mean() -> None:
    assert mono(np.array([[32_767, -32_767], [16_384, 0]], np.int16)).tolist() == [0.0, 0.25]


@settings(max_examples=20, deadline=None)
@given(cuts=st.lists(st.integers(1, 3_000), min_size=1, max_size=20), rate=st.sampled_from([16_000, 44_100, 48_000]))
def test_what_is_taken_is_the_same_and_is_not_kept(cuts: list[int], rate: int) -> None:
    frames = tone(rate, 0.4)
    whole, taking = Resampler(rate, 1), Resampler(rate, 1)
    whole.feed(frames)
    whole.finish()
    taken, position = [], 0
    for cut in [*cuts, len(frames)]:
        taking.feed(frames[position : position + cut])
        position += cut
        taken.append(taking.take())
        assert len(taking.so_far()) == 0
    taking.finish()
    taken.append(taking.take())
    assert np.allclose(np.concatenate(taken), whole.so_far(), atol=1e-5)
