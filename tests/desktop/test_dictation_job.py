"""Dictation as a user does it: real key, real microphone, real windows, the app as it is started."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.desk import Desk
from assistant.bench.targets import Editor, Mousepad, focus
from assistant.flows import dictation_recovery
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.settings.store import SettingsStore

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(290)]

DEMO = Path(__file__).parents[2] / "resources" / "demo"


@pytest.fixture
def desk(tmp_path: Path, models: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "home", models, "fake") as place:
        yield place


def start(desk: Desk) -> None:
    desk.start_app()
    desk.until("commands", lambda: desk.command("trigger", "cancel").returncode == 0)


def recording(desk: Desk) -> bool:
    """Whether speech is on its way to the disk."""
    return any(path.stat().st_size > 4096 for path in desk.paths.recordings.glob("*/*.wav"))


@pytest.mark.models
def test_hold_the_key_speak_release_and_the_words_are_in_the_editor(tmp_path: Path, models: Path) -> None:
    with Desk(tmp_path / "home", models, "light") as desk:
        start(desk)
        with Mousepad(desk.screen, tmp_path) as editor:
            focus(desk.screen, editor)
            desk.press("d")
            desk.until("the recording", lambda: recording(desk))
            desk.sound.play(DEMO / "speech.wav", wait=True)
            desk.release("d")
            desk.until("the dictation", lambda: any(d.audio for d in desk.dictations()), 120)
            [dictation] = desk.dictations()
            assert dictation.state == "typed"
            assert re.search(r"look at my budget.*March", dictation.text)
            assert dictation.program.lower() == "mousepad"
            assert editor.text() == dictation.text
            assert list(desk.paths.recordings.iterdir()) == []
        assert desk.quit_app() == 0


def test_compositor_bindings_dictate_undo_and_paste_again(desk: Desk) -> None:
    start(desk)
    with Editor(desk.env) as editor:
        focus(desk.screen, editor)
        assert desk.command("trigger", "dictate", "--press").returncode == 0
        desk.until("the recording", lambda: recording(desk))
        desk.sound.play(DEMO / "speech.wav", wait=True)
        assert desk.command("trigger", "dictate", "--release").returncode == 0
        desk.until("the text", lambda: any(d.state == "typed" for d in desk.dictations()))
        text = desk.dictations()[0].text
        editor.wait_for(text)
        desk.command("trigger", "again")
        editor.wait_for(text * 2)
        time.sleep(0.3)
        desk.command("trigger", "undo")
        editor.wait_for(text)
    listed = desk.command("history", "dictations")
    assert text.strip() in listed.stdout
    refused = desk.command("trigger", "undo", "--press")
    assert refused.returncode == 1 and "no key" in refused.stderr


def test_killed_while_dictating_the_sound_is_offered(desk: Desk) -> None:
    start(desk)
    desk.press("d")
    desk.until("the recording", lambda: recording(desk))
    desk.sound.play(DEMO / "speech.wav")
    time.sleep(2.0)
    kill(desk)
    desk.release("d")
    [draft] = dictation_recovery.sounds(desk.paths.recordings)
    assert draft.job == "dictate" and draft.seconds > 1.5


def test_killed_before_it_was_typed_the_text_is_offered(desk: Desk) -> None:
    settings = Settings()
    settings.dictation.when_moved = "wait"
    desk.paths.create()
    SettingsStore(desk.paths.settings_file).save(settings)
    start(desk)
    with Editor(desk.env) as editor, Editor(desk.env, "Elsewhere") as other:
        focus(desk.screen, editor)
        desk.press("d")
        desk.until("the recording", lambda: recording(desk))
        desk.sound.play(DEMO / "speech.wav", wait=True)
        focus(desk.screen, other)
        desk.release("d")
        desk.until("the text", lambda: any(d.state == "waiting" for d in desk.dictations()))
        time.sleep(0.5)
        kill(desk)
        assert (editor.text(), other.text()) == ("", "")
    history = History(desk.paths.database, desk.paths.media)
    history.open()
    try:
        [waiting] = dictation_recovery.texts(history.dictations)
        assert waiting.text.startswith("I spoke for")
        assert dictation_recovery.sounds(desk.paths.recordings) == []
        dictation_recovery.keep_recordings(desk.paths.recordings, history.dictations)
        assert history.dictations.latest()[0].audio is not None
    finally:
        history.close()


def test_dictating_in_a_terminal_ends_with_silence(desk: Desk) -> None:
    speaker = desk.sound.play
    import threading

    threading.Timer(1.5, lambda: speaker(DEMO / "speech.wav")).start()
    done = desk.command("dictate", "--engine", "fake", "--silence", "1.5")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("I spoke for")
    [kept] = desk.dictations()
    assert kept.state == "kept" and kept.audio is not None


def kill(desk: Desk) -> None:
    assert desk.app is not None
    os.kill(desk.app.pid, signal.SIGKILL)
    desk.app.wait()
    desk.app = None
