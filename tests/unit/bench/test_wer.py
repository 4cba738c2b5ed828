"""`bench wer`: how words are counted, which files count, and the whole bench on a small real set."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from assistant.audio.files import write_wav
from assistant.bench import wer, wer_set
from assistant.bench.sounds import KINDS
from assistant.bench.wer_files import samples
from assistant.bench.wer_text import Score, difference, interval, normal, score, total
from assistant.core.errors import BadInput, EngineUnavailable
from assistant.core.media import SAMPLE_RATE, Clip


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("Hello,  WORLD! “Yes.”", "en", "hello world yes"),
        ("twenty-five cats, 1,250 dogs", "en", "25 cats 1250 dogs"),
        ("Don’t stop – it's 3.5 percent.", "en", "dont stop its 3.5 percent"),
        ("fünfundzwanzig Straßen", "de", "25 strassen"),
        ("１２ ﬁsh", "pl", "12 fish"),
        ("今天 很好。", "zh", "今 天 很 好"),
        ("snake_case", "en", "snake case"),
    ],
)
def test_what_is_made_equal(text: str, language: str, expected: str) -> None:
    assert normal(text, language) == expected


def test_errors_are_substitutions_deletions_and_insertions() -> None:
    assert score("a b c d", "a x c") == Score(4, 2)
    assert score("Five cats.", "5 cats") == Score(2, 0)
    assert score("a b", "") == Score(2, 2)
    assert score("", "two words") == Score(0, 2)
    assert total([Score(4, 2), Score(6, 0)]).rate == 0.2


def test_the_interval_holds_the_rate_and_shrinks_with_more_files() -> None:
    few = [Score(10, errors) for errors in (0, 1, 2, 3, 4)]
    low, high = interval(few)
    assert low < total(few).rate < high
    narrow = interval(few * 20)
    assert narrow[1] - narrow[0] < (high - low) / 2
    assert interval(few) == (low, high)
    assert interval([]) == (0.0, 0.0)


def test_the_difference_is_paired() -> None:
    one, other = [Score(10, e) for e in (1, 5, 9)], [Score(10, e) for e in (0, 4, 8)]
    assert difference(one, other) == (-0.1, -0.1, -0.1)


def test_a_missing_jiwer_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jiwer", None)
    with pytest.raises(EngineUnavailable, match="pip install"):
        score("a", "a")


def test_which_files_count(tmp_path: Path) -> None:
    sound = Clip(np.zeros(SAMPLE_RATE, np.float32))
    for name in ("b.wav", "a.wav"):
        write_wav(tmp_path / name, sound)
    (tmp_path / "a.txt").write_text("\ufeffHello\n", "utf-8")
    (tmp_path / "a.screen").write_text("Kowalski", "utf-8")
    (tmp_path / "notes.md").write_text("no sound", "utf-8")
    (tmp_path / ".hidden").write_text("no sound", "utf-8")
    assert [(s.sound.name, s.said, s.screen) for s in samples(tmp_path)] == [
        ("a.wav", "Hello", "Kowalski"),
        ("b.wav", "", ""),
    ]


def test_folders_without_sound_are_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no sound"):
        samples(tmp_path)
    with pytest.raises(BadInput, match="no folder"):
        samples(tmp_path / "none")
    with pytest.raises(BadInput, match="needs a folder"):
        wer.measure(argparse.Namespace(folder=""))
    (tmp_path / "a.wav").write_bytes(b"x")
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(BadInput, match="UTF-8"):
        samples(tmp_path)


@pytest.mark.parametrize("kind", KINDS)
def test_the_sounds_are_sound_and_the_same_each_time(kind: str) -> None:
    one, again = KINDS[kind](0.7, 3), KINDS[kind](0.7, 3)
    assert one.dtype == np.float32 and one.shape == (round(0.7 * SAMPLE_RATE),)
    assert np.array_equal(one, again) and np.abs(one).max() <= 1.0
    assert (np.sqrt(np.mean(one**2)) > 0.0003) == (kind != "silence")


@pytest.mark.models
def test_the_bench_on_a_small_real_set(tmp_path: Path) -> None:
    wer_set.make(tmp_path, sentences=2)
    for noise in (tmp_path / "noise").iterdir():
        if noise.stem in ("keyboard-1s", "music-1s", "breath-1s"):
            noise.rename(tmp_path / "speech" / noise.name)
    (tmp_path / "speech" / "broken.wav").write_bytes(b"RIFF no sound")
    command = [sys.executable, "-m", "assistant", "--engine", "light", "bench", "wer", str(tmp_path / "speech")]
    done = subprocess.run(
        [*command, "--language", "en", "--spelling", "compare", "--json"], check=True, capture_output=True, text=True
    )
    found = json.loads(done.stdout.splitlines()[-1])
    metrics = found["metrics"]
    assert metrics["files_off"] == 4 and metrics["noise_files_off"] == 3 and metrics["names_off"] == 4
    assert metrics["wer_low_share_off"] <= metrics["wer_share_off"] <= metrics["wer_high_share_off"] < 0.7
    assert metrics["names_right_share_both"] > metrics["names_right_share_off"]
    assert [metrics[f"inserted_characters_{mode}"] for mode in wer.SPELLINGS] == [0, 0, 0, 0]
    assert sum("broken.wav" in note for note in found["notes"]) == 1
    assert all(goal["met"] for goal in found["goals"])
