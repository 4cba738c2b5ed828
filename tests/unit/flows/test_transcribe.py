"""A file becomes text with the right times, in constant memory, and stops when told to."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import BadInput
from assistant.core.events import Segment, Transcript
from assistant.core.media import Clip
from assistant.core.prompt import Options
from assistant.engine.base import Emit
from assistant.engine.fake import FakeEngine
from assistant.flows.transcribe import FileTranscript, transcribe_file
from tests.unit.audio import speech


class Listening(FakeEngine):
    """The fake engine, which also notes what it was given; it knows the language only of its first clip."""

    def __init__(self, language: str = "pt") -> None:
        super().__init__()
        self.clips: list[Clip] = []
        self.asked: list[str] = []
        self._language = language

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        self.clips.append(clip)
        self.asked.append(options.language)
        heard = super().transcribe(clip, options, emit, cancel)
        return Transcript(heard.text, heard.segments, options.language or self._language, heard.duration)


def transcribe(path: Path, engine: FakeEngine, **given: object) -> FileTranscript:
    segments: list[Segment] = given.pop("segments", [])  # type: ignore[assignment]
    arguments = {"emit": segments.append, "advance": lambda *_: None, "cancel": CancelToken(), **given}
    return transcribe_file(path, engine, Options(), **arguments)  # type: ignore[arg-type]


def write(path: Path, *parts: np.ndarray) -> Path:
    soundfile.write(path, np.concatenate(parts), 16_000, subtype="PCM_16")
    return path


@pytest.fixture
def two_speakers(tmp_path: Path) -> Path:
    """Silence to 3 s, a sentence, 5 s of hum, a sentence."""
    return write(
        tmp_path / "two.wav", speech.silence(3), speech.person(1), speech.hum(5), speech.person(2), speech.silence(3)
    )


def test_segments_count_from_the_files_start_and_come_as_they_are_known(two_speakers: Path) -> None:
    engine, segments = Listening(), list[Segment]()
    result = transcribe(two_speakers, engine, segments=segments)
    first, second = result.transcript.segments
    second_start = 3 + len(speech.person(1)) / 16_000 + 5
    assert first.start == pytest.approx(3.0, abs=0.6)
    assert second.start == pytest.approx(second_start, abs=0.6)
    assert second.end <= result.transcript.duration
    assert result.transcript.duration == pytest.approx(soundfile.info(two_speakers).duration)
    assert result.transcript.text == f"{first.text} {second.text}"
    assert segments == [first, second] and result.problem is None


def test_the_engine_hears_speech_only_and_never_more_than_it_takes(tmp_path: Path) -> None:
    person = speech.person(2)
    path = write(tmp_path / "long.wav", *[person, speech.silence(0.4)] * 15, speech.silence(20), person)
    engine = Listening()
    transcribe(path, engine)
    seconds = [clip.seconds for clip in engine.clips]
    assert len(seconds) >= 4 and max(seconds) <= 30
    assert sum(seconds) == pytest.approx(15 * 5.7 + 5.3, abs=4)


def test_the_language_is_detected_once_and_kept(two_speakers: Path) -> None:
    engine = Listening("pt")
    assert transcribe(two_speakers, engine).transcript.language == "pt"
    assert engine.asked == ["", "pt"]


@pytest.mark.parametrize("sound", [speech.silence(5), speech.hiss(5), speech.hum(5), speech.hiss(0.01)])
def test_without_speech_there_is_no_text_and_the_engine_is_not_asked(tmp_path: Path, sound: np.ndarray) -> None:
    engine = Listening()
    result = transcribe(write(tmp_path / "quiet.wav", sound), engine)
    assert result.transcript.text == "" and result.transcript.segments == () and engine.clips == []
    assert result.transcript.duration == pytest.approx(len(sound) / 16_000)


def test_progress_ends_at_the_end(two_speakers: Path) -> None:
    seen: list[tuple[float, float]] = []
    result = transcribe(two_speakers, Listening(), advance=lambda done, total: seen.append((done, total)))
    duration = result.transcript.duration
    assert seen[0] == (0.0, pytest.approx(duration)) and seen[-1] == (duration, duration)
    assert sorted(seen) == seen


def test_a_cancelled_file_stops_before_the_next_piece(two_speakers: Path) -> None:
    engine, cancel = Listening(), CancelToken()
    with pytest.raises(Cancelled):
        transcribe(two_speakers, engine, cancel=cancel, emit=lambda _segment: cancel.set())
    assert len(engine.clips) == 1


def test_a_cut_off_file_gives_what_it_holds_and_says_so(two_speakers: Path, tmp_path: Path) -> None:
    cut = tmp_path / "cut.wav"
    cut.write_bytes(two_speakers.read_bytes()[: 7 * 32_000])
    result = transcribe(cut, Listening())
    assert len(result.transcript.segments) == 1
    assert result.problem is not None and "cut off" in result.problem.message


def test_a_file_without_sound_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.wav").write_text("words " * 100)
    with pytest.raises(BadInput):
        transcribe(tmp_path / "text.wav", Listening())


def test_three_hours_take_no_more_memory_than_minutes(tmp_path: Path) -> None:
    sentence = speech.person(1)
    unit = write(tmp_path / "unit.wav", speech.silence(200), sentence, speech.silence(160 - len(sentence) / 16_000))
    long = tmp_path / "long.flac"
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-stream_loop", "29", "-i", str(unit), "-frame_size", "4608", str(long)],
        check=True,
    )
    process, peaks = psutil.Process(), list[int]()

    def advance(done: float, _total: float) -> None:
        if int(done) % 60 == 0:
            peaks.append(process.memory_info().rss)

    result = transcribe(long, FakeEngine(), advance=advance)
    assert result.transcript.duration == pytest.approx(3 * 3600, abs=1)
    starts = [segment.start for segment in result.transcript.segments]
    assert starts == pytest.approx([200 + 360 * n for n in range(30)], abs=0.6)
    assert max(peaks) - min(peaks[:15]) < 80_000_000, "three hours as samples are 690 MB"


@pytest.mark.models
def test_a_person_is_written_down_with_real_whisper(tmp_path: Path, models: Path) -> None:
    from assistant.engine.choose import Choice, choose
    from assistant.flows import subtitles

    path = write(tmp_path / "reader.wav", speech.silence(2), speech.person(0), speech.silence(4), speech.person(1))
    engine = choose("light", Choice(), models, in_process=True)
    try:
        result = transcribe(path, engine)  # type: ignore[arg-type]
    finally:
        engine.unload()
    words = result.transcript.text.lower()
    assert result.transcript.language == "en"
    assert "dashwood" in words and "leisure" in words and "prudently" in words
    assert result.transcript.segments[0].start == pytest.approx(2.0, abs=0.7)
    text = subtitles.srt(result.transcript.segments)
    assert text.startswith("1\n00:00:0") and " --> " in text and "Dashwood" in text


class Inventing(FakeEngine):
    """Writes under each piece what recognisers that learned from subtitles invent."""

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        said = Segment(0.0, clip.seconds / 2, "These words were said.")
        invented = Segment(clip.seconds / 2, clip.seconds, "[Music]")
        return Transcript(f"{said.text} {invented.text}", (said, invented), "en", clip.seconds)


def test_what_nobody_said_is_left_out(two_speakers: Path) -> None:
    result = transcribe(two_speakers, Inventing())
    assert [each.text for each in result.transcript.segments] == ["These words were said."] * 2
    assert "Music" not in result.transcript.text


class WithoutSegments(FakeEngine):
    """Gives the text alone."""

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        return Transcript("Only a text.", (), "en", clip.seconds)


def test_an_engine_without_segments_gets_the_pieces_times(two_speakers: Path) -> None:
    first, second = transcribe(two_speakers, WithoutSegments()).transcript.segments
    assert (first.text, second.text) == ("Only a text.", "Only a text.")
    assert first.start == pytest.approx(3.0, abs=0.6) and second.start > first.end
