"""The running app with the fake engine: keys, triggers, one instance, and what survives its death."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.desk import Desk
from assistant.flows import drafts, recovery

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(240)]

DEMO = Path(__file__).parents[2] / "resources" / "demo"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """One display and one microphone for this file; each test has a profile and an app of its own."""
    with Desk(tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("models"), "fake") as desk:
        yield desk


@pytest.fixture
def desk(place: Desk, tmp_path: Path) -> Iterator[Desk]:
    place.move_to(tmp_path / "home")
    place.start_app()
    place.until("commands", lambda: place.command("trigger", "cancel").returncode == 0)
    yield place
    place.release()
    place.quit_app()


def answered(desk: Desk, count: int = 1) -> bool:
    return sum(m.state == "done" for m in desk.messages()) >= count


def recording(desk: Desk) -> list[Path]:
    """Folders of recordings under way that hold speech already."""
    return [path for path in desk.paths.recordings.glob("*/*") if path.suffix == ".wav" and path.stat().st_size > 4096]


def speak(desk: Desk) -> None:
    desk.until("the recording", lambda: recording(desk))
    desk.sound.play(DEMO / "speech.wav", wait=True)
    time.sleep(0.3)


def test_two_questions_by_key_make_one_conversation(desk: Desk) -> None:
    for count in (1, 2):
        desk.press()
        speak(desk)
        desk.release()
        desk.until("an answer", lambda count=count: answered(desk, count))
    messages = desk.messages()
    assert [m.role for m in messages] == ["user", "assistant"] * 2
    assert len({m.conversation_id for m in messages}) == 1
    assert all([a.kind for a in m.attachments] == ["screen", "audio"] for m in messages if m.role == "user")


def test_compositor_bindings_do_what_the_key_does(desk: Desk) -> None:
    assert desk.command("trigger", "ask", "--press").returncode == 0
    speak(desk)
    assert desk.command("trigger", "ask", "--release").returncode == 0
    desk.until("an answer", lambda: answered(desk))


def test_hands_free_sends_after_silence(desk: Desk) -> None:
    assert desk.command("trigger", "ask").returncode == 0
    speak(desk)
    desk.until("an answer", lambda: answered(desk), 30)


def test_silence_is_not_answered(desk: Desk) -> None:
    desk.press()
    time.sleep(2.5)
    desk.release()
    time.sleep(2.0)
    assert desk.messages() == []
    assert list(desk.paths.recordings.iterdir()) == []


def test_escape_keeps_what_was_said_as_a_draft(desk: Desk) -> None:
    desk.press()
    speak(desk)
    desk.hand("key", "Escape")
    desk.release()
    desk.until("the draft with all it holds", lambda: [m for m in desk.messages() if len(m.attachments) == 2])
    [draft] = desk.messages()
    assert (draft.state, [a.kind for a in draft.attachments]) == ("draft", ["screen", "audio"])


def test_a_second_start_shows_the_first_window(desk: Desk) -> None:
    second = desk.command("--engine", "fake")
    assert second.returncode == 0
    assert "already running" in second.stderr


def test_killed_while_recording_nothing_is_lost(desk: Desk) -> None:
    desk.press()
    desk.until("the recording", lambda: recording(desk))
    began = time.monotonic()
    desk.sound.play(DEMO / "speech.wav")
    time.sleep(3.0)
    assert desk.app is not None
    os.kill(desk.app.pid, signal.SIGKILL)
    seconds = time.monotonic() - began
    desk.app.wait()
    [draft] = drafts.left_behind(desk.paths.recordings)
    question = recovery.question_of(draft)
    assert question.clip is not None
    assert abs(draft.seconds - question.clip.seconds) < 0.1
    # At most 250 ms short of the last buffer; a buffer takes up to 0.1 s to arrive through the sound server.
    assert question.clip.seconds >= seconds - 0.5
    assert [(p.width, p.height, p.is_screen) for p in question.pictures] == [(1920, 1080, True)]
    desk.release()
    desk.start_app()
    time.sleep(1.0)
    assert len(drafts.left_behind(desk.paths.recordings)) == 1


def test_without_a_display_it_says_so(desk: Desk) -> None:
    done = desk.command_without_display()
    assert done.returncode == 1
    assert "no display" in done.stderr
    assert "Traceback" not in done.stderr


def test_trigger_without_an_instance_says_so(place: Desk, tmp_path: Path) -> None:
    place.move_to(tmp_path / "nobody")
    done = place.command("trigger", "ask")
    assert done.returncode == 1
    assert "not running" in done.stderr
