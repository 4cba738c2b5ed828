"""Ready-made tasks, documents and videos on the command line: what is asked, and what is missing in plain words."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli import ask, ask_material
from assistant.core.cancel import CancelToken
from assistant.core.errors import BadInput
from assistant.engine.phi4 import tasks
from assistant.engine.phi4.tasks import Kind

DEMO = Path(__file__).parents[3] / "resources" / "demo"
PICTURE, SOUND = ("--image", str(DEMO / "screen.png")), ("--audio", str(DEMO / "speech.wav"))


def parsed(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    ask.add_arguments(parser)
    return parser.parse_args(words)


def question(*words: str) -> str:
    args = parsed(*words)
    return ask_material.question(args, " ".join(args.words))


def test_a_task_asks_in_its_own_words_and_then_in_the_users() -> None:
    asked = question(*PICTURE, "--task", "chart", "Only March.")
    assert asked == f"{tasks.instruction(Kind.CHART)}\nOnly March."


def test_a_translation_names_its_language() -> None:
    assert question(*SOUND, "--task", "translate", "--to", "French") == "Translate the audio to French."


def test_documents_come_before_the_question(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("Ada wrote it.", encoding="utf-8-sig")
    asked = question("--document", str(tmp_path / "a.txt"), "Who wrote it?")
    assert asked == tasks.grounded("Who wrote it?", [("a.txt", "Ada wrote it.")])


def test_words_alone_stay_as_they_are() -> None:
    assert question("Who wrote it?") == "Who wrote it?" and question() == ""


def test_a_shell_sees_a_video_as_its_frames(tmp_path: Path) -> None:
    """The fake engine says what it was given."""
    film = tmp_path / "a.mp4"
    source = ("-f", "lavfi", "-i", "testsrc=s=64x48:r=5:d=2")
    subprocess.run(["ffmpeg", "-loglevel", "error", *source, str(film)], check=True)
    line = [sys.executable, "-m", "assistant", "ask", "--engine", "fake", "--video", str(film), "--task", "video"]
    done = subprocess.run(line, capture_output=True, text=True, timeout=90, check=False)
    assert done.returncode == 0 and "These are frames of a video" in done.stdout
    assert all(f"a.mp4 at 0:0{time}" in done.stdout for time in ("0.4", "0.8", "1.4", "1.8"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--task", "summarise"), "needs sound"),
        (("--task", "describe"), "needs a picture"),
        (("--task", "video", *PICTURE), "needs a video"),
        (("--task", "compare", *PICTURE), "needs two pictures"),
        (("--task", "translate", *SOUND), "needs a language"),
        (("--task", "describe", "--to", "French", *PICTURE), "doesn't translate"),
        (("--to", "French", "x"), "belongs to a task"),
        (("--document", "/nowhere/a.txt", "x"), "can't be read"),
        (("--document", "/nowhere/a.txt"), "no question"),
        (("--document", str(DEMO / "screen.png"), "x"), "no text in UTF-8"),
        (("--video", "/nowhere/a.mp4", "x"), "no file"),
        (("--video", str(DEMO / "speech.wav"), "x"), "holds no video"),
    ],
)
def test_what_is_missing_is_said_in_words(words: tuple[str, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        args = parsed(*words)
        ask_material.question(args, " ".join(args.words))
        ask_material.frames(args, CancelToken())
