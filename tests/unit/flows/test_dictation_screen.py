"""Names on the screen: read between passes over the speech, never in their way."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from assistant.core.cancel import CancelToken
from assistant.core.errors import EngineCrashed
from assistant.core.events import Transcript
from assistant.core.geometry import Rect
from assistant.core.media import Clip, Picture, Window
from assistant.core.prompt import Options
from assistant.desktop.typing.main import Typist
from assistant.desktop.typing.models import Target
from assistant.dictation.models import TextRules, Word
from assistant.engine.base import Emit
from assistant.engine.fake import FakeEngine
from assistant.flows.dictate import Dictate
from assistant.flows.dictation_follow import Spoken
from assistant.flows.dictation_screen import ScreenWords, active_part
from assistant.flows.dictation_speech import LiveSpeech
from assistant.history.store import History
from tests.unit.audio import speech

SCREEN = Picture(np.arange(20 * 30 * 3, dtype=np.uint8).reshape(20, 30, 3), "Screen 1", (), is_screen=True)


class Reading(FakeEngine):
    """Hears one sentence; reads a name, after as many stops as are asked for."""

    def __init__(self, stops: int = 0) -> None:
        super().__init__(0.0)
        self.stops = stops
        self.reads = 0
        self.hints: list[tuple[str, ...]] = []

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        self.reads += 1
        if self.reads <= self.stops:
            cancel.wait(60.0)
            cancel.check()
        return "Letter to Szymanowska"

    def transcribe(self, clip: Clip, options: Options, emit: Emit, cancel: CancelToken) -> Transcript:
        self.hints.append(options.hints)
        return Transcript("Dear Shimanowska.", (), "en", clip.seconds)


class Broken(Reading):
    """Its process dies over every screen."""

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        raise EngineCrashed("The engine's process ended.")


def dictated(
    engine: FakeEngine, tmp_path: Path, screen: ScreenWords | None, *, paced: bool = True
) -> tuple[Spoken, str, float]:
    """What was recognised, what would be typed, and the seconds from the last sound to the words."""
    history = History(tmp_path / "history.db", tmp_path / "media")
    rules = TextRules(words=(Word(text="Hearsight"),))
    flow = Dictate(engine, rules, Typist((), locked=lambda: False), history.dictations, Options(language="en"))
    live, sound, ended = LiveSpeech(), speech.person(1), 0.0

    def speak() -> None:
        nonlocal ended
        for _ in range(500):
            if screen is None or not (paced and screen.waits):
                break
            time.sleep(0.01)
            live.feed(np.zeros(800, np.float32))
        for at in range(0, len(sound), 800):
            live.feed(sound[at : at + 800])
        ended = time.monotonic()
        live.end()

    speaker = threading.Thread(target=speak)
    speaker.start()
    spoken = flow.follow(live, lambda _live: None, CancelToken(), screen)
    took = time.monotonic() - ended
    speaker.join()
    return spoken, flow.compose(spoken, Target("1", "Notes", "Editor")), took


def offered() -> ScreenWords:
    screen = ScreenWords()
    screen.offer(SCREEN)
    return screen


def test_names_on_the_screen_bias_the_recogniser_and_correct_it(tmp_path: Path) -> None:
    engine = Reading()
    spoken, text, _ = dictated(engine, tmp_path, offered())
    assert engine.hints[-1] == ("Hearsight", "Szymanowska")
    assert spoken.terms == ("Szymanowska",) and "Szymanowska" in text


def test_without_a_screen_nothing_is_read(tmp_path: Path) -> None:
    engine = Reading()
    spoken, text, _ = dictated(engine, tmp_path, None)
    assert (engine.reads, engine.hints[-1], spoken.terms) == (0, ("Hearsight",), ())
    assert "Shimanowska" in text


def test_the_release_ends_the_reading_and_the_words_come_at_once(tmp_path: Path) -> None:
    engine, screen = Reading(stops=1_000_000), offered()
    spoken, text, took = dictated(engine, tmp_path, screen, paced=False)
    assert took < 10, "reading would take a minute"
    assert spoken.terms == () and "Shimanowska" in text
    assert not screen.waits and screen.terms("en") == ()


def test_reading_makes_way_for_speech_and_goes_on_after_it(tmp_path: Path) -> None:
    engine = Reading(stops=1)
    spoken, _, _ = dictated(engine, tmp_path, offered())
    assert engine.reads == 2 and spoken.terms == ("Szymanowska",)


def test_a_screen_that_cannot_be_read_costs_only_its_names(tmp_path: Path) -> None:
    spoken, _, _ = dictated(Broken(), tmp_path, offered())
    assert spoken.error is None and spoken.text and spoken.terms == ()


def test_a_screen_that_comes_after_the_dictation_is_dropped() -> None:
    screen = ScreenWords()
    screen.drop()
    screen.offer(SCREEN)
    assert not screen.waits


@pytest.mark.parametrize("shown", [Rect(5, 6, 10, 8), Rect(0, 0, 30, 20)])
def test_only_the_active_window_is_read_with_what_lies_on_it(shown: Rect) -> None:
    over, beside = Window("Over", Rect(0, 0, 7, 9)), Window("Beside", Rect(29, 19, 1, 1))
    windows = (over, Window("Active", shown, active=True), beside)
    part = active_part(Picture(SCREEN.pixels, "Screen 1", windows, is_screen=True))
    assert (part.pixels == SCREEN.pixels[shown.y : shown.bottom, shown.x : shown.right]).all()
    assert [w.title for w in part.windows] == (["Over", "Active"] if shown.x else ["Over", "Active", "Beside"])
    assert part.windows[0].rect == (Rect(0, 0, 2, 3) if shown.x else over.rect)
    assert part.windows[1].rect == Rect(0, 0, shown.width, shown.height)


def test_where_no_window_is_known_the_whole_screen_is_read() -> None:
    assert active_part(SCREEN) is SCREEN
