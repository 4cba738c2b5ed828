"""Log-mel against the fingerprints of the author's tensors, and against the definition in float64."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.core.errors import BadInput
from assistant.engine.phi4.mel_bank import BINS, FILTERS, mel_bank
from assistant.engine.phi4.sound import MelStream, frame_count, prepare_sound, token_count
from tests.helpers.golden import Golden

WITH_SOUND = ["audio_short", "audio_long", "audio_two_unequal", "image_audio", "image_audio_system", "turn3_audio"]


def noise(samples: int, seed: int, level: float = 0.1) -> np.ndarray:
    """Noise with a tone that comes and goes, in [-1, 1]."""
    at = np.arange(samples) / 16_000
    tone = np.sin(2 * np.pi * 440 * at) * np.sin(2 * np.pi * 1.7 * at)
    return np.clip(np.random.default_rng(seed).normal(0, level, samples) + level * tone, -1, 1).astype(np.float32)


def triangle(index: int, fft_bin: int) -> float:
    """Weight of a bin in a filter, by the author's definition."""
    top, mel = 1127 * math.log(1 + 7690 / 700), 1127 * math.log(1 + fft_bin * 16_000 / 512 / 700)
    step = top / 81
    weight = 1 - abs(mel - step * (index + 1)) / step
    return weight if 1 <= fft_bin < 246 and weight > 0 else 0.0


def in_float64(samples: np.ndarray) -> np.ndarray:
    """Log-mel by its definition, a frame at a time."""
    bank = np.array([[triangle(index, fft_bin) for index in range(80)] for fft_bin in range(257)])
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(400) / 399)
    rows = []
    for start in range(0, len(samples) - 399, 160):
        frame = samples[start : start + 400].astype(np.float64)
        sharpened = frame - 0.97 * np.array([frame[0], *frame[:-1]])
        spectrum = np.fft.rfft(window * sharpened * 32768, 512)
        rows.append(np.log(np.maximum(np.abs(spectrum) ** 2 @ bank, 1.0)))
    return np.array(rows)


@pytest.mark.parametrize("name", WITH_SOUND)
def test_the_authors_tensors(golden: Golden, name: str) -> None:
    case = golden.cases[name]
    sounds = [prepare_sound(samples) for samples in case.sounds]
    longest = max(len(sound.features) for sound in sounds)
    batch = np.zeros((len(sounds), longest, 80), np.float32)
    for index, sound in enumerate(sounds):
        assert sound.features.dtype == np.float32
        batch[index, : len(sound.features)] = sound.features
    assert case.tensor("audio_features").difference(batch) <= 1e-6
    assert [sound.tokens for sound in sounds] == case.data["audio_tokens"]


def test_every_case_with_sound_is_here(golden: Golden) -> None:
    assert [name for name, case in golden.cases.items() if case.data["audios"]] == WITH_SOUND


def test_the_bank_is_the_authors() -> None:
    bank = mel_bank()
    assert bank.shape == (BINS, FILTERS) == (257, 80)
    expected = np.array([[triangle(index, fft_bin) for index in range(80)] for fft_bin in range(257)])
    assert np.abs(bank - expected).max() <= 1e-6
    # The bin above the last one, which other banks fill:
    assert triangle(79, 245) > 0 and bank[246, 79] == 0 and not bank[246:].any()


@settings(max_examples=25, deadline=None)
@given(st.integers(400, 24_000), st.integers(0, 2**32), st.sampled_from([1e-6, 0.001, 0.1, 0.9]))
def test_float64_says_the_same(samples: int, seed: int, level: float) -> None:
    clip = noise(samples, seed, level)
    assert np.abs(prepare_sound(clip).features - in_float64(clip)).max() <= 2e-4


@pytest.mark.parametrize("samples", [np.zeros(3000, np.float32), np.ones(3000, np.float32)])
def test_silence_and_a_full_scale_constant(samples: np.ndarray) -> None:
    features = prepare_sound(samples).features
    assert np.isfinite(features).all() and np.abs(features - in_float64(samples)).max() <= 2e-4


@pytest.mark.parametrize(("seconds", "tokens"), [(1.5, 19), (2.0, 25), (3.0, 38), (47.3, 591)])
def test_published_counts(seconds: float, tokens: int) -> None:
    assert token_count(round(seconds * 16_000)) == tokens


@settings(max_examples=60, deadline=None)
@given(st.integers(400, 50_000))
def test_frames_and_tokens_without_computing(samples: int) -> None:
    sound = prepare_sound(noise(samples, 1))
    assert len(sound.features) == frame_count(samples) == (samples - 400) // 160 + 1
    assert sound.tokens == token_count(samples) == -(-len(sound.features) // 8)


@pytest.mark.parametrize("samples", [0, 1, 399])
def test_less_than_25_ms_is_refused(samples: int) -> None:
    with pytest.raises(BadInput, match="25 ms"):
        prepare_sound(np.zeros(samples, np.float32))
    assert frame_count(samples) == token_count(samples) == 0


def test_25_ms_are_one_frame() -> None:
    assert prepare_sound(noise(400, 2)).features.shape == (1, 80)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_refused(value: float) -> None:
    samples = noise(4000, 3)
    samples[2000] = value
    with pytest.raises(BadInput, match="numbers"):
        prepare_sound(samples)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(400, 60_000), min_size=1, max_size=6), st.integers(0, 2**32))
def test_a_growing_recording_is_the_whole_one_bit_for_bit(ends: list[int], seed: int) -> None:
    """Also where it shrinks again, which starts it anew."""
    recording = noise(60_000, seed)
    stream = MelStream()
    for end in ends:
        grown, whole = stream.hear(recording[:end]), prepare_sound(recording[:end])
        assert np.array_equal(grown.features, whole.features)
        assert (grown.sha256, grown.tokens) == (whole.sha256, whole.tokens)


def test_another_recording_starts_anew() -> None:
    stream = MelStream()
    stream.hear(noise(20_000, 4))
    other = noise(30_000, 5)
    assert np.array_equal(stream.hear(other).features, prepare_sound(other).features)


def test_a_refused_recording_changes_nothing() -> None:
    stream, recording = MelStream(), noise(20_000, 6)
    stream.hear(recording[:10_000])
    with pytest.raises(BadInput):
        stream.hear(np.append(recording[:15_000], np.float32(np.nan)))
    assert stream.hear(recording).sha256 == prepare_sound(recording).sha256
