"""`hearsight ask` as a shell sees it: output, exit codes, and one line for what went wrong. With the fake engine."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile

from assistant.core.media import Picture
from assistant.screen.pictures import save_png

DEMO = Path(__file__).parents[3] / "resources" / "demo"


def ask(*words: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-m", "assistant", "ask", "--engine", "fake", *words]
    return subprocess.run(line, capture_output=True, text=True, timeout=90, check=False)


@pytest.fixture
def no_display(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)


def test_the_answer_is_all_that_stdout_holds() -> None:
    done = ask("Hello there")
    assert done.returncode == 0
    assert done.stdout.startswith("You asked: **Hello there**")
    assert done.stderr == ""


def test_json_is_the_last_line_and_whole(tmp_path: Path) -> None:
    save_png(Picture(np.zeros((4, 5, 3), np.uint8)), tmp_path / "a.png")
    done = ask("--json", "--image", str(tmp_path / "a.png"), "--audio", str(DEMO / "speech.wav"))
    assert done.returncode == 0
    told = json.loads(done.stdout.splitlines()[-1])
    assert {"text", "engine", "model", "transcript", "screen_text", "usage", "timings"} <= told.keys()
    assert told["engine"] == "fake"
    assert told["transcript"]
    assert set(told["usage"]) >= {"prompt_tokens", "completion_tokens"}
    assert set(told["timings"]) >= {"capture", "load", "speech", "screen", "prefill", "first_token", "total"}


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize(
    "words", [("--screen", "What is this?"), ("--screen", "What", "is", "this?"), ("What is this?", "--screen")]
)
def test_a_word_after_screen_is_text(words: tuple[str, ...]) -> None:
    done = ask(*words)
    assert done.returncode == 0
    assert "**What is this?**" in done.stdout
    assert "goes on without the screen" in done.stderr


@pytest.mark.usefixtures("no_display")
@pytest.mark.parametrize("which", ["2", "all"])
def test_a_screen_s_name_is_no_text(which: str) -> None:
    assert "**Hello**" in ask("--screen", which, "Hello").stdout


def test_silence_is_not_answered(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "silence.wav", np.zeros(32_000, np.float32), 16_000)
    done = ask("--audio", str(tmp_path / "silence.wav"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "Nothing was said" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "There is no question"),
        (("--image", "/nowhere/a.png", "x"), "no file"),
        (("--audio", "/nowhere/a.wav"), "no file"),
    ],
)
def test_what_can_t_be_used_is_said_in_one_line(words: tuple[str, ...], said: str) -> None:
    done = ask(*words)
    assert (done.returncode, done.stdout) == (1, "")
    assert said in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_exit_code_2() -> None:
    assert ask("--mic", "0", "x").returncode == 2
    assert ask("--engine", "gpt", "x").returncode == 2


def test_control_characters_of_an_answer_never_reach_the_terminal() -> None:
    done = ask("red \x1b[31m and \x07 bell")
    assert "\x1b" not in done.stdout
    assert "\x07" not in done.stdout


def test_ctrl_c_ends_with_130_and_keeps_the_words() -> None:
    line = [sys.executable, "-m", "assistant", "ask", "--engine", "fake", "word " * 2000]
    running = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout is not None
    assert running.stdout.read(20)
    os.kill(running.pid, signal.SIGINT)
    began = time.monotonic()
    _, errors = running.communicate(timeout=30)
    assert running.returncode == 130
    assert "Cancelled" in errors
    assert time.monotonic() - began < 10
    listed = subprocess.run(
        [sys.executable, "-m", "assistant", "history", "list"], capture_output=True, text=True, timeout=60, check=True
    )
    assert "word" in listed.stdout
