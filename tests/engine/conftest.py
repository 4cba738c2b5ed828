"""Engines and their input. The light engine is loaded once for all tests, in its child process as in the app."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from PIL import Image, ImageDraw, ImageFont

from assistant.core.geometry import Rect
from assistant.core.media import SAMPLE_RATE, Clip, Picture, Window
from assistant.engine import fake
from assistant.engine.base import Engine
from assistant.engine.choose import Choice, choose
from assistant.engine.fake import FakeEngine
from assistant.engine.host import EngineHost
from assistant.engine.phi4.catalogue import Phi4Choice
from assistant.models.phi4.install import prepare
from assistant.settings.paths import Paths
from tests.helpers.golden import Golden

MODELS = Path(os.environ.get("HEARSIGHT_MODELS", "") or Paths.of_user().models)


@pytest.fixture(scope="session")
def light() -> Iterator[Engine]:
    """The light engine behind its host, as the app uses it."""
    engine = choose("light", Choice(), MODELS)
    yield engine
    engine.unload()


@pytest.fixture
def hosted_fake() -> Iterator[EngineHost]:
    host = EngineHost(partial(FakeEngine, 200.0), fake.CAPABILITIES)
    yield host
    host.unload()


@pytest.fixture(scope="session")
def phi4_folder(golden: Golden, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small random checkpoint in the native layout. What it says is nonsense, and always the same."""
    return prepare(golden.checkpoint, tmp_path_factory.mktemp("phi4"))


@pytest.fixture(scope="session")
def phi4(phi4_folder: Path) -> Iterator[Engine]:
    """The Phi-4 engine behind its host, exact: in float32 its answers don't depend on how a prompt was cut."""
    engine = choose("phi4", Choice(phi4=Phi4Choice(phi4_folder, "float32", "cpu")), MODELS)
    yield engine
    engine.unload()


@pytest.fixture(params=["fake", "hosted fake", pytest.param("light", marks=pytest.mark.models), "phi4"])
def engine(request: pytest.FixtureRequest) -> Engine:
    """Every engine in turn: what all of them promise."""
    makers: dict[str, Callable[[], Engine]] = {
        "fake": lambda: FakeEngine(200.0),
        "hosted fake": lambda: request.getfixturevalue("hosted_fake"),
        "light": lambda: request.getfixturevalue("light"),
        "phi4": lambda: request.getfixturevalue("phi4"),
    }
    return makers[request.param]()


@pytest.fixture(scope="session")
def speak(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Clip]:
    """Says a sentence with espeak-ng."""

    def said(text: str) -> Clip:
        file = tmp_path_factory.mktemp("speech") / "speech.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", str(file), text], check=True)
        samples, rate = soundfile.read(file, dtype="float32")
        return Clip(np.asarray(soxr.resample(samples, rate, SAMPLE_RATE), np.float32))

    return said


@pytest.fixture(scope="session")
def draw() -> Callable[..., Picture]:
    """Draws lines of text as a screen shows them: one window."""

    def drawn(*lines: str, size: tuple[int, int] = (640, 240)) -> Picture:
        image = Image.new("RGB", size, "white")
        font = ImageFont.truetype("DejaVuSans.ttf", 20)
        for number, line in enumerate(lines):
            ImageDraw.Draw(image).text((20, 15 + 34 * number), line, fill="black", font=font)
        window = Window("Notes", Rect(0, 0, *size), active=True)
        return Picture(np.array(image), "Screen 1", (window,), is_screen=True)

    return drawn
