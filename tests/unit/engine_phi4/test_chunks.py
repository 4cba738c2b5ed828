"""Where the Phi-4 engine finds speech, and how it cuts it."""

from __future__ import annotations

import numpy as np
import pytest

from assistant.engine.phi4.chunks import Cutter
from assistant.engine.speech_chunks import LONGEST
from tests.unit.audio.speech import click, hiss, hum, person, silence

RATE = 16_000


def pieces(samples: np.ndarray) -> list[tuple[int, int, bool]]:
    return [(each.start, each.end, each.settled) for each in Cutter().cut(samples.astype(np.float32))]


@pytest.mark.parametrize(
    "sound", [silence(3), silence(0), hiss(3), hum(3), click()], ids=["silence", "none", "hiss", "hum", "click"]
)
def test_what_is_no_voice_is_nothing(sound: np.ndarray) -> None:
    assert pieces(sound) == []


def test_a_sentence_is_found_whole() -> None:
    sentence = person()
    found = pieces(np.concatenate([silence(2), sentence, silence(2)]))
    assert sum(end - start for start, end, _ in found) > 0.7 * len(sentence)
    assert found[0][0] > RATE
    assert found[-1][2], "the silence behind it settles it"


def test_a_low_voice_is_found_as_well() -> None:
    sentence = person()
    loud, low = pieces(sentence), pieces(sentence * 10 ** (-30 / 20))
    assert sum(end - start for start, end, _ in low) > 0.7 * sum(end - start for start, end, _ in loud)


def test_a_longer_recording_begins_with_the_same_pieces() -> None:
    sound = np.concatenate([part for number in range(4) for part in (person(number), silence(1))])
    whole = pieces(sound)
    assert len(whole) > 1
    for seconds in (8, 14, 21):
        settled = [piece for piece in pieces(sound[: seconds * RATE])[:-1] if piece[2]]
        assert [piece[:2] for piece in settled] == [piece[:2] for piece in whole[: len(settled)]]


def test_speech_without_a_pause_is_cut_below_thirty_seconds() -> None:
    voiced = np.concatenate([person(number)[RATE // 2 : -RATE // 2] for number in range(4)] * 2)
    found = pieces(voiced)
    assert all(end - start <= LONGEST + RATE // 2 for start, end, _ in found)
    assert found[-1][1] > 0.9 * len(voiced)


def test_what_is_closed_stays_as_the_recording_goes_on() -> None:
    cutter = Cutter()
    sound = np.concatenate([np.concatenate([person(), silence(2)])] * 4).astype(np.float32)
    first = cutter.cut(sound)
    longer = np.concatenate([sound, silence(1)]).astype(np.float32)
    assert cutter.cut(longer)[: len(first) - 1] == first[:-1]
