"""A name that stands on the screen is spelled as it stands there: real recogniser, real reader, real flow."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.media import Clip, Picture
from assistant.core.prompt import Options
from assistant.desktop.typing.main import Typist
from assistant.dictation.models import TextRules
from assistant.engine.light.engine import LightEngine
from assistant.flows.dictate import Dictate
from assistant.flows.dictation_screen import ScreenWords
from assistant.flows.dictation_speech import LiveSpeech
from assistant.history.store import History
from tests.engine.conftest import MODELS

pytestmark = pytest.mark.models
SENTENCE = "Please send the report to Mr Meier before noon."


@pytest.fixture(scope="module")
def engine() -> Iterator[LightEngine]:
    engine = LightEngine(MODELS, threads=2, language="en")
    yield engine
    engine.unload()


def dictated(engine: LightEngine, clip: Clip, folder: Path, screen: ScreenWords) -> str:
    """What would be typed for a clip that is spoken once the screen is read."""
    store = History(folder / "history.db", folder / "media").dictations
    flow = Dictate(engine, TextRules(), Typist((), locked=lambda: False), store, Options(language="en"))
    live = LiveSpeech()

    def speak() -> None:
        for _ in range(600):
            if not screen.waits:
                break
            time.sleep(0.05)
        for at in range(0, len(clip.samples), 800):
            live.feed(clip.samples[at : at + 800])
        live.end()

    speaker = threading.Thread(target=speak)
    speaker.start()
    spoken = flow.follow(live, lambda _live: None, CancelToken(), screen)
    speaker.join()
    return flow.compose(spoken, None)


def test_a_name_on_the_screen_is_spelled_as_it_stands_there(
    engine: LightEngine, speak: Callable[[str], Clip], draw: Callable[..., Picture], tmp_path: Path
) -> None:
    clip, screen = speak(SENTENCE), ScreenWords()
    screen.offer(draw("To: Dr. Johanna Maier", "Subject: the report"))
    with_screen, without = dictated(engine, clip, tmp_path, screen), dictated(engine, clip, tmp_path, ScreenWords())
    assert "Maier" in with_screen and "Maier" not in without
    assert "report" in with_screen and "report" in without


def test_reading_stops_soon_leaves_the_language_model_alone_and_goes_on(draw: Callable[..., Picture]) -> None:
    engine = LightEngine(MODELS, threads=2)
    lines = [f"Line {number} of a long page of words" for number in range(30)]
    screen, stop = draw(*lines, size=(1400, 1080)), CancelToken()
    try:
        threading.Timer(0.5, stop.set).start()
        started = time.monotonic()
        with pytest.raises(Cancelled):
            engine.read_screen(screen, stop)
        assert time.monotonic() - started < 5, "far above the promise: this machine may be busy"
        assert "Line 29" in engine.read_screen(screen, CancelToken())
        assert engine._loaded is not None and not engine._loaded.ready
    finally:
        engine.unload()


def test_silence_before_a_screen_is_no_dictation(engine: LightEngine, tmp_path: Path) -> None:
    assert dictated(engine, Clip(np.zeros(16_000, np.float32)), tmp_path, ScreenWords()) == ""
