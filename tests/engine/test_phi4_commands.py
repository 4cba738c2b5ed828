"""`--engine phi4 --model FOLDER` on the command line, on the small random checkpoint in the published layout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.cli.main import run
from tests.helpers.golden import Golden

DEMO = Path(__file__).parents[2] / "resources" / "demo"

ONLY_LOOKS = """
import sys
from pathlib import Path
from assistant.cli import ask, doctor, main, transcribe
from assistant.app import wiring
from assistant.flows.engines import engine_for
from assistant.settings.models import Settings
engine = engine_for(Settings(), Path(sys.argv[2]), "phi4", model=sys.argv[1])
assert engine.capabilities.images == "sees" and engine.capabilities.device, engine.capabilities
heavy = {"torch", "transformers", "accelerate", "safetensors", "onnxruntime", "faster_whisper", "xllamacpp"}
print(sorted(heavy & set(sys.modules)))
"""


@pytest.fixture(autouse=True)
def own_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The checkpoint is converted into a folder of the test's own."""
    monkeypatch.setenv("HEARSIGHT_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_a_spoken_question_about_a_picture(
    golden: Golden, own_models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In this process, as for debugging: `--in-process`."""
    words = ["ask", "--engine", "phi4", "--model", str(golden.checkpoint), "--in-process", "--json"]
    media = ["--image", str(DEMO / "screen.png"), "--audio", str(DEMO / "speech.wav")]
    assert run([*words, *media]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["engine"], told["model"]) == ("phi4", "Phi-4-multimodal-instruct")
    assert told["text"]
    assert told["transcript"]
    assert told["usage"]["prompt_tokens"] > 500
    assert [each.name for each in own_models.iterdir() if each.name.startswith("phi4-")]


def test_files_are_transcribed(golden: Golden, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["transcribe", "--engine", "phi4", "--model", str(golden.checkpoint), "--in-process", "--json"]
    assert run([*words, str(DEMO / "speech.wav")]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["engine"] == "phi4"
    assert told["text"]
    assert 0 <= told["segments"][0]["start"] < told["segments"][-1]["end"] <= told["duration"] + 0.1


def test_a_folder_without_a_model_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "--engine", "phi4", "--model", str(tmp_path), "hello"]) == 1
    assert "There is no model in" in capsys.readouterr().err


def test_without_a_model_the_light_engine_is_offered(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ask", "--engine", "phi4", "hello"]) == 1
    complaint = capsys.readouterr().err
    assert "hearsight models pull phi4" in complaint
    assert "--engine light" in complaint


def test_the_windows_process_never_imports_torch(golden: Golden, own_models: Path) -> None:
    command = [sys.executable, "-c", ONLY_LOOKS, str(golden.checkpoint), str(own_models)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr
