"""`hearsight transcribe` as it is called: outputs, several files, failures, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.cli.main import run
from tests.unit.audio import speech


@pytest.fixture
def spoken(tmp_path: Path) -> str:
    path = tmp_path / "spoken.flac"
    soundfile.write(path, np.concatenate((speech.silence(1), speech.person(1))), 16_000)
    return str(path)


def transcribe(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = run(["transcribe", "--engine", "fake", "--in-process", *words])
    out, err = capsys.readouterr()
    return code, out, err


def test_text_is_the_default(capsys: pytest.CaptureFixture[str], spoken: str) -> None:
    code, out, _ = transcribe(capsys, spoken)
    assert code == 0 and out.startswith("I spoke for ") and out.endswith(".\n")


def test_json_holds_all_of_it(capsys: pytest.CaptureFixture[str], spoken: str) -> None:
    code, out, _ = transcribe(capsys, "--json", spoken)
    found = json.loads(out)
    assert code == 0 and set(found) == {"text", "segments", "language", "duration", "engine"}
    assert found["engine"] == "fake" and found["language"] == "en"
    assert found["duration"] == pytest.approx(1 + len(speech.person(1)) / 16_000, abs=0.01)
    (segment,) = found["segments"]
    assert segment["text"] == found["text"] and 0.5 < segment["start"] < segment["end"] <= found["duration"]


def test_subtitles(capsys: pytest.CaptureFixture[str], spoken: str) -> None:
    code, out, _ = transcribe(capsys, "--format", "srt", spoken)
    assert code == 0 and out.startswith("1\n00:00:0")
    code, out, _ = transcribe(capsys, "--format", "vtt", spoken)
    assert code == 0 and out.startswith("WEBVTT\n\n00:00:0")


def test_one_bad_file_stops_no_other_and_is_named(
    capsys: pytest.CaptureFixture[str], spoken: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.wav").write_bytes(b"")
    code, out, err = transcribe(capsys, "--json", str(tmp_path / "empty.wav"), spoken, str(tmp_path / "no.wav"))
    assert code == 1
    assert len(out.splitlines()) == 1 and json.loads(out)["text"].startswith("I spoke")
    assert [line.split(": ")[0] for line in err.splitlines()] == ["hearsight", "hearsight"]
    assert "empty.wav is empty" in err and "no.wav" in err and "Traceback" not in err


def test_several_files_are_told_apart(capsys: pytest.CaptureFixture[str], spoken: str) -> None:
    code, out, _ = transcribe(capsys, spoken, spoken)
    assert code == 0 and out.count(f"{spoken}:\n") == 2
    code, out, _ = transcribe(capsys, "--json", spoken, spoken)
    assert [json.loads(line)["engine"] for line in out.splitlines()] == ["fake", "fake"]


def test_what_a_cut_off_file_holds_is_given(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    whole = tmp_path / "whole.wav"
    soundfile.write(whole, np.concatenate((speech.person(1), speech.silence(6))), 16_000)
    (tmp_path / "cut.wav").write_bytes(whole.read_bytes()[: 5 * 32_000])
    code, out, err = transcribe(capsys, "--json", str(tmp_path / "cut.wav"))
    found = json.loads(out)
    assert code == 1 and "cut off" in err and "cut off" in found["error"] and found["text"].startswith("I spoke")


def test_silence_gives_no_text(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    soundfile.write(tmp_path / "quiet.wav", speech.silence(3), 16_000)
    assert transcribe(capsys, str(tmp_path / "quiet.wav"))[:2] == (0, "")
    assert transcribe(capsys, "--format", "srt", str(tmp_path / "quiet.wav"))[:2] == (0, "")


@pytest.mark.parametrize(
    "words", [[], ["--format", "doc", "a.wav"], ["--json", "--format", "srt", "a.wav"], ["--language", "english", "a"]]
)
def test_wrong_usage_is_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        run(["transcribe", *words])
    assert caught.value.code == 2 and "usage:" in capsys.readouterr().err
