"""What the controller works with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from assistant.core.media import Picture
from assistant.desktop.hotkeys.models import HotkeyHandler
from assistant.desktop.typing.main import Typist
from assistant.engine.base import Engine
from assistant.history.store import History
from assistant.settings.models import Settings
from assistant.workers.composer_tools import OpenRecorder
from assistant.workers.inference import Inference


@dataclass
class Parts:
    """Put together by `app`.

    Attributes:
        recordings: folder of recordings under way.
        open_recorder: (folder, on_first, on_level, on_lost, on_samples) to a recorder of the chosen device.
        capture: target to picture, on the calling thread; raises NoScreen.
        hotkeys: None where the system has no global keys.
        make_engine: builds the engine that the settings choose; raises EngineUnavailable.
        typist: puts text into other programs' windows.
        light_engine: builds the light engine, whatever the settings choose; None where it isn't offered.
    """

    inference: Inference
    history: History
    recordings: Path
    open_recorder: OpenRecorder
    capture: Callable[[str], Picture]
    hotkeys: HotkeyHandler | None
    make_engine: Callable[[Settings], Engine]
    typist: Typist = field(default_factory=Typist)
    light_engine: Callable[[Settings], Engine] | None = None
