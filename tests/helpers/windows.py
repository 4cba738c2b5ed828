"""Fixtures for tests of the window: the look, a history with content, a scripted controller, the window itself.

Windows are drawn without a display: what needs a real one runs in a process of its own (tests/desktop).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from assistant.core.media import SAMPLE_RATE, Clip, Picture
from assistant.history.store import History
from assistant.settings.store import SettingsStore
from assistant.ui.appearance import apply_theme
from assistant.ui.main_window import MainWindow
from assistant.workers.background import Background
from tests.helpers.scripted_controller import ScriptedController


@pytest.fixture
def light(qapp: QApplication) -> None:
    apply_theme(qapp, "light", 13)


@pytest.fixture
def background(qapp: QApplication, light: None) -> Iterator[Background]:
    pool = Background()
    yield pool
    pool.close()


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    store = History(tmp_path / "history.db", tmp_path / "media")
    store.open()
    yield store
    store.close()


@pytest.fixture
def controller(history: History) -> ScriptedController:
    return ScriptedController(history)


@pytest.fixture
def settings_store(tmp_path: Path) -> SettingsStore:
    return SettingsStore(tmp_path / "config" / "settings.json")


@pytest.fixture
def window(
    qtbot: QtBot, light: None, controller: ScriptedController, history: History, settings_store: SettingsStore
) -> Iterator[MainWindow]:
    shown = MainWindow(controller, history, settings_store)
    qtbot.addWidget(shown)
    shown.show()
    yield shown
    shown.shut_down()


def a_screen(width: int = 640, height: int = 360) -> Picture:
    """A picture with a gradient, so that it is seen to be one."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(30, 220, width, dtype=np.uint8)
    pixels[..., 2] = np.linspace(60, 200, height, dtype=np.uint8)[:, None]
    return Picture(pixels, "Screen 1", is_screen=True)


def a_clip(seconds: float = 2.0) -> Clip:
    """A tone that swells, 220 Hz."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    return Clip((np.sin(2 * np.pi * 220 * time) * np.abs(np.sin(2 * time)) * 0.2).astype(np.float32))


def ask(history: History, question: str, answer: str = "", *, state: str = "done", conversation: int = 0) -> int:
    """Adds a question with its answer; returns the conversation."""
    conversation = conversation or history.new_conversation()
    history.add_message(conversation, "user", question, state="sent")
    if answer or state != "done":
        history.add_message(conversation, "assistant", answer, state=state, model="Fake engine")
    return conversation
