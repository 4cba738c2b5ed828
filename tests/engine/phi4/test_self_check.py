"""The self-check in words: random weights fail it, and a model that answers as expected passes."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.core.cancel import Cancelled, CancelToken
from assistant.engine.phi4 import self_check as module
from assistant.engine.phi4.self_check import ANSWER, SPOKEN, self_check


def _ignore(_what: str, _share: float) -> None:
    return


@pytest.fixture(scope="module")
def spoken(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The golden model with recordings where the published one has its examples, one of them at another rate."""
    copy = Path(shutil.copytree(folder, tmp_path_factory.mktemp("spoken") / "model"))
    (copy / "examples").mkdir()
    for name, rate in zip(SPOKEN, (16_000, 44_100), strict=True):
        noise = np.random.default_rng(0).standard_normal((rate, 2)) * 0.1
        soundfile.write(copy / "examples" / name, noise, rate)
    return copy


def test_random_weights_fail_in_words(spoken: Path) -> None:
    shares: list[float] = []
    findings = self_check(spoken, lambda _what, share: shares.append(share))
    assert [finding.passed for finding in findings] == [False, False, False]
    assert "1+1" in findings[0].words and "recording" in findings[1].words
    assert "What is shown in this image?" in findings[2].name
    assert all(0 <= share <= 1 for share in shares)


def test_recordings_that_arent_there_are_not_asked(folder: Path) -> None:
    assert len(self_check(folder, _ignore)) == 1


def test_a_model_that_answers_as_expected_passes(spoken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {1: ANSWER + " one", 2: "what is the traffic sign in the image", 3: "What is shown in this image? "}
    asked: list[int] = []

    def decode(_self: object, _ids: object) -> str:
        asked.append(1)
        return said[len(asked)]

    monkeypatch.setattr(module.Tokenizer, "decode", decode)
    findings = self_check(spoken, _ignore)
    assert [finding.passed for finding in findings] == [True, True, True]
    assert "word for word" in findings[0].words


@pytest.mark.parametrize(
    ("said", "passed", "words"),
    [
        (ANSWER, True, "word for word"),
        ("The answer for 1+1 is 2. You can count it.", True, "other words"),
        ("The answer for 1+1 is 3. This is because", False, "doesn't answer"),
        ("", False, "doesn't answer"),
    ],
)
def test_the_text_row(said: str, passed: bool, words: str) -> None:
    finding = module._text_finding(said)
    assert finding.passed is passed and words in finding.words


def test_it_can_be_stopped(folder: Path) -> None:
    cancel = CancelToken()
    cancel.set()
    with pytest.raises(Cancelled):
        self_check(folder, _ignore, cancel)
