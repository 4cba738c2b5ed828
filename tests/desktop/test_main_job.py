"""The main job as a user does it: real X server, real microphone, real hotkey, real window, the light engine."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.desk import Desk
from assistant.core.cancel import CancelToken
from assistant.core.media import Picture
from assistant.engine.light.screen_text import ScreenReader
from assistant.screen.pictures import load_picture

pytestmark = [pytest.mark.desktop, pytest.mark.models, pytest.mark.timeout(290)]

DEMO = Path(__file__).parents[2] / "resources" / "demo"


@pytest.fixture
def desk(tmp_path: Path, models: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "home", models, "light") as place:
        yield place


def screenshot(desk: Desk, file: Path) -> Picture:
    """The whole screen as a person sees it now."""
    subprocess.run(["import", "-window", "root", str(file)], env=desk.env, check=True, timeout=60)
    return load_picture(file)


def words_on(picture: Picture) -> str:
    reader = ScreenReader(2)
    reader.load()
    return " ".join(reader.read(picture, CancelToken(), characters=20_000).flat.split())


def letters(text: str) -> str:
    """Without what a recogniser sees now and then and now not: spaces, points, capitals."""
    return re.sub(r"\W", "", text).lower()


def test_hold_speak_release_read_the_answer_and_find_it_after_a_restart(desk: Desk, tmp_path: Path) -> None:
    desk.show_picture(DEMO / "screen.png")
    desk.start_app()
    desk.until("the key", lambda: desk.command("trigger", "cancel").returncode == 0)
    desk.press()
    time.sleep(0.8)
    desk.sound.play(DEMO / "speech.wav", wait=True)
    time.sleep(0.3)
    desk.release()
    desk.until("the answer", lambda: any(m.state == "done" for m in desk.messages()), 200)

    question, answer = desk.messages()
    assert [each.kind for each in question.attachments] == ["screen", "audio"]
    assert re.search(r"travel", question.text, re.IGNORECASE)
    assert "Software" in question.screen_text
    assert re.search(r"\b640\b", answer.text)
    assert answer.engine == "light"
    # The recording left its folder for the history.
    assert list(desk.paths.recordings.iterdir()) == []

    seen = words_on(screenshot(desk, tmp_path / "answered.png"))
    assert "640" in seen
    # The question as it was understood: under load Whisper has also heard "on traveling March".
    assert letters(question.text)[-20:] in letters(seen)

    assert desk.quit_app() == 0
    desk.start_app()
    assert [m.id for m in desk.messages()] == [question.id, answer.id]
    desk.until(
        "its title in the history pane",
        lambda: "budget" in words_on(screenshot(desk, tmp_path / "again.png")).lower(),
        60,
    )
