"""Pictures of every state of the window, in light and dark, for people to look at: `artefacts/ui/`.

Each state is also checked for what it has to show, and that it is drawn in its theme's colours. The HUD is put on a
real display as well, to see that it takes no focus and is off the screen before a capture.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from assistant.history.store import History
from assistant.ui.appearance import apply_theme
from assistant.ui.conversation.picture_window import PictureWindow
from assistant.ui.hud.hud import Hud
from assistant.ui.images import image_of
from assistant.ui.main_window import MainWindow
from assistant.ui.theme import DARK, LIGHT, Tokens
from assistant.workers.signals import EngineStatus
from tests.helpers.display import XServer
from tests.helpers.scripted_controller import ScriptedController
from tests.helpers.windows import a_clip, a_screen, ask, controller, history, light, settings_store, window

__all__ = ["controller", "history", "light", "settings_store", "window"]

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "artefacts" / "ui"
ANSWER = """## What the error means

The program asked for a key that **isn't there**: line 42 of `report.py` reads `row["total"]`, and the table calls that
column *Total (EUR)*. See [the manual](https://docs.python.org/3/library/exceptions.html#KeyError).

1. Open `report.py`
2. Change the name:

   ```python
   def total(rows: list[dict[str, str]]) -> float:
       # The file's numbers are text.
       return sum(float(row["Total (EUR)"]) for row in rows)
   ```
3. Run it again
   - with the old file
   - and the new one

> Whoever reads a log from its end finds the reason first.

| Month | Orders | Paid (EUR) |
|:------|-------:|-----------:|
| May   |    120 |   4,210.50 |
| June  |     98 |   3,977.00 |
"""


@pytest.fixture(params=["light", "dark"])
def look(request: pytest.FixtureRequest, qapp: QApplication, window: MainWindow) -> Iterator[Tokens]:
    apply_theme(qapp, request.param, 13)
    yield DARK if request.param == "dark" else LIGHT
    apply_theme(qapp, "light", 13)


@pytest.fixture
def keep(qtbot: QtBot, look: Tokens) -> Callable[[QWidget, str], QImage]:
    """Takes a widget's picture, checks that it is drawn in the theme, and keeps it."""

    def take(widget: QWidget, name: str) -> QImage:
        qtbot.wait(150)
        image = widget.grab().toImage()
        PICTURES.mkdir(parents=True, exist_ok=True)
        assert image.save(str(PICTURES / f"{name}-{'dark' if look.dark else 'light'}.png"))
        drawn = colours(image)
        assert len(drawn) > 40, "the picture is empty"
        assert any(colour in drawn for colour in (look.surface, look.background))
        other = LIGHT if look.dark else DARK
        assert other.background not in drawn or other.background == look.surface
        return image

    return take


def colours(image: QImage) -> set[str]:
    """The colours of every third pixel of every third line."""
    found = set()
    for y in range(0, image.height(), 3):
        for x in range(0, image.width(), 3):
            found.add(QColor(image.pixel(x, y)).name().upper())
    return found


def some_history(history: History) -> None:
    for title in ("Why does the build fail on line 42", "Compare the two offers", "Translate the bank's letter"):
        ask(history, f"{title}?", "It **does** because `x`.")
    history.pin(ask(history, "A plan for the trip to Lisbon and back by train", "By night train."), True)


def a_whole_turn(history: History) -> int:
    conversation = ask(history, "Why does this program stop, and how do I mend it?")
    asked = history.messages(conversation)[0].id
    history.attach_picture(asked, a_screen(1920, 1080), "screen")
    history.attach_clip(asked, a_clip(5.0))
    history.update(asked, screen_text="Terminal\nKeyError: 'total'")
    answer = history.add_message(conversation, "assistant", ANSWER, state="done", model="Qwen2.5-Coder 1.5B")
    history.update(answer, timings={"first_token": 1.23})
    return conversation


Keep = Callable[[QWidget, str], QImage]


def test_empty(window: MainWindow, keep: Keep, history: History, controller: ScriptedController) -> None:
    some_history(history)
    controller.history_changed.emit()
    window.resize(1100, 720)
    keep(window, "empty")
    assert window.parts.empty.isVisible()
    assert [row.heading for row in window.parts.history.model.rows if row.heading] == ["Pinned", "Today"]


def test_conversation(
    qtbot: QtBot, window: MainWindow, keep: Keep, history: History, controller: ScriptedController
) -> None:
    some_history(history)
    conversation = a_whole_turn(history)
    controller.history_changed.emit()
    window.resize(1100, 720)
    controller.open_conversation(conversation)
    question, answer = window.conversation.views
    qtbot.waitUntil(lambda: "3,977.00" in answer._markdown.toPlainText())
    qtbot.wait(200)
    keep(window, "conversation-end")
    window.conversation.scroll_area.verticalScrollBar().setValue(0)
    keep(window, "conversation")
    assert not window.conversation.scroll_area.following
    assert question._text.text().startswith("Why does this program stop")
    window.resize(760, 520)
    keep(window, "conversation-small")
    assert answer.width() <= window.conversation.width()


def test_thinking_streaming_and_endings(
    qtbot: QtBot, window: MainWindow, keep: Keep, history: History, controller: ScriptedController
) -> None:
    conversation = ask(history, "Compare them in a table, please")
    asked = history.messages(conversation)[0].id
    answer = history.add_message(conversation, "assistant", state="streaming")
    window.resize(1100, 720)
    controller.open_conversation(conversation)
    controller.turn_opened.emit(conversation, asked, answer)
    controller.go("thinking")
    controller.stage.emit("reading the screen")
    keep(window, "thinking")
    assert window.conversation.views[-1].status == "Reading the screen…"
    controller.go("answering")
    controller.delta.emit(answer, "Here it *comes*:\n\n```python\nprint('x')\n")
    qtbot.wait(100)
    keep(window, "streaming")
    assert window.parts.composer._send.accessibleName() == "Stop the answer"
    for state, error in (("cancelled", ""), ("failed", "The engine's process ended. Your question is kept.")):
        history.update(answer, text="Here it *comes*:", state=state, error=error)
        controller.turn_closed.emit(answer, state)
        controller.go("idle")
        keep(window, state)
        assert window.conversation.views[-1]._again.isVisible()


def test_search(qtbot: QtBot, window: MainWindow, keep: Keep, history: History) -> None:
    some_history(history)
    window.parts.history.search.setText("build fail")
    qtbot.waitUntil(lambda: bool(window.parts.history.model.rows))
    keep(window.parts.history, "search")
    assert "\x02build\x03" in window.parts.history.model.rows[0].snippet or "\x02" in (
        window.parts.history.model.rows[0].snippet
    )


def test_composer_and_bars(qtbot: QtBot, window: MainWindow, keep: Keep, controller: ScriptedController) -> None:
    composer = window.parts.composer
    composer.editor.setPlainText("What is the difference between these two?\n\nThe first one is from May.")
    composer.add_picture(a_screen())
    composer.add_clip(a_clip())
    controller.notice.emit("The microphone went away. What was heard until then is kept.", "settings")
    window.parts.bars.offer_undo("“Compare the two offers” was deleted.", lambda: None)
    qtbot.waitUntil(lambda: composer.attachments.clip is not None)
    keep(window, "composer")
    assert len(window.parts.bars.bars) == 2
    composer.microphone.click()
    composer.show_level(0.1)
    keep(composer, "composer-recording")
    assert composer._heard.text() == "Listening…"


@pytest.mark.parametrize("page", ["general", "engine", "voice", "screen", "dictation", "rules", "shortcuts", "privacy"])
def test_settings_pages(window: MainWindow, keep: Keep, page: str) -> None:
    window.show_settings(page)
    shown = window.session._settings_window
    assert shown is not None
    keep(shown, f"settings-{page}")
    assert shown.pages[page].isVisible()


def test_engine_states(window: MainWindow, keep: Keep, controller: ScriptedController) -> None:
    for status in (
        EngineStatus("light", "Qwen2.5-Coder 1.5B", "CPU", "loading", 0.4, "the language model"),
        EngineStatus("light", "Qwen2.5-Coder 1.5B", "CPU", "error", detail="a model file is missing"),
    ):
        controller.engine_changed.emit(status)
        keep(window, f"engine-{status.state}")
    assert "a model file is missing" in window.parts.status.text


def test_what_the_model_saw(qtbot: QtBot, window: MainWindow, keep: Keep) -> None:
    shown = PictureWindow(
        "Screen 1: what the model saw", image_of(a_screen(1920, 1080)), "Terminal\nKeyError: 'total'", window.background
    )
    qtbot.addWidget(shown)
    shown.show()
    qtbot.waitUntil(lambda: shown._picture.pixmap().width() > 300)
    keep(shown, "what-the-model-saw")
    assert shown._size.text() == "1,920 × 1,080"


def test_hud(qtbot: QtBot, keep: Keep, controller: ScriptedController) -> None:
    hud = Hud(controller)
    qtbot.addWidget(hud)
    controller.go("arming")
    controller.frame_frozen.emit(a_screen())
    qtbot.waitUntil(lambda: hud.body.has_thumbnail)
    keep(hud, "hud-arming")
    controller.go("listening")
    for number in range(40):
        controller.level.emit(0.01 + 0.2 * abs((number % 12) - 6) / 6)
    keep(hud, "hud-listening")
    assert hud.body.wave.isVisible()
    controller.partial.emit("Why does this program stop with an error when I")
    controller.go("latched")
    keep(hud, "hud-hands-free")
    controller.go("thinking")
    controller.stage.emit("reading the screen")
    keep(hud, "hud-thinking")
    controller.notice.emit("The engine's process ended. Your question is kept.", "retry")
    keep(hud, "hud-error")
    assert hud.body.is_error and hud.body._button.text() == "Try again"
    hud.shut_down()


HUD_ON_A_DISPLAY = """
import subprocess, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from assistant.history.store import History
from assistant.ui.appearance import apply_theme
from assistant.ui.hud.hud import Hud
from pathlib import Path
from tests.helpers.scripted_controller import ScriptedController

application = QApplication([])
apply_theme(application, "light")
folder = Path(sys.argv[1])
controller = ScriptedController(History(folder / "h.db", folder / "media"))
hud = Hud(controller)

def focused():
    return subprocess.run(["xdotool", "getwindowfocus", "getwindowname"], capture_output=True, text=True).stdout.strip()

def mapped():
    tree = subprocess.run(["xwininfo", "-id", str(int(hud.winId()))], capture_output=True, text=True).stdout
    return "IsViewable" in tree

def show():
    controller.go("arming")
    controller.frame_frozen.emit(None)
    controller.go("listening")
    QTimer.singleShot(500, look)

def look():
    print("shown", mapped(), focused())
    controller.about_to_capture.emit()
    print("hidden", mapped(), focused())
    hud.shut_down()
    application.quit()

QTimer.singleShot(300, show)
application.exec()
"""


@pytest.mark.desktop
def test_the_hud_on_a_real_display(x_server: XServer, tmp_path: Path) -> None:
    env = {**x_server.env, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)}
    editor = subprocess.Popen(["xterm", "-title", "The user's own window"], env=env)
    try:
        focus = ["--onlyvisible", "--name", "The user's own window", "windowfocus", "--sync"]
        subprocess.run(["xdotool", "search", "--sync", *focus], env=env, check=True, timeout=30)
        done = subprocess.run(
            [sys.executable, "-c", HUD_ON_A_DISPLAY, str(tmp_path)],
            env={**os.environ, **env}, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        editor.terminate()
        editor.wait()
    assert done.stdout.splitlines() == ["shown True The user's own window", "hidden False The user's own window"], (
        done.stderr
    )
