"""Every kind of sound file is read right; what can't be read is refused in plain words."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from assistant.audio.files import BLOCK, open_sound, read_clip, stream_blocks, write_wav
from assistant.core.errors import BadInput
from assistant.core.media import Clip
from tests.helpers.sound import correlation

SECONDS = 3.0
SWEEP = ("-f", "lavfi", "-i", f"aevalsrc=0.3*sin(2*PI*(200+200*t)*t):s=48000:d={SECONDS}")


def ffmpeg(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, words)], check=True)


def sweep() -> np.ndarray:
    t = np.arange(int(SECONDS * 16_000)) / 16_000
    return (0.3 * np.sin(2 * np.pi * (200 + 200 * t) * t)).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sounds")


FORMATS = {
    "wav": (),
    "flac": (),
    "mp3": (),
    "ogg": (),
    "opus": (),
    "m4a": (),
    "aac": (),
    "wma": (),
    "aiff": (),
    "au": (),
    "webm": (),
    "mkv": ("-c:a", "ac3"),
    "mp4": (),
    "caf": (),
    "mp2": (),
    "8k.wav": ("-ar", "8000", "-c:a", "pcm_mulaw"),
    "11k.wav": ("-ar", "11025", "-c:a", "pcm_u8"),
    "44k.wav": ("-ar", "44100", "-ac", "2", "-c:a", "pcm_s24le"),
    "96k.wav": ("-ar", "96000", "-c:a", "pcm_f32le"),
    "96k.flac": ("-ar", "96000", "-c:a", "flac"),
    "51.wav": ("-ac", "6"),
    "51.m4a": ("-ac", "6", "-c:a", "aac"),
    "51.flac": ("-ac", "6"),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_rate_and_layout_gives_the_same_sound(folder: Path, name: str) -> None:
    path = folder / f"a.{name}"
    ffmpeg(*SWEEP, *FORMATS[name], path)
    clip = read_clip(path)
    assert clip.samples.dtype == np.float32
    assert clip.seconds == pytest.approx(SECONDS, abs=0.1)
    assert open_sound(path).seconds == pytest.approx(SECONDS, abs=0.15)
    assert correlation(clip.samples, sweep()[2_000:-2_000]) > 0.98
    assert np.abs(clip.samples).max() <= 1.0


def test_channels_of_a_51_file_all_are_heard(folder: Path) -> None:
    path = folder / "centre.wav"
    ffmpeg("-f", "lavfi", "-i", "aevalsrc=0|0|0.5*sin(2*PI*440*t)|0|0|0:s=48000:d=1:c=5.1", path)
    assert np.abs(read_clip(path).samples).max() > 0.1


def test_too_loud_a_mix_stays_in_range(folder: Path) -> None:
    path = folder / "loud.wav"
    soundfile.write(path, np.full((8_000, 6), 0.99, np.float32), 48_000)
    assert np.abs(read_clip(path).samples).max() <= 1.0
    soundfile.write(path, np.array([np.nan, np.inf, -np.inf, 5.0] * 4_000, np.float32), 16_000, subtype="FLOAT")
    assert np.abs(read_clip(path).samples).max() <= 1.0


def test_a_hundredth_of_a_second_is_read(folder: Path) -> None:
    path = folder / "short.wav"
    soundfile.write(path, np.full(480, 0.25, np.float32), 48_000)
    assert len(read_clip(path).samples) == 160


def test_blocks_are_of_one_second(folder: Path) -> None:
    path = folder / "blocks.flac"
    ffmpeg(*SWEEP, path)
    sizes = [len(block) for block in stream_blocks(path)]
    assert sizes[:-1] == [BLOCK] * (len(sizes) - 1) and sum(sizes) == SECONDS * 16_000


def test_the_sound_of_a_video_is_read_and_one_without_is_refused(folder: Path) -> None:
    video = ("-f", "lavfi", "-i", "testsrc=size=64x64:rate=5")
    ffmpeg(*video, *SWEEP, "-shortest", folder / "film.mp4")
    assert read_clip(folder / "film.mp4").seconds == pytest.approx(SECONDS, abs=0.3)
    ffmpeg(*video, "-t", "1", folder / "mute.mp4")
    with pytest.raises(BadInput, match="holds no sound"):
        read_clip(folder / "mute.mp4")


@pytest.mark.parametrize("extension", ["wav", "flac", "mp3", "m4a", "mkv", "webm", "aac", "aiff"])
def test_a_file_that_is_cut_off_is_said_to_be_so(folder: Path, extension: str) -> None:
    path = folder / f"whole.{extension}"
    ffmpeg(*SWEEP, path)
    cut = folder / f"cut.{extension}"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2 + 3])
    with pytest.raises(BadInput, match="cut off"):
        read_clip(cut)


def test_what_can_be_read_of_a_cut_off_file_comes_first(folder: Path) -> None:
    path = folder / "cut.flac"
    ffmpeg(*SWEEP, folder / "whole2.flac")
    path.write_bytes((folder / "whole2.flac").read_bytes()[:-20_000])
    got: list[np.ndarray] = []
    with pytest.raises(BadInput, match="cut off"):
        got.extend(stream_blocks(path))
    heard = np.concatenate(got)
    assert len(heard) > 16_000 and correlation(heard, sweep()[: len(heard) - 400]) > 0.98


def test_a_recording_that_still_goes_on_is_not_cut_off(folder: Path) -> None:
    from assistant.audio.spool import Spool

    spool = Spool(folder / "live", 48_000, 1)
    spool.write(np.full((48_000, 1), 500, np.int16))
    assert read_clip(spool.path).seconds == 1.0
    spool.abandon()


BAD = {
    "empty.wav": (b"", "is empty"),
    "text.txt": (b"Just some words.\n" * 40, "holds no sound|no sound file"),
    "noise.wav": (os.urandom(3_000), "damaged, cut off, or no sound"),
    "header.wav": (b"RIFF\x24\x00\x00\x00WAVEfmt ", "damaged, cut off, or no sound"),
    "list.m3u8": (b"#EXTM3U\n#EXTINF:10,\nhttp://127.0.0.1:9/a.ts\n", "no sound file"),
    "list.ffconcat": (b"ffconcat version 1.0\nfile /etc/passwd\n", "no sound"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_sound_is_refused_in_plain_words(folder: Path, name: str) -> None:
    data, words = BAD[name]
    (folder / name).write_bytes(data)
    with pytest.raises(BadInput, match=words) as caught:
        read_clip(folder / name)
    assert name in caught.value.message


def test_a_missing_file_and_a_folder_are_named(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"no file .*absent\.wav"):
        read_clip(folder / "absent.wav")
    with pytest.raises(BadInput, match="is a folder"):
        read_clip(folder)


def test_a_picture_is_refused(folder: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=size=64x64", "-frames:v", "1", folder / "picture.png")
    with pytest.raises(BadInput, match="holds no sound"):
        read_clip(folder / "picture.png")


def test_odd_names_are_names(folder: Path) -> None:
    path = folder / "concat:a b|#%20é 'x'.wav"
    soundfile.write(path, np.zeros(1_600, np.float32), 16_000)
    assert len(read_clip(path).samples) == 1_600


def test_long_files_are_streamed_in_constant_memory_and_refused_as_a_clip(folder: Path) -> None:
    path = folder / "hour.flac"
    ffmpeg("-f", "lavfi", "-i", "anullsrc=r=8000:cl=mono", "-t", str(3600), path)
    process, count = psutil.Process(), 0
    before = peak = process.memory_info().rss
    for number, block in enumerate(stream_blocks(path)):
        count += len(block)
        if number % 100 == 0:
            peak = max(peak, process.memory_info().rss)
    assert count == 3600 * 16_000
    assert peak - before < 60_000_000, "an hour as samples is 230 MB"
    with pytest.raises(BadInput, match="longer than half an hour"):
        read_clip(path)


def test_what_is_written_is_read_back(folder: Path) -> None:
    samples = sweep()
    write_wav(folder / "written.wav", Clip(samples))
    assert np.abs(read_clip(folder / "written.wav").samples - samples).max() < 1e-4
