"""The controller in this process: real microphone, real screen, real history and threads; the fake engine answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from PySide6.QtCore import QObject
from pytestqt.qtbot import QtBot

from assistant.bench.pulse import SoundServer
from assistant.core.errors import EngineCrashed, EngineUnavailable
from assistant.core.media import Picture
from assistant.engine.absent import AbsentEngine
from assistant.engine.base import Engine
from assistant.engine.fake import FakeEngine
from assistant.flows import drafts
from assistant.history.store import History
from assistant.screen.capture import main as screen
from assistant.screen.frames import target_of
from assistant.settings.models import Settings
from assistant.settings.paths import Paths
from assistant.workers.controller import Controller
from assistant.workers.inference import Inference
from assistant.workers.parts import Parts
from assistant.workers.recorders import Recorders

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]

SPEECH = Path(__file__).parents[2] / "resources" / "demo" / "speech.wav"
SECONDS = 20_000
"""Milliseconds until a wait fails; far above what anything here takes."""


class Told(QObject):
    """Keeps what the controller says."""

    def __init__(self, controller: Controller) -> None:
        super().__init__()
        self.states: list[str] = []
        self.notices: list[str] = []
        self.drafts: list[int] = []
        self.unheard: list[tuple[Picture, ...]] = []
        self.closed: list[str] = []
        controller.state_changed.connect(self.states.append)
        controller.notice.connect(lambda text, _action: self.notices.append(text))
        controller.draft_kept.connect(lambda _conversation, message: self.drafts.append(message))
        controller.nothing_heard.connect(self.unheard.append)
        controller.turn_closed.connect(lambda _answer, state: self.closed.append(state))


@pytest.fixture
def history(profile: Path) -> Iterator[History]:
    paths = Paths.of_user()
    paths.create()
    store = History(paths.database, paths.media)
    store.open()
    yield store
    store.close()


Build = Callable[..., tuple[Controller, Told]]


@pytest.fixture
def build(qapp: object, display: object, history: History) -> Iterator[Build]:
    built: list[Controller] = []

    def make(engine: Engine | None = None, settings: Settings | None = None) -> tuple[Controller, Told]:
        settings = settings or Settings()
        parts = Parts(
            Inference(engine or FakeEngine()),
            history,
            Paths.of_user().recordings,
            Recorders(settings.voice, lambda _text: None).open,
            lambda target: screen.capture(target_of(target)),
            None,
            lambda _settings: FakeEngine(tokens_per_second=200),
        )
        controller = Controller(parts, settings)
        told = Told(controller)
        controller.start()
        built.append(controller)
        return controller, told

    yield make
    for controller in built:
        controller.stop()


def spoken(controller: Controller, sound: SoundServer, qtbot: QtBot) -> None:
    """Holds the key, speaks, and leaves the key down."""
    controller.press()
    qtbot.waitUntil(lambda: controller.state == "listening", timeout=SECONDS)
    sound.play(SPEECH, wait=True)


def is_idle(controller: Controller) -> bool:
    return controller.state == "idle"


def test_listening_is_said_only_from_the_first_buffer_on(build: Build, microphone: SoundServer, qtbot: QtBot) -> None:
    controller, told = build()
    levels: list[float] = []
    controller.level.connect(levels.append)
    spoken(controller, microphone, qtbot)
    controller.release()
    qtbot.waitUntil(lambda: told.closed == ["done"], timeout=SECONDS)
    assert told.states == ["arming", "listening", "thinking", "answering", "idle"]
    assert max(levels) > 0.01


def test_the_screen_can_be_left_out(build: Build, microphone: SoundServer, history: History, qtbot: QtBot) -> None:
    controller, told = build()
    spoken(controller, microphone, qtbot)
    controller.leave_out_screen()
    controller.release()
    qtbot.waitUntil(lambda: told.closed == ["done"], timeout=SECONDS)
    question = history.messages(controller.conversation)[0]
    assert [each.kind for each in question.attachments] == ["audio"]


def test_a_lost_microphone_keeps_what_was_said(
    build: Build, fragile_microphone: SoundServer, history: History, qtbot: QtBot
) -> None:
    controller, told = build()
    spoken(controller, fragile_microphone, qtbot)
    fragile_microphone.kill()
    qtbot.waitUntil(lambda: len(told.drafts) == 1, timeout=SECONDS)
    assert is_idle(controller)
    assert told.notices
    draft = history.message(told.drafts[0])
    assert draft is not None
    assert [each.kind for each in draft.attachments] == ["screen", "audio"]
    controller.release()
    controller.retry(draft.id)
    qtbot.waitUntil(lambda: told.closed == ["done"], timeout=SECONDS)


def test_no_microphone_is_said_and_leaves_nothing(build: Build, fragile_microphone: SoundServer, qtbot: QtBot) -> None:
    fragile_microphone.kill()
    controller, told = build()
    controller.press()
    qtbot.waitUntil(lambda: bool(told.notices), timeout=SECONDS)
    qtbot.waitUntil(partial(is_idle, controller), timeout=SECONDS)
    qtbot.waitUntil(lambda: list(Paths.of_user().recordings.iterdir()) == [], timeout=SECONDS)


def test_silence_gives_the_screen_back_to_the_composer(
    build: Build, microphone: SoundServer, history: History, qtbot: QtBot
) -> None:
    controller, told = build()
    controller.press()
    qtbot.waitUntil(lambda: controller.state == "listening", timeout=SECONDS)
    qtbot.wait(600)
    controller.release()
    qtbot.waitUntil(lambda: len(told.unheard) == 1, timeout=SECONDS)
    assert [picture.is_screen for picture in told.unheard[0]] == [True]
    assert history.conversations() == []
    assert is_idle(controller)


def test_sleep_ends_the_recording_and_keeps_it(build: Build, microphone: SoundServer, qtbot: QtBot) -> None:
    controller, told = build()
    spoken(controller, microphone, qtbot)
    controller.slept.emit()
    qtbot.waitUntil(lambda: len(told.drafts) == 1, timeout=SECONDS)
    assert is_idle(controller)


def test_the_longest_recording_ends_by_itself(build: Build, microphone: SoundServer, qtbot: QtBot) -> None:
    settings = Settings()
    settings.voice.max_minutes = 0.5
    controller, told = build(settings=settings)
    spoken(controller, microphone, qtbot)
    controller.end_recording_soon()
    qtbot.waitUntil(lambda: told.closed == ["done"], timeout=SECONDS)


class Dying(FakeEngine):
    """Dies at its first answer, lives from then on."""

    died = False

    def generate(self, *given: object) -> object:  # type: ignore[override]
        if not Dying.died:
            Dying.died = True
            raise EngineCrashed("The engine ended in the middle of its work.", action="Try again.")
        return super().generate(*given)  # type: ignore[arg-type]


def test_a_turn_whose_engine_died_is_offered_again(build: Build, history: History, qtbot: QtBot) -> None:
    Dying.died = False
    controller, told = build(Dying())
    controller.ask("What is this?", (), None)
    qtbot.waitUntil(lambda: told.closed == ["failed"], timeout=SECONDS)
    answer = history.messages(controller.conversation)[1]
    assert (answer.state, "ended" in answer.error) == ("failed", True)
    controller.retry(answer.id)
    qtbot.waitUntil(lambda: told.closed == ["failed", "done"], timeout=SECONDS)
    assert [m.state for m in history.messages(controller.conversation)] == ["sent", "done"]


def test_pressing_while_an_answer_streams_stops_it(
    build: Build, microphone: SoundServer, history: History, qtbot: QtBot
) -> None:
    controller, told = build(FakeEngine(tokens_per_second=20))
    controller.ask("word " * 500, (), None)
    qtbot.waitUntil(lambda: controller.state == "answering", timeout=SECONDS)
    controller.press()
    qtbot.waitUntil(lambda: told.closed == ["cancelled"], timeout=SECONDS)
    qtbot.waitUntil(lambda: controller.state == "listening", timeout=SECONDS)
    controller.cancel()
    assert history.messages(controller.conversation)[1].text


def test_recordings_left_behind_are_offered_and_asked(
    build: Build, microphone: SoundServer, history: History, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    controller, told = build()
    spoken(controller, microphone, qtbot)
    folder = next(Paths.of_user().recordings.iterdir())
    copy = folder.with_name("left-behind")
    qtbot.waitUntil((folder / drafts.SCREEN_FILE).exists, timeout=SECONDS)
    _copy_as_of_a_dead_process(folder, copy)
    controller.cancel()
    qtbot.waitUntil(lambda: len(told.drafts) == 1, timeout=SECONDS)
    offered: list[list[drafts.Draft]] = []
    controller.recovered.connect(offered.append)
    controller.offer_recovered()
    [[draft]] = offered
    controller.ask_recovered(draft)
    qtbot.waitUntil(lambda: told.closed == ["done"], timeout=SECONDS)
    assert not copy.exists()


def _copy_as_of_a_dead_process(folder: Path, copy: Path) -> None:
    import json
    import shutil

    shutil.copytree(folder, copy)
    notes = copy / "recording.json"
    told = json.loads(notes.read_text(encoding="utf-8"))
    told["process"] = [1, 0.0]
    notes.write_text(json.dumps(told), encoding="utf-8")


def test_the_light_engine_is_offered_where_the_chosen_one_can_not_run(build: Build, qtbot: QtBot) -> None:
    reason = EngineUnavailable("There is no NVIDIA driver on this machine.", action="Use the light engine.")
    controller, told = build(AbsentEngine(reason))
    controller.parts.light_engine = lambda _settings: FakeEngine(tokens_per_second=200)
    with qtbot.waitSignal(controller.notice, timeout=SECONDS) as offered:
        controller.load_engine()
    assert offered.args == [str(reason), "light"]
    controller.use_light_engine()
    qtbot.waitUntil(lambda: (controller.engine_status.name, controller.engine_status.state) == ("fake", "ready"))
    controller.ask("Hello")
    qtbot.waitUntil(lambda: told.closed == ["done"], timeout=SECONDS)
