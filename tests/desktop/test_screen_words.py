"""Names on the real screen at key-down, taken into a dictation's memory and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from assistant.bench.pulse import SoundServer
from assistant.core.cancel import CancelToken
from assistant.core.media import Picture
from assistant.engine.fake import FakeEngine
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.settings.paths import Paths
from tests.desktop.test_controller import SECONDS, Build, build, history
from tests.desktop.test_dictating import Dictated, editor, is_kept, speak, words

__all__ = ["build", "editor", "history", "words"]

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]


class Reader(FakeEngine):
    """Notes what it is given to read."""

    def __init__(self) -> None:
        super().__init__()
        self.screens: list[Picture] = []

    def read_screen(self, picture: Picture, cancel: CancelToken) -> str:
        self.screens.append(picture)
        return super().read_screen(picture, cancel)


@pytest.mark.parametrize("wanted", [True, False])
def test_the_screen_is_taken_where_the_user_wants_it_and_never_kept(
    build: Build, microphone: SoundServer, history: History, editor: object, qtbot: QtBot, words: Path, wanted: bool
) -> None:
    engine, taken = Reader(), list[str]()
    controller, _ = build(engine, Settings().changed("dictation", "screen_words", wanted))
    dictated, capture = Dictated(controller), controller.parts.capture

    def noted(target: str) -> Picture:
        taken.append(target)
        return capture(target)

    controller.parts.capture = noted
    speak(controller, microphone, qtbot, words)
    assert len(controller.dictating._turns) == 1
    controller.release("dictate")
    qtbot.waitUntil(lambda: len(dictated.ended) == 1, timeout=SECONDS)
    qtbot.waitUntil(lambda: is_kept(history), timeout=SECONDS)
    assert taken == (["active"] if wanted else [])
    assert [screen.is_screen for screen in engine.screens] == ([True] if wanted else [])
    kept = {path.suffix for path in Paths.of_user().recordings.parent.rglob("*") if path.is_file()}
    assert not kept & {".png", ".webp", ".jpg"}
