"""Hearsight's keys bound in a real compositor, with the very lines that it writes out: sway, without a screen.

Nothing in them is about the HUD: it is a notification there, shown by a real server (mako).
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import soundfile

from assistant.bench.pulse import SoundServer
from assistant.bench.sway import Sway, as_ordinary_user
from assistant.bench.targets import Editor
from assistant.bench.xvfb import end
from assistant.desktop.hotkeys.bindings import bindings
from assistant.history.dictations import Dictation
from assistant.history.models import Message
from assistant.history.store import History
from tests.helpers.display import wait_until
from tests.helpers.notifications import Mako

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(240)]

SPEECH = Path(__file__).parents[2] / "resources" / "demo" / "speech.wav"
_HEARSIGHT = shlex.join((sys.executable, "-m", "assistant"))
_SECONDS = 60.0
_ROOT = Path(__file__).parents[2]


class SwayDesk:
    """sway with Hearsight's bindings, a microphone, and the app as its user runs it."""

    def __init__(self, stack: ExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="hearsight-home-"))
        stack.callback(shutil.rmtree, self.home, ignore_errors=True)
        if as_ordinary_user():
            os.chown(self.home, 65534, 65534)
        monkeypatch.setenv("HEARSIGHT_HOME", str(self.home / "profile"))
        monkeypatch.setenv("HEARSIGHT_MODELS", str(self.home))
        monkeypatch.setenv("PYTHONPATH", str(_ROOT))
        lines = bindings("sway", {"ask": "Ctrl+Alt+Space", "dictate": "Ctrl+Alt+D"}).lines
        config = "\n".join(line.replace("exec hearsight", f"exec {_HEARSIGHT}") for line in lines)
        self.sway = stack.enter_context(Sway(config + "\n"))
        self.sound = stack.enter_context(SoundServer())
        stack.enter_context(self.sway.keyboard())
        self.mako = stack.enter_context(Mako(self.sway.env, self.home, as_ordinary_user()))
        self._env = env = {**self.mako.env, **self.sound.env, "HOME": str(self.home)}
        line = (*as_ordinary_user(), sys.executable, "-m", "assistant", "--engine", "fake")
        self.app = subprocess.Popen(line, env=env, stdin=subprocess.DEVNULL)
        stack.callback(end, self.app)
        wait_until(lambda: self.trigger("cancel") == 0, _SECONDS)

    def trigger(self, *words: str) -> int:
        line = (*as_ordinary_user(), sys.executable, "-m", "assistant", "trigger", *words)
        return subprocess.run(line, env=self._env, stderr=subprocess.DEVNULL, check=False).returncode

    def hold(self, key: str, seconds: float) -> subprocess.Popen[bytes]:
        """Holds Ctrl+Alt+key on a virtual keyboard; the compositor sees keys as from a real one."""
        line = ("wtype", "-M", "ctrl", "-M", "alt", "-P", key, "-s", str(round(seconds * 1000)))
        return subprocess.Popen((*line, "-p", key, "-m", "alt", "-m", "ctrl"), env=self.sway.env)

    def recordings(self) -> list[Path]:
        """Those under way that hold sound already."""
        return [path for path in self.home.glob("profile/state/recordings/**/*.wav") if path.stat().st_size > 4096]

    def history(self) -> tuple[list[Message], list[Dictation]]:
        database = self.home / "profile" / "data" / "history.db"
        history = History(database, database.parent / "media")
        history.open()
        try:
            found = [m for c in history.conversations() for m in history.messages(c.id)]
            return found, history.dictations.latest()
        finally:
            history.close()


@pytest.fixture(scope="module")
def desk() -> Iterator[SwayDesk]:
    with pytest.MonkeyPatch.context() as monkeypatch, ExitStack() as stack:
        yield SwayDesk(stack, monkeypatch)


@pytest.fixture(scope="module")
def words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("speech") / "words.wav"
    samples, rate = soundfile.read(SPEECH)
    soundfile.write(path, samples[: 2 * rate], rate)
    return path


def test_a_bound_key_that_is_held_dictates_into_the_window_with_the_focus(desk: SwayDesk, words: Path) -> None:
    with Editor(desk.sway.env) as editor:
        desk.sway.wait_for_focus(editor.title)
        key = desk.hold("d", 6.0)
        wait_until(lambda: bool(desk.recordings()), _SECONDS)
        wait_until(lambda: any(note.startswith("Listening…\n") for note in desk.mako.shown()))
        desk.sway.wait_for_focus(editor.title)
        desk.sound.play(words, wait=True)
        assert key.wait(30) == 0
        wait_until(lambda: any(d.state == "typed" for d in desk.history()[1]), _SECONDS)
        [dictation] = desk.history()[1]
        assert dictation.text.startswith("I spoke for")
        editor.wait_for(dictation.text)
        wait_until(lambda: not desk.mako.shown())


def test_what_is_said_can_be_stopped_in_the_notification(desk: SwayDesk, words: Path) -> None:
    assert desk.trigger("dictate") == 0
    wait_until(lambda: bool(desk.recordings()), _SECONDS)
    desk.sound.play(words, wait=True)
    wait_until(lambda: any(note.startswith("Listening…\n") for note in desk.mako.shown()))
    desk.mako.press("stop")
    wait_until(lambda: any("Not typed" in note for note in desk.mako.shown()), _SECONDS)
    desk.mako.dismiss()
    wait_until(lambda: not desk.mako.shown())


def test_a_bound_key_that_is_held_asks(desk: SwayDesk, words: Path) -> None:
    key = desk.hold("space", 6.0)
    wait_until(lambda: bool(desk.recordings()), _SECONDS)
    desk.sound.play(words, wait=True)
    assert key.wait(30) == 0
    wait_until(lambda: any(m.role == "assistant" and m.state == "done" for m in desk.history()[0]), _SECONDS)
