"""Makes the sample of `hearsight demo`: a screenshot of real windows, a spoken question, and what the answer must hold.

`python -m assistant.bench.answers_set.make_demo resources/demo` (needs Xvfb, openbox and espeak-ng)
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
import soxr
from PIL import Image

from assistant.bench.answers_set.scenes import Scene, demo
from assistant.bench.answers_set.stage import Stage
from assistant.core.media import SAMPLE_RATE, Picture

_SECONDS = 5.0
_VOICE = ("espeak-ng", "-v", "en-us", "-s", "150")


def main(folder: str) -> int:
    scene = demo()
    with Stage(*scene.size) as stage:
        picture = stage.picture(scene)
    _write_screen(picture, Path(folder))
    _write_speech(scene.questions[0].ask, Path(folder) / "speech.wav")
    _write_facts(scene, Path(folder) / "expected.json")
    return 0


def _write_screen(picture: Picture, folder: Path) -> None:
    Image.fromarray(picture.pixels).save(folder / "screen.png", optimize=True)
    windows = [dataclasses.asdict(window) for window in picture.windows]
    (folder / "windows.json").write_text(json.dumps(windows, indent=2) + "\n", encoding="utf-8")


def _write_speech(text: str, path: Path) -> None:
    """Speaks `text` into a file of exactly five seconds."""
    with tempfile.TemporaryDirectory() as scratch:
        spoken = Path(scratch) / "spoken.wav"
        subprocess.run([*_VOICE, "-w", str(spoken), text], check=True)
        samples, rate = soundfile.read(spoken, dtype="float32")
    samples = np.asarray(soxr.resample(samples, rate, SAMPLE_RATE), np.float32)
    whole = np.zeros(round(_SECONDS * SAMPLE_RATE), np.float32)
    whole[: len(samples)] = samples[: len(whole)]
    soundfile.write(path, whole, SAMPLE_RATE, subtype="PCM_16")


def _write_facts(scene: Scene, path: Path) -> None:
    question = scene.questions[0]
    facts = {
        "question": question.ask,
        "transcript": ["budget", "travel", "march"],
        "answer": list(question.right),
        "wrong": list(question.wrong),
    }
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
