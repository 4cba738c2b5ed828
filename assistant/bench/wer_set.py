"""Makes a folder for `bench wer`: sentences with names, the screens they stood on, and sounds without words.

`python -m assistant.bench.wer_set FOLDER` (needs espeak-ng). Synthetic voices are heard worse than people: the numbers
compare ways of spelling on the same clips, they don't say how well people are understood.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from assistant.audio.files import read_clip, write_wav
from assistant.bench.sounds import KINDS
from assistant.core.errors import EngineUnavailable
from assistant.core.media import Clip

_NOISE_SECONDS = ((8.0, 1), (1.0, 2))
_ON_SCREEN = 25
"""Other names on each screen."""


def make(folder: Path, sentences: int | None = None) -> None:
    """Writes `speech/` (sounds, texts, screens) and `noise/` (sounds alone) into the folder.

    Args:
        sentences: only so many, from the first on.

    Raises:
        EngineUnavailable: espeak-ng is not installed.
    """
    values = tomllib.loads((resources.files(__package__) / "wer_set.toml").read_text("utf-8"))
    speech, noise = folder / "speech", folder / "noise"
    for one in (speech, noise):
        one.mkdir(parents=True, exist_ok=True)
    for number, sentence in enumerate(values["sentence"][:sentences], start=1):
        for voice in values["voices"]["names"]:
            stem = speech / f"{number:02}-{voice}"
            write_wav(stem.with_suffix(".wav"), said(sentence["text"], voice, values["voices"]["words_a_minute"]))
            stem.with_suffix(".txt").write_text(sentence["text"] + "\n", "utf-8")
            stem.with_suffix(".screen").write_text(_screen(sentence, values, number), "utf-8")
    for kind, sound in KINDS.items():
        for seconds, seed in _NOISE_SECONDS:
            write_wav(noise / f"{kind}-{seconds:g}s.wav", Clip(sound(seconds, seed)))


def said(text: str, voice: str = "en-us", words_a_minute: int = 150) -> Clip:
    """The text spoken by espeak-ng.

    Raises:
        EngineUnavailable: it is not installed.
    """
    with tempfile.TemporaryDirectory(prefix="hearsight-bench-") as folder:
        file = Path(folder) / "said.wav"
        command = ["espeak-ng", "-v", voice, "-s", str(words_a_minute), "-w", str(file), "--", text]
        try:
            subprocess.run(command, check=True)
        except FileNotFoundError as error:
            raise EngineUnavailable(
                "espeak-ng is not installed.", action="Install it: apt install espeak-ng"
            ) from error
        return read_clip(file)


def _screen(sentence: dict[str, Any], values: dict[str, Any], seed: int) -> str:
    """A window's words with the sentence's names among others."""
    others = [n for s in values["sentence"] for n in s.get("names", ()) if n not in sentence["text"]]
    chosen = random.Random(seed).sample(sorted({*others, *values["other"]["names"]}), _ON_SCREEN)
    names = [*chosen, *sentence.get("names", ())]
    random.Random(seed + 1).shuffle(names)
    window: str = values["other"]["window"]
    return "\n".join([window.strip(), *names, ""])


if __name__ == "__main__":
    make(Path(sys.argv[1]))
