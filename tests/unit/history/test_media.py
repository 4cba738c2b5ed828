"""Pictures, recordings and files: kept once by content, given back as they were, removed when nobody uses them."""

from __future__ import annotations

import hashlib
import os
import stat
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from assistant.core.errors import StorageError
from assistant.core.media import Clip, Picture
from assistant.history.store import History
from tests.unit.history.conftest import open_in, query
from tests.unit.history.things import noise, picture


@pytest.fixture
def message(history: History) -> int:
    return history.add_message(history.new_conversation(), "user", "question", state="sent")


def files(folder: Path) -> list[Path]:
    return [path for path in (folder / "media").rglob("*") if path.is_file()]


def test_a_picture_comes_back_pixel_by_pixel_with_its_windows(history: History, message: int) -> None:
    original = picture()
    attachment = history.attach_picture(message, original, "screen")
    (kept,) = history.message(message).attachments
    loaded = history.load_picture(kept)
    assert kept == attachment
    assert (kept.kind, kept.media_type, kept.name) == ("screen", "image/png", "Screen 1")
    assert np.array_equal(loaded.pixels, original.pixels)
    assert (loaded.sha256, loaded.name, loaded.windows, loaded.is_screen) == (
        original.sha256,
        original.name,
        original.windows,
        True,
    )


@pytest.mark.parametrize(("width", "height"), [(1, 1), (1, 500), (3840, 2)])
def test_a_picture_of_any_shape_is_kept(history: History, message: int, width: int, height: int) -> None:
    original = picture(width=width, height=height)
    assert np.array_equal(history.load_picture(history.attach_picture(message, original)).pixels, original.pixels)


def test_a_view_into_a_larger_picture_is_kept(history: History, message: int) -> None:
    view = Picture(picture().pixels[2:9, ::-1])
    assert np.array_equal(history.load_picture(history.attach_picture(message, view)).pixels, view.pixels)


def test_a_picture_that_is_a_file_already_is_not_encoded_again(history: History, message: int, tmp_path: Path) -> None:
    original, file = picture(), tmp_path / "frame.png"
    Image.fromarray(original.pixels).save(file, compress_level=9)
    attachment = history.attach_picture(message, original, "screen", file)
    assert attachment.path.read_bytes() == file.read_bytes()
    assert np.array_equal(history.load_picture(attachment).pixels, original.pixels)
    assert history.load_picture(attachment).windows == original.windows


@pytest.mark.parametrize("samples", [0, 1, 160, 16_000])
def test_a_recording_comes_back_sample_by_sample(history: History, message: int, samples: int) -> None:
    clip = Clip(noise(samples), "speech")
    attachment = history.attach_clip(message, clip)
    loaded = history.load_clip(attachment)
    assert np.array_equal(loaded.samples, clip.samples)
    assert (loaded.samples.dtype, loaded.sha256, loaded.name) == (np.float32, clip.sha256, "speech")
    assert attachment.meta["seconds"] == clip.seconds


def test_samples_that_are_no_sound_are_clipped(history: History, message: int) -> None:
    clip = Clip(np.array([2.0, -2.0, np.nan, np.inf, -np.inf, 1e-9], dtype=np.float32))
    loaded = history.load_clip(history.attach_clip(message, clip))
    assert loaded.samples == pytest.approx([1.0, -1.0, 0.0, 1.0, -1.0, 0.0], abs=1e-4)


def test_any_file_is_copied(history: History, message: int, tmp_path: Path) -> None:
    source = tmp_path / "talk.mp3"
    source.write_bytes(os.urandom(3_000_000))
    attachment = history.attach_file(message, source, "audio", "audio/mpeg", "talk.mp3")
    assert attachment.path.read_bytes() == source.read_bytes()
    assert attachment.path.suffix == ".mp3"
    with pytest.raises(StorageError, match="can't be read"):
        history.load_clip(attachment)


def test_a_rotated_photo_loads_upright(history: History, message: int, tmp_path: Path) -> None:
    source = tmp_path / "photo.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turned by 90 degrees
    Image.new("RGB", (40, 20), "red").save(source, exif=exif)
    loaded = history.load_picture(history.attach_file(message, source, "image", "image/jpeg", "photo.jpg"))
    assert (loaded.width, loaded.height) == (20, 40)


def test_a_missing_source_says_so_and_leaves_nothing(history: History, message: int, tmp_path: Path) -> None:
    with pytest.raises(StorageError):
        history.attach_file(message, tmp_path / "none.png", "image", "image/png", "none.png")
    assert history.message(message).attachments == ()


def test_the_same_content_lies_once_and_under_its_hash(history: History, message: int, folder: Path) -> None:
    first = history.attach_picture(message, picture(), "screen")
    second = history.attach_picture(message, picture(), "image")
    other = history.attach_picture(message, picture(seed=1), "screen")
    assert first.path == second.path != other.path
    assert sorted(files(folder)) == sorted([first.path, other.path])
    assert all(hashlib.sha256(path.read_bytes()).hexdigest() == path.stem for path in files(folder))
    assert (first.sha256, first.path.stem) == (first.path.stem, first.sha256)


def test_a_file_goes_with_its_last_user(history: History, folder: Path) -> None:
    conversations = [history.new_conversation() for _ in range(2)]
    messages = [history.add_message(c, "user", "q", state="sent") for c in conversations]
    for message in messages:
        history.attach_picture(message, picture(), "screen")
    history.delete(conversations[0])
    assert len(files(folder)) == 1
    assert history.load_picture(history.message(messages[1]).attachments[0]).windows
    history.remove_message(messages[1])
    assert files(folder) == []
    assert query(folder, "SELECT count(*) FROM media") == [(0,)]


def test_attaching_to_a_deleted_message_leaves_nothing(history: History, message: int, folder: Path) -> None:
    history.remove_message(message)
    with pytest.raises(StorageError, match="deleted"):
        history.attach_picture(message, picture(), "screen")
    assert files(folder) == []


def test_files_are_for_the_user_alone(history: History, message: int, folder: Path) -> None:
    old = os.umask(0)
    try:
        attachment = history.attach_picture(message, picture(), "screen")
    finally:
        os.umask(old)
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in [*folder.glob("history.db*"), attachment.path]}
    assert set(modes.values()) == {0o600}
    assert {path.name for path in modes} >= {"history.db", "history.db-wal", "history.db-shm"}
    assert stat.S_IMODE(attachment.path.parent.stat().st_mode) == 0o700


def test_a_damaged_or_missing_file_says_so(history: History, message: int) -> None:
    attachment = history.attach_picture(message, picture(), "screen")
    data = bytearray(attachment.path.read_bytes())
    data[len(data) // 2] ^= 1
    attachment.path.write_bytes(data)
    with pytest.raises(StorageError, match="damaged"):
        history.load_picture(attachment)
    attachment.path.unlink()
    with pytest.raises(StorageError, match="gone"):
        history.load_picture(attachment)
    assert history.message(message).text == "question"


def test_keeping_the_same_picture_again_heals_its_file(history: History, message: int) -> None:
    attachment = history.attach_picture(message, picture(), "screen")
    attachment.path.write_bytes(b"")
    history.attach_picture(message, picture(), "screen")
    assert np.array_equal(history.load_picture(attachment).pixels, picture().pixels)


def test_deleting_never_takes_a_file_that_another_thread_just_attached(history: History) -> None:
    kept = history.new_conversation()
    passing = [history.new_conversation() for _ in range(15)]
    for conversation in passing:
        history.attach_picture(history.add_message(conversation, "user", "q", state="sent"), picture(), "screen")

    def remove() -> None:
        for conversation in passing:
            history.delete(conversation)

    thread = threading.Thread(target=remove)
    thread.start()
    for _ in range(15):
        history.attach_picture(history.add_message(kept, "user", "q", state="sent"), picture(), "screen")
        history.remove_message(history.messages(kept)[0].id)
    history.attach_picture(history.add_message(kept, "user", "q", state="sent"), picture(), "screen")
    thread.join()
    (message,) = history.messages(kept)
    assert np.array_equal(history.load_picture(message.attachments[0]).pixels, picture().pixels)


def test_what_a_crash_left_unnoted_is_swept_away(folder: Path) -> None:
    history = open_in(folder)
    message = history.add_message(history.new_conversation(), "user", "q", state="sent")
    used = history.attach_picture(message, picture(), "screen").path
    history.close()
    lost = folder / "media" / "ab" / ("ab" * 32 + ".png")
    lost.parent.mkdir()
    lost.write_bytes(b"x")
    foreign = folder / "media" / "ab" / "mine.txt"
    foreign.write_text("not Hearsight's")
    part = folder / "media" / ".new.0123abcd.part"
    part.write_bytes(b"x")
    os.utime(part, (0, 0))
    query(folder, "INSERT INTO sessions(pid, started) VALUES(1, 1.0)")  # a session that ended without saying so
    open_in(folder).close()
    assert sorted(files(folder)) == sorted([used, foreign])
