"""The process that `bench stream` measures: the real window, idle or with a long answer streaming in.

Prints one JSON object. Lateness is that of a timer due every 5 ms; a slot is one event's whole delivery on the GUI
thread (a timer's slot, a queued slot, a layout, a paint), as `QApplication.notify` sees it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from time import perf_counter

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Slot
from PySide6.QtWidgets import QApplication

from assistant.audio.recorder import Recorder
from assistant.core.cancel import CancelToken
from assistant.core.events import Completion
from assistant.core.media import Picture
from assistant.core.prompt import Options, Prompt
from assistant.engine import fake
from assistant.engine.base import Emit
from assistant.engine.host import EngineHost
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.settings.paths import Paths
from assistant.settings.store import SettingsStore
from assistant.ui.appearance import Appearance
from assistant.ui.main_window import MainWindow
from assistant.workers.controller import Controller
from assistant.workers.inference import Inference
from assistant.workers.parts import Parts

CHARACTERS, TOKENS_PER_SECOND = 20_000, 250.0
_BEAT_MS = 5
_SETTLE_MS = 1500
_TEXT = """## Reading the log

The program stopped because the column **Total (EUR)** is called *total* in `report.py`. The table on the right shows
which names the file really has, and the terminal shows where the first of them is missed.

1. Open `report.py` and look at line 42.
2. Change the name that it asks for:
   - in the function that reads the file,
   - and in the test beside it.

```python
def total(rows: list[dict[str, str]]) -> float:
    # The file's numbers are text.
    return sum(float(row["Total (EUR)"]) for row in rows)
```

| Month | Orders | Paid (EUR) |
|:------|-------:|-----------:|
| May   |    120 |   4,210.50 |
| June  |     98 |   3,977.00 |

> Whoever reads a log from its end finds the reason first.

Then run it again; see [the manual](https://docs.python.org/3/) for what else it can raise.

"""


class LongAnswers(fake.FakeEngine):
    """The fake engine, without the limit that is put on answers' lengths."""

    def generate(self, prompt: Prompt, options: Options, emit: Emit, cancel: CancelToken) -> Completion:
        return super().generate(prompt, replace(options, max_tokens=CHARACTERS), emit, cancel)


class Measured(QApplication):
    """Notes how long each event's delivery takes, with whatever it does inside."""

    def __init__(self) -> None:
        super().__init__([])
        self.slots: list[float] = []
        self._inside = False

    def notify(self, receiver: QObject, event: QEvent) -> bool:
        if self._inside:
            return super().notify(receiver, event)
        self._inside = True
        began = perf_counter()
        try:
            return super().notify(receiver, event)
        finally:
            self.slots.append(perf_counter() - began)
            self._inside = False


class Beat(QObject):
    """A timer that notes how late it comes."""

    def __init__(self) -> None:
        super().__init__()
        self.late: list[float] = []
        self._due = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._tick)

    def start(self) -> None:
        self._due = perf_counter() + _BEAT_MS / 1000
        self._timer.start(_BEAT_MS)

    @Slot()
    def _tick(self) -> None:
        self.late.append(max(0.0, perf_counter() - self._due))
        self.start()


class Run(QObject):
    """One measurement, from the settled window to its end."""

    def __init__(self, application: Measured, controller: Controller) -> None:
        super().__init__()
        self._application, self._controller = application, controller
        self._beat = Beat()
        self._characters = 0
        self._began = 0.0
        controller.delta.connect(self._on_delta)
        controller.turn_closed.connect(self.end)

    @Slot()
    def begin(self, seconds: float) -> None:
        """Asks the question, or (with `seconds`) only waits."""
        self._application.slots.clear()
        self._began = perf_counter()
        self._beat.start()
        if seconds:
            QTimer.singleShot(round(seconds * 1000), self, self.end)
        else:
            self._controller.ask("Go on.", (), None)

    @Slot(int, str)
    def _on_delta(self, _answer: int, text: str) -> None:
        self._characters += len(text)

    @Slot()
    def end(self) -> None:
        late, slots = self._beat.late, self._application.slots
        result = {
            "late_p99_ms": _share(late, 0.99),
            "slot_p99_ms": _share(slots, 0.99),
            "late_p50_ms": _share(late, 0.5),
            "late_worst_ms": _share(late, 1.0),
            "slot_worst_ms": _share(slots, 1.0),
            "slots": len(slots),
            "characters": self._characters,
            "seconds": round(perf_counter() - self._began, 2),
        }
        print(json.dumps(result), flush=True)
        self._application.quit()


def main(mode: str, seconds: float) -> None:
    application = Measured()
    paths = Paths.of_user()
    paths.create()
    Appearance(application, "light")
    history = History(paths.database, paths.media)
    history.open()
    build = partial(LongAnswers, TOKENS_PER_SECOND, _TEXT, CHARACTERS)
    engine = EngineHost(build, fake.CAPABILITIES)
    parts = Parts(Inference(engine), history, paths.recordings, _no_recorder, _no_capture, None, lambda _s: engine)
    controller = Controller(parts, Settings())
    window = MainWindow(controller, history, SettingsStore(paths.settings_file))
    window.show()
    controller.start()
    controller.load_engine()
    run = Run(application, controller)
    QTimer.singleShot(_SETTLE_MS, run, partial(run.begin, seconds if mode == "idle" else 0.0))
    application.exec()
    window.shut_down()
    controller.stop()
    history.close()


def _no_recorder(_folder: Path, *_callbacks: object) -> Recorder:
    raise AssertionError("nobody speaks in this bench")


def _no_capture(_target: str) -> Picture:
    raise AssertionError("nobody takes the screen in this bench")


def _share(values: list[float], share: float) -> float:
    """A percentile, in milliseconds."""
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2) if ordered else 0.0


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
