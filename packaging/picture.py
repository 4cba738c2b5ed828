#!/usr/bin/env python3
"""Takes the README's picture from the running app: a real question by key and voice, answered by the light engine.

    .venv/bin/python packaging/picture.py [FILE]

It starts an X server and a microphone of its own; nothing of the user's is on the picture.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from assistant.bench.desk import Desk
from assistant.settings.paths import Paths

ROOT = Path(__file__).resolve().parents[1]
DEMO = ROOT / "resources" / "demo"
PICTURE = ROOT / "resources" / "pictures" / "window.png"
_LOADING_SECONDS = 15.0
"""The models are loaded by then; a question asked earlier would wait for them, and the picture would show that."""
_ANSWER_SECONDS = 200.0


def main(arguments: list[str]) -> int:
    target = Path(arguments[0]) if arguments else PICTURE
    target.parent.mkdir(parents=True, exist_ok=True)
    models = Paths.of_user().models
    with tempfile.TemporaryDirectory(prefix="hearsight-picture-") as home, Desk(Path(home), models) as desk:
        desk.show_picture(DEMO / "screen.png")
        desk.start_app()
        time.sleep(_LOADING_SECONDS)
        ask(desk)
        desk.until("the answer", lambda: any(m.state == "done" for m in desk.messages()), _ANSWER_SECONDS)
        time.sleep(1.0)
        subprocess.run(["import", "-window", desk.window(), str(target)], env=desk.env, check=True, timeout=60)
        print(f"{target}: {desk.messages()[-1].text.strip()}")
    return 0


def ask(desk: Desk) -> None:
    """Holds the key and lets the sample's voice speak."""
    desk.press()
    time.sleep(0.8)
    desk.sound.play(DEMO / "speech.wav", wait=True)
    time.sleep(0.3)
    desk.release()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
