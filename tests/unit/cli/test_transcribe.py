"""`hearsight transcribe` as it is called: outputs, several files, failures, exit codes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.cli.main import run
from assistant.cli.transcribe import _EXAMPLES
from assistant.core.cancel import Cancelled
from assistant.core.events import Transcript
from assistant.core.files import storage_error
from assistant.core.media import Clip
from assistant.engine.fake import FakeEngine
from tests.unit.audio import speech

README = Path(__file__).parents[3] / "README.md"


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


def test_a_folder_is_its_sounds_by_name(capsys: pytest.CaptureFixture[str], spoken: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no sound")
    (tmp_path / ".hidden.wav").write_bytes(b"")
    (tmp_path / "deep").mkdir()
    shutil.copy(spoken, tmp_path / "deep" / "inner.flac")
    code, out, _ = transcribe(capsys, "--json", str(tmp_path))
    assert code == 0 and len(out.splitlines()) == 1
    code, out, _ = transcribe(capsys, "--recursive", str(tmp_path))
    assert code == 0 and out.index("spoken.flac:") < out.index("inner.flac:")
    (tmp_path / "empty").mkdir()
    assert run(["transcribe", "--engine", "fake", "--in-process", str(tmp_path / "empty")]) == 1
    assert "holds no sound or video file" in capsys.readouterr().err


@pytest.fixture
def talks(tmp_path: Path, spoken: str) -> Path:
    """A folder with a sound, a film of the same name, and a sound further down."""
    folder = tmp_path / "talks"
    (folder / "more").mkdir(parents=True)
    shutil.copy(spoken, folder / "one.flac")
    shutil.copy(spoken, folder / "more" / "two.flac")
    picture = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5")
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", *picture, "-i", spoken, "-shortest", str(folder / "one.mp4")], check=True
    )
    return folder


def to_folder(capsys: pytest.CaptureFixture[str], talks: Path, *words: str) -> tuple[int, str, str]:
    return transcribe(capsys, "--output", str(talks.parent / "out" / "texts"), "--recursive", *words, str(talks))


def test_a_folder_becomes_files_that_the_user_alone_reads(capsys: pytest.CaptureFixture[str], talks: Path) -> None:
    code, out, err = to_folder(capsys, talks, "--format", "srt")
    texts = talks.parent / "out" / "texts"
    made = sorted(str(path.relative_to(texts)) for path in texts.rglob("*") if path.is_file())
    assert made == [".hearsight-transcripts.json", "more/two.srt", "one.flac.srt", "one.mp4.srt"]
    assert (code, out) == (0, "") and err.endswith("3 of 3 done.\n")
    assert (texts / "one.mp4.srt").read_text().startswith("1\n00:00:0")
    assert {path.stat().st_mode & 0o777 for path in texts.rglob("*") if path.is_file()} == {0o600}
    assert {path.stat().st_mode & 0o777 for path in (texts, texts.parent, texts / "more")} == {0o700}


def test_what_is_done_and_unchanged_is_not_done_again(
    capsys: pytest.CaptureFixture[str], talks: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    to_folder(capsys, talks)
    heard: list[float] = []
    real = FakeEngine.transcribe
    monkeypatch.setattr(
        FakeEngine, "transcribe", lambda self, clip, *given: heard.append(clip.seconds) or real(self, clip, *given)
    )
    code, _, err = to_folder(capsys, talks)
    assert (code, heard) == (0, []) and "3 of 3 done, 3 of them before." in err and "unchanged" in err
    os.utime(talks / "one.flac", (1, 1))
    code, _, err = to_folder(capsys, talks)
    assert code == 0 and len(heard) == 1 and "2 of them before" in err
    to_folder(capsys, talks, "--again")
    assert len(heard) == 4


def test_an_edited_text_is_never_overwritten_unless_asked(capsys: pytest.CaptureFixture[str], talks: Path) -> None:
    to_folder(capsys, talks)
    edited = talks.parent / "out" / "texts" / "one.flac.txt"
    edited.write_text("My own words.")
    assert to_folder(capsys, talks)[0] == 0 and edited.read_text() == "My own words."
    os.utime(talks / "one.flac", (1, 1))
    code, _, err = to_folder(capsys, talks)
    assert code == 1 and "left as it is" in err and edited.read_text() == "My own words."
    assert to_folder(capsys, talks, "--again")[0] == 0 and edited.read_text().startswith("I spoke")


def test_an_interrupted_file_goes_on_where_it_was(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.flac"
    parts = [part for number in (1, 2, 1) for part in (speech.person(number), speech.silence(4))]
    soundfile.write(path, np.concatenate(parts), 16_000)
    heard: list[float] = []
    real = FakeEngine.transcribe

    def hear(self: FakeEngine, clip: Clip, *given: object) -> Transcript:
        if len(heard) == 2:
            raise Cancelled
        heard.append(clip.seconds)
        return real(self, clip, *given)  # type: ignore[arg-type]

    words = ("--output", str(tmp_path / "out"), "--format", "srt", str(path))
    monkeypatch.setattr(FakeEngine, "transcribe", hear)
    assert transcribe(capsys, *words)[0] == 130
    assert not (tmp_path / "out" / "long.srt").exists()
    (pieces,) = (tmp_path / "out").glob(".*.pieces")
    assert pieces.stat().st_mode & 0o777 == 0o600
    with pieces.open("ab") as file:
        file.write(b'{"start": 8.1, "sec')
    monkeypatch.setattr(FakeEngine, "transcribe", real)
    asked: list[float] = []
    monkeypatch.setattr(
        FakeEngine, "transcribe", lambda self, clip, *given: asked.append(clip.seconds) or real(self, clip, *given)
    )
    code, _, err = transcribe(capsys, *words)
    assert code == 0 and "goes on after 0:1" in err and len(asked) == 1
    assert (tmp_path / "out" / "long.srt").read_text().count(" --> ") == 3 and not pieces.exists()


def test_pieces_of_a_changed_file_are_not_used_and_it_is_said(
    capsys: pytest.CaptureFixture[str], spoken: str, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / ".spoken.txt.pieces").write_text('{"version": 1, "source": "another"}\n')
    code, _, err = transcribe(capsys, "--output", str(tmp_path / "out"), spoken)
    assert code == 0 and "starts anew" in err and (tmp_path / "out" / "spoken.txt").exists()


def test_a_bad_file_of_a_batch_leaves_no_text_and_a_cut_one_what_it_holds(
    capsys: pytest.CaptureFixture[str], talks: Path
) -> None:
    (talks / "empty.wav").write_bytes(b"")
    (talks / "noise.mp3").write_bytes(os.urandom(4_000))
    whole = talks / "whole.wav"
    soundfile.write(whole, np.concatenate((speech.person(1), speech.silence(6))), 16_000)
    (talks / "cut.wav").write_bytes(whole.read_bytes()[: 5 * 32_000])
    subprocess.run(
        [
            "ffmpeg",
            "-loglevel",
            "error",
            "-f",
            "lavfi",
            "-i",
            "testsrc=size=64x64:rate=5",
            "-t",
            "1",
            talks / "mute.mp4",
        ],
        check=True,
    )
    code, _, err = to_folder(capsys, talks)
    texts = talks.parent / "out" / "texts"
    assert code == 1 and "4 of 8 done" in err
    assert all(word in err for word in ("empty.wav is empty", "noise.mp3 is damaged", "mute.mp4 holds no sound"))
    assert "cut off" in err and (texts / "cut.txt").read_text().startswith("I spoke")
    assert not list(texts.glob("empty*")) and not list(texts.rglob("*.pieces"))
    code, _, err = to_folder(capsys, talks)
    assert code == 1 and "cut.wav is cut off" in err, "it is said again, though the file is not done again"


def test_of_several_sound_tracks_the_first_is_taken_and_said(
    capsys: pytest.CaptureFixture[str], spoken: str, tmp_path: Path
) -> None:
    film = tmp_path / "film.mkv"
    quiet = ("-f", "lavfi", "-i", "anullsrc=r=16000:cl=mono")
    maps = ("-map", "0:a", "-map", "1:a", "-shortest")
    subprocess.run(["ffmpeg", "-loglevel", "error", "-i", spoken, *quiet, *maps, str(film)], check=True)
    code, out, err = transcribe(capsys, str(film))
    assert code == 0 and out.startswith("I spoke") and "film.mkv has 2 sound tracks: the first one" in err


def test_a_full_disk_is_said_and_keeps_the_pieces(
    capsys: pytest.CaptureFixture[str], spoken: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        raise storage_error(OSError(28, "No space left on device"), path)

    monkeypatch.setattr("assistant.flows.transcribe_batch.write_atomic", full)
    code, _, err = transcribe(capsys, "--output", str(tmp_path / "out"), spoken)
    assert code == 1 and "disk is full" in err and "Traceback" not in err
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".spoken.txt.pieces"]


def examples() -> list[str]:
    """The commands of `transcribe --help` and of the README."""
    lines = [line.split("   (")[0].strip() for line in (*_EXAMPLES.splitlines(), *README.read_text().splitlines())]
    return [line for line in lines if line.startswith("hearsight transcribe ") and "--engine" not in line]


def test_the_examples_work_as_they_are_written(spoken: str, tmp_path: Path) -> None:
    place = tmp_path / "place"
    (place / "films" / "old").mkdir(parents=True)
    for name in ("meeting.m4a", "talk.mp4", "one.wav", "two.wav", "films/a.mkv", "films/old/b.mp4"):
        subprocess.run(["ffmpeg", "-loglevel", "error", "-i", spoken, str(place / name)], check=True)
    (place / "resources").symlink_to(README.parent / "resources")
    commands = examples()
    assert len(commands) == 6
    fake = f"{sys.executable} -m assistant transcribe --engine fake"
    script = "set -e\n" + "\n".join(line.replace("hearsight transcribe", fake, 1) for line in commands)
    done = subprocess.run(["sh", "-c", script], cwd=place, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert (place / "meeting.txt").read_text().startswith("I spoke for")
    assert (place / "talk.srt").read_text().startswith("1\n00:00:0")
    made = sorted(str(path.relative_to(place / "subtitles")) for path in (place / "subtitles").rglob("*.[sv]*t"))
    assert made == ["a.srt", "old/b.srt", "speech.vtt"]
