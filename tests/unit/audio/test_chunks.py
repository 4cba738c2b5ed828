"""Long sound is cut at silences into pieces of at most 30 s, and no speech is lost between them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from assistant.audio.chunks import LIVE, Chunk, Chunker, chunks
from tests.unit.audio import speech

LONGEST = 30.0


def cut(samples: np.ndarray, block: int = 16_000) -> list[Chunk]:
    return list(chunks(samples[start : start + block] for start in range(0, len(samples), block)))


def end(chunk: Chunk) -> float:
    return chunk.start + len(chunk.samples) / 16_000


@pytest.fixture(scope="module")
def lecture() -> np.ndarray:
    """A minute of a reader, with pauses of 0.3 to 5 s and noise in two of them."""
    people = [speech.person(number) for number in range(5)]
    pauses = [speech.silence(0.3), speech.hiss(1.0, 0.002), speech.silence(5), speech.hum(3), speech.silence(0.6)]
    round_ = [part for pair in zip(people, pauses, strict=True) for part in pair]
    return np.concatenate(round_ * 2)


@pytest.fixture(scope="module")
def pieces(lecture: np.ndarray) -> list[Chunk]:
    return cut(lecture)


def test_pieces_are_in_order_short_enough_and_cut_from_the_sound(lecture: np.ndarray, pieces: list[Chunk]) -> None:
    assert len(pieces) >= 4
    for chunk in pieces:
        start = round(chunk.start * 16_000)
        assert len(chunk.samples) <= LONGEST * 16_000
        assert np.array_equal(chunk.samples, lecture[start : start + len(chunk.samples)])
    assert all(end(a) <= b.start for a, b in pairwise(pieces))


def test_all_speech_is_in_a_piece(lecture: np.ndarray, pieces: list[Chunk]) -> None:
    covered = np.zeros(len(lecture), bool)
    for chunk in pieces:
        start = round(chunk.start * 16_000)
        covered[start : start + len(chunk.samples)] = True
    loud = np.abs(lecture) > 0.1
    assert covered[loud].mean() > 0.995


def test_silence_and_noise_give_no_piece() -> None:
    assert cut(np.concatenate((speech.silence(20), speech.hiss(5), speech.hum(5), *[speech.click()] * 4))) == []
    assert cut(np.zeros(0, np.float32)) == []
    assert cut(speech.hiss(0.01)) == []


def test_speech_without_a_pause_is_cut_within_thirty_seconds() -> None:
    person = speech.person(2)[8_000:-8_000]
    found = cut(np.concatenate([person] * 10))
    total = len(person) * 10 / 16_000
    assert all(15 <= len(c.samples) / 16_000 <= LONGEST for c in found[:-1])
    assert all(abs(end(a) - b.start) < 0.3 for a, b in pairwise(found))
    assert sum(len(c.samples) for c in found) / 16_000 > 0.97 * total


def test_cuts_fall_into_pauses() -> None:
    person = speech.person(1)
    pause = 0.5
    sound = np.concatenate([person, speech.silence(pause)] * 11)
    period = len(person) / 16_000 + pause
    for chunk in cut(sound)[:-1]:
        behind = end(chunk) % period - len(person) / 16_000
        quiet = sound[int(end(chunk) * 16_000) - 400 : int(end(chunk) * 16_000) + 400]
        assert behind > -1.0 and np.abs(quiet).max() < 0.05


def test_more_sound_does_not_change_earlier_cuts(lecture: np.ndarray, pieces: list[Chunk]) -> None:
    chunker = Chunker()
    early = list(chunker.feed(lecture[: len(lecture) // 2]))
    assert early
    for chunk, same in zip(early, pieces, strict=False):
        assert chunk.start == same.start and np.array_equal(chunk.samples, same.samples)


def test_the_size_of_the_blocks_changes_nothing(lecture: np.ndarray, pieces: list[Chunk]) -> None:
    for a, b in zip(pieces, cut(lecture, 3_333), strict=True):
        assert a.start == b.start and np.array_equal(a.samples, b.samples)


def test_the_last_word_is_kept_to_its_end() -> None:
    person = speech.person()
    (chunk,) = cut(np.concatenate((speech.silence(1), person)))
    assert end(chunk) == pytest.approx(1 + len(person) / 16_000)


def live(samples: np.ndarray, block: int = 800) -> tuple[Chunker, list[Chunk]]:
    chunker = Chunker(LIVE)
    found = [chunk for at in range(0, len(samples), block) for chunk in chunker.feed(samples[at : at + block])]
    return chunker, found


def test_while_somebody_speaks_short_pauses_end_a_piece_that_has_enough() -> None:
    person = speech.person(1)
    chunker, found = live(np.concatenate([person, speech.silence(0.8)] * 8))
    assert len(found) >= 3
    assert all(c.seconds <= LIVE.longest and not c.forced for c in found)
    assert all(end(a) <= b.start for a, b in pairwise(found))
    assert chunker.heard and chunker.silence >= 0.5


def test_a_piece_that_ends_in_mid_speech_is_repeated_by_the_next_one() -> None:
    person = speech.person(2)[8_000:-8_000]
    sound = np.concatenate([person] * 12)
    chunker, found = live(sound)
    forced = [(a, b) for a, b in pairwise(found) if a.forced]
    assert forced
    for a, b in forced:
        assert LIVE.overlap - 0.05 < end(a) - b.start <= LIVE.overlap
    last = chunker.open
    assert last is not None
    start = round(last.start * 16_000)
    assert np.array_equal(last.samples, sound[start : start + len(last.samples)])


def test_where_nobody_has_spoken_nothing_is_under_way() -> None:
    chunker, found = live(np.concatenate((speech.silence(2), speech.hiss(1), speech.click())))
    assert (chunker.open, found, chunker.heard) == (None, [], False)
