"""The app in KWin: its HUD is a notification, and the window that is dictated into keeps the keyboard."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from assistant.bench.pulse import SoundServer
from assistant.bench.targets import Editor
from assistant.bench.xvfb import end
from tests.helpers.display import wait_until
from tests.helpers.kwin import KWin
from tests.helpers.notifications import Mako

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(240)]

_SECONDS = 60.0
_CHORD = ("ctrl", "alt", "d")


class KWinDesk:
    """KWin with its portal, a notification server, a microphone, and the app as its user runs it."""

    def __init__(self, stack: ExitStack, kwin: KWin) -> None:
        home = Path(tempfile.mkdtemp(prefix="hearsight-home-"))
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        profile = {"HEARSIGHT_HOME": str(home / "profile"), "HEARSIGHT_MODELS": str(home)}
        self.kwin = kwin
        self.env = {**kwin.env, **profile, "QT_QPA_PLATFORM": "wayland"}
        for name in ("DISPLAY", "SWAYSOCK"):
            self.env.pop(name, None)
        self.mako = stack.enter_context(Mako(self.env))
        sound = stack.enter_context(SoundServer())
        line = (sys.executable, "-m", "assistant", "--engine", "fake")
        app = subprocess.Popen(line, env={**self.env, **sound.env}, stdin=subprocess.DEVNULL)
        stack.callback(end, app)
        wait_until(lambda: self.trigger("cancel") == 0, _SECONDS)

    def trigger(self, *words: str) -> int:
        line = (sys.executable, "-m", "assistant", "trigger", *words)
        return subprocess.run(line, env=self.env, stderr=subprocess.DEVNULL, check=False).returncode

    def tap(self, *keys: str) -> None:
        self.kwin.down(*keys)
        time.sleep(0.05)
        self.kwin.up(*reversed(keys))


@pytest.fixture
def desk(kwin: KWin) -> Iterator[KWinDesk]:
    with ExitStack() as stack:
        yield KWinDesk(stack, kwin)


def test_a_key_of_the_portal_dictates_and_the_editor_keeps_the_keyboard(desk: KWinDesk) -> None:
    with Editor(desk.env) as editor:

        def types() -> bool:
            before = len(editor.text())
            desk.tap("z")
            time.sleep(0.3)
            return len(editor.text()) > before

        wait_until(types, _SECONDS)

        def dictates() -> bool:
            desk.tap(*_CHORD)
            time.sleep(1.0)
            return any(note.startswith("Listening…\n") for note in desk.mako.shown())

        # KWin hands the keys out some time after the app has asked for them.
        wait_until(dictates, _SECONDS)
        assert types(), "the HUD took the focus"
        desk.mako.press("stop")
        wait_until(lambda: not any(note.startswith("Listening…\n") for note in desk.mako.shown()))
        assert types(), "the HUD took the focus"
