"""A process that records until it is killed: prints how many seconds it recorded so far, as they are delivered.

Arguments: the folder of the recording. Run by `test_recording_killed.py`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from assistant.audio import microphone
from assistant.audio.recorder import Recorder


def main() -> None:
    opened: list[microphone.Microphone] = []
    real = microphone.Microphone

    class Watched(real):  # type: ignore[misc, valid-type]
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments)
            opened.append(self)

    microphone.Microphone = Watched  # type: ignore[misc]
    recorder = Recorder("", Path(sys.argv[1]), on_first=_nothing, on_level=_nothing, on_lost=_nothing)
    recorder.start()
    while True:
        print(opened[0].ring.written / opened[0].rate, flush=True)
        time.sleep(0.005)


def _nothing(*_: object) -> None:
    """Nobody listens."""


main()
