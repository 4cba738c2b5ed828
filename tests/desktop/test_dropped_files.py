"""A film dragged from another program onto the window: real X server, real drag and drop, the light engine hears the
speech and answers a question about it. The pictures lie in `artefacts/transcripts/` to look at.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.bench.desk import Desk
from assistant.bench.xvfb import end
from assistant.screen.pictures import load_picture

pytestmark = [pytest.mark.desktop, pytest.mark.models, pytest.mark.timeout(290)]

PICTURES = Path(__file__).parents[2] / "artefacts" / "transcripts"
WORDS = """
Good morning everybody, and welcome to the weekly meeting of the garden club. Today we have three things to talk about.
First, the greenhouse. The roof is leaking again, and the repair will cost four hundred and fifty euros. Anna will call
the builder on Monday, because the seedlings can not stand another cold night. She will also ask for a second offer.
Second, the summer festival. It takes place on the twelfth of July in the town park. Thomas will order the tables, and
Maria will write the invitation before the end of May. We still need somebody for the music, so please ask your friends.
Third, the money. We have one thousand two hundred euros left in the bank. That is enough for the roof, but not for a
new shed, so the shed has to wait until next year. Does anybody have a question? Then thank you all, and good bye.
"""
_SOURCE = """
import sys
from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel

class Files(QLabel):
    def mousePressEvent(self, event):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(sys.argv[1])])
        drag = QDrag(self)
        drag.setMimeData(data)
        drag.exec(Qt.DropAction.CopyAction | Qt.DropAction.MoveAction)

app = QApplication(["files"])
files = Files("meeting.mp4")
files.setWindowTitle("Files")
files.resize(300, 200)
files.move(20, 20)
files.show()
app.exec()
"""


@pytest.fixture
def desk(tmp_path: Path, models: Path) -> Iterator[Desk]:
    with Desk(tmp_path / "home", models) as place:
        yield place


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """A minute and more of speech in a film."""
    said, film = tmp_path / "said.wav", tmp_path / "meeting.mp4"
    subprocess.run(["espeak-ng", "-v", "en-us", "-s", "135", "-w", said, WORDS], check=True)
    video = ("-f", "lavfi", "-i", "testsrc=size=160x90:rate=5")
    subprocess.run(["ffmpeg", "-loglevel", "error", *video, "-i", said, "-shortest", film], check=True)
    return film


def shoot(desk: Desk, name: str) -> None:
    PICTURES.mkdir(parents=True, exist_ok=True)
    shot = PICTURES / f"{name}.png"
    subprocess.run(["import", "-window", "root", str(shot)], env=desk.env, check=True, timeout=60)
    assert load_picture(shot).width == 1920


def test_a_dragged_film_is_written_down_and_asked_about(desk: Desk, film: Path) -> None:
    desk.start_app()
    files = subprocess.Popen([sys.executable, "-c", _SOURCE, str(film)], env=desk.env)
    try:
        desk.until("the files", lambda: desk.hand("search", "--onlyvisible", "--name", "^Files$"))
        desk.hand("mousemove", "100", "100", "sleep", "0.3", "mousedown", "1", "sleep", "0.3")
        for x, y in ((140, 140), (700, 400), (1200, 550), (1300, 600), (1310, 605)):
            desk.hand("mousemove", str(x), str(y), "sleep", "0.2")
        shoot(desk, "dragged")
        desk.hand("mouseup", "1")
        desk.until("the transcription", lambda: [m.state for m in desk.messages()] == ["sent", "streaming"], 120)
        time.sleep(1.5)
        shoot(desk, "under-way")
        desk.until("its end", lambda: [m.state for m in desk.messages()] == ["sent", "done"], 120)
    finally:
        end(files)
    transcript = desk.messages()[1].text.lower()
    assert "garden club" in transcript and "450" in transcript and "shed" in transcript
    assert film.exists()
    shoot(desk, "transcript")
    desk.hand("windowfocus", "--sync", desk.window())
    desk.hand("type", "When is the summer festival?")
    desk.hand("key", "Return")
    desk.until("the answer", lambda: [m.state for m in desk.messages()][3:] == ["done"], 200)
    assert "12" in desk.messages()[3].text or "twelfth" in desk.messages()[3].text
    shoot(desk, "asked")
    assert desk.quit_app() == 0
