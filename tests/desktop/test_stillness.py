"""The window's thread and a thread that grabs the X server: neither waits for the other for ever."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.display import XServer

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(60)]

ROOT = Path(__file__).resolve().parents[2]
GRABBING = """
import threading, time
from PySide6.QtCore import QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QApplication
from assistant.core import stillness, x11
from assistant.workers.stillness import Stillness

application = QApplication([])
stillness.use(Stillness(application).hold)
asking = QTimer()
asking.timeout.connect(lambda: [QCursor.pos() for _ in range(50)])
asking.start(0)
held = []

def grab():
    connection = x11.connect()
    for _ in range(200):
        with stillness.still() as alone:
            if alone:
                connection.core.GrabServer()
            connection.core.GetInputFocus().reply()
            connection.core.GetInputFocus().reply()
            if alone:
                connection.core.UngrabServer()
            connection.flush()
        held.append(alone)
    connection.disconnect()

threading.Thread(target=grab, daemon=True).start()
ending = QTimer()
ending.timeout.connect(lambda: application.quit() if len(held) == 200 else None)
ending.start(100)
application.exec()
print(len(held), all(held))
"""


def test_a_grab_while_the_window_asks_the_server(x_server: XServer) -> None:
    env = {**x_server.env, "QT_QPA_PLATFORM": "xcb", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", GRABBING], env=env, capture_output=True, text=True, timeout=40, check=False
    )
    assert done.stdout.split() == ["200", "True"], done.stderr
