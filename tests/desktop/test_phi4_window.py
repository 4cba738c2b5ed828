"""The main job with the Phi-4 engine: real X server, microphone, hotkey and window. The checkpoint is small and random:
what it answers is nonsense, and everything around it is real. The last picture lies in `artefacts/phi4/` to look at.
"""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from assistant.bench.desk import Desk
from assistant.screen.pictures import load_picture
from tests.helpers.golden import Golden

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(290)]

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "resources" / "demo"
PICTURES = ROOT / "artefacts" / "phi4"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "home", tmp_path / "models", "phi4") as place:
        yield place


def children(desk: Desk) -> list[psutil.Process]:
    assert desk.app is not None
    return psutil.Process(desk.app.pid).children()


def has_torch(process: psutil.Process) -> bool:
    return any("libtorch" in mapped.path for mapped in process.memory_maps())


def test_hold_speak_release_and_the_big_model_answers(desk: Desk, golden: Golden, tmp_path: Path) -> None:
    desk.show_picture(DEMO / "screen.png")
    desk.start_app("--model", str(golden.checkpoint))
    desk.until("the key", lambda: desk.command("trigger", "cancel").returncode == 0)
    desk.until("the model", lambda: any(map(has_torch, children(desk))), 120)
    desk.press()
    time.sleep(0.8)
    desk.sound.play(DEMO / "speech.wav", wait=True)
    time.sleep(0.3)
    desk.release()
    desk.until("the answer", lambda: any(m.state == "done" for m in desk.messages()), 200)

    question, answer = desk.messages()
    assert [each.kind for each in question.attachments] == ["screen", "audio"]
    assert question.text, "what was said is written down after the answer"
    assert question.screen_text == "", "it sees the pixels"
    assert answer.text
    assert (answer.engine, answer.model) == ("phi4", "Phi-4-multimodal-instruct")
    assert answer.usage["prompt_tokens"] > 500, "the screen's tokens are among them"
    assert desk.app is not None
    assert not has_torch(psutil.Process(desk.app.pid)), "torch stays out of the window's process"
    assert list((tmp_path / "models").glob("phi4-*")), "the published layout was converted once"

    PICTURES.mkdir(parents=True, exist_ok=True)
    shot = PICTURES / "window.png"
    subprocess.run(["import", "-window", "root", str(shot)], env=desk.env, check=True, timeout=60)
    assert load_picture(shot).width == 1920

    engine = next(child for child in children(desk) if has_torch(child))
    engine.send_signal(signal.SIGKILL)
    desk.until("the engine's end", lambda: not engine.is_running() or engine.status() == psutil.STATUS_ZOMBIE)
    assert desk.command("trigger", "cancel").returncode == 0, "the window lives on"
    assert desk.quit_app() == 0
