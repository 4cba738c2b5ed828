"""Frames of real video files: at the right times, upright, few; damaged files in words."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import BadInput
from assistant.engine.phi4.captions import caption
from assistant.engine.phi4.video import _clock, read_frames
from tests.helpers.golden import read_picture

GREY = "geq=lum='20+T*20':cb=128:cr=128"
"""Twenty levels brighter each second: the brightness tells the time."""


def ffmpeg(*words: str | Path) -> None:
    subprocess.run(["ffmpeg", "-loglevel", "error", "-y", *map(str, words)], check=True)


def film(path: Path, seconds: float = 10, *more: str, size: str = "320x240", rate: int = 10) -> Path:
    source = f"color=black:s={size}:r={rate}:d={seconds},format=yuv420p,{GREY}"
    ffmpeg("-f", "lavfi", "-i", source, *more, path)
    return path


def told(pixels: np.ndarray) -> float:
    """The second that a frame's brightness tells (limited range: 16 is black, 235 white)."""
    return float((pixels.mean() * 219 / 255 + 16 - 20) / 20)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "webm", "avi", "mov", "ts"])
def test_frames_are_of_their_times(tmp_path: Path, suffix: str) -> None:
    options = ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8") if suffix == "webm" else ("-g", "30")
    frames = read_frames(film(tmp_path / f"film.{suffix}", 10, *options, size="64x48"), most=5)
    assert frames.times == pytest.approx([1, 3, 5, 7, 9], abs=0.11)
    assert [told(picture.pixels) for picture in frames.pictures] == pytest.approx(frames.times, abs=0.25)
    assert frames.seconds == pytest.approx(10, abs=0.2) and frames.missing == 0


def test_the_times_stand_in_the_prompt(tmp_path: Path) -> None:
    frames = read_frames(film(tmp_path / "a.mp4", 12), most=3)
    assert caption(frames.pictures) == 'The pictures in order: "a.mp4 at 0:02", "a.mp4 at 0:06", "a.mp4 at 0:10".\n'


def test_a_short_film_gives_two_frames_a_second(tmp_path: Path) -> None:
    frames = read_frames(film(tmp_path / "a.mp4", 2))
    assert len(frames.pictures) == 4 and frames.pictures[0].name.endswith("at 0:00.3")


def test_a_single_frame(tmp_path: Path) -> None:
    frames = read_frames(film(tmp_path / "a.mp4", 0.1))
    assert len(frames.pictures) == 1


def test_large_frames_are_made_smaller_and_keep_their_shape(tmp_path: Path) -> None:
    frames = read_frames(film(tmp_path / "a.mp4", 0.5, size="2688x1512"))
    assert frames.pictures[0].pixels.shape == (756, 1344, 3)


def test_a_film_held_upright_stands_upright(tmp_path: Path) -> None:
    """As FFmpeg itself turns it."""
    lying, turned, expected = tmp_path / "lying.mp4", tmp_path / "turned.mp4", tmp_path / "expected.png"
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=320x240:r=10:d=1", lying)
    ffmpeg("-i", lying, "-c", "copy", "-metadata:s:v:0", "rotate=90", turned)
    frames = read_frames(turned, most=1)
    ffmpeg("-ss", "0.45", "-i", turned, "-frames:v", "1", expected)
    picture = frames.pictures[0].pixels
    assert picture.shape == (320, 240, 3)
    assert np.abs(picture.astype(int) - read_picture(expected)).mean() < 3


def test_a_film_that_does_not_say_how_long_it_is(tmp_path: Path) -> None:
    path = film(tmp_path / "a.h264", 9, "-c:v", "libx264", "-preset", "ultrafast")
    frames = read_frames(path, most=8)
    assert 4 <= len(frames.pictures) <= 8
    levels = [told(picture.pixels) for picture in frames.pictures]
    assert levels == sorted(levels) and np.ptp(levels) > 5 and np.ptp(np.diff(levels)) < 0.5


def test_a_film_cut_off(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", 10, "-c:v", "mjpeg")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames = read_frames(path, most=10)
    assert frames.missing and len(frames.pictures) + frames.missing == 10
    assert [told(picture.pixels) for picture in frames.pictures] == pytest.approx(frames.times, abs=0.25)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.mp4", b"", "damaged, cut off, or no video"),
        ("a.mp4", b"hello", "damaged, cut off, or no video"),
        ("a.m3u8", b"#EXTM3U\n#EXTINF:9,\nhttp://127.0.0.1:9/a.ts\n", "damaged, cut off, or no video"),
    ],
)
def test_what_is_no_film(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=words):
        read_frames(tmp_path / name)


def test_no_file_and_a_folder(tmp_path: Path) -> None:
    for path in (tmp_path / "none.mp4", tmp_path):
        with pytest.raises(BadInput, match="no file"):
            read_frames(path)


def test_sound_alone_even_with_a_cover(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=d=1", tmp_path / "a.mp3")
    ffmpeg("-f", "lavfi", "-i", "color=red:s=32x32", "-frames:v", "1", tmp_path / "cover.png")
    covered = tmp_path / "b.mp3"
    ffmpeg("-i", tmp_path / "a.mp3", "-i", tmp_path / "cover.png", "-map", "0", "-map", "1", "-c:a", "copy", covered)
    for path in (tmp_path / "a.mp3", covered):
        with pytest.raises(BadInput, match="holds no video"):
            read_frames(path)


def test_a_stop_is_seen(tmp_path: Path) -> None:
    cancel = CancelToken()
    cancel.set()
    with pytest.raises(Cancelled):
        read_frames(film(tmp_path / "a.mp4", 1), cancel=cancel)


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [
        (5.25, 1, "0:05.2"),
        (59.96, 1, "1:00.0"),
        (65, 0, "1:05"),
        (3725, 0, "1:02:05"),
        (59.6, 0, "1:00"),
        (0, 0, "0:00"),
    ],
)
def test_times_for_people(seconds: float, digits: int, text: str) -> None:
    assert _clock(seconds, digits) == text
