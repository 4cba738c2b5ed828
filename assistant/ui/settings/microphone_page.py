"""The microphone: which one, how loud it is, and how speaking starts and ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel

from assistant.core.errors import HearsightError
from assistant.ui.buttons import IconButton, TextButton
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.languages import LANGUAGES
from assistant.ui.settings.page import Page
from assistant.ui.theme import SPACE
from assistant.ui.waveform import Waveform
from assistant.workers.background import Background
from assistant.workers.microphone_test import MicrophoneTest

if TYPE_CHECKING:
    from assistant.audio.devices import InputDevice

_DEFAULT = ("", "System default")


class MicrophonePage(Page):
    """Devices are looked up in the pool, the test listens on its own thread."""

    def __init__(self, editor: SettingsEditor, background: Background) -> None:
        super().__init__("Microphone", editor, "voice")
        self._background = background
        self._testing = False
        self._test = MicrophoneTest(self)
        self._test.level.connect(self._on_level)
        self._test.failed.connect(self._on_failed)
        self._device = self.add_choice("device", "Microphone", self._options([]), "What Hearsight listens to.")
        self._device.chosen.connect(self._on_device)
        self._add_test()
        modes = (("hold", "Hold while speaking"), ("toggle", "Press to start and to end"))
        self.add_choice("mode", "The key", modes, "Either way, a short tap goes hands-free.")
        self.add_choice(
            "language",
            "Language you speak",
            (("", "Detect"), *LANGUAGES),
            "Choosing it helps where it is often mistaken.",
        )
        self.add_number("silence_seconds", "Silence that sends", 0.5, 10, step=0.5, unit=" s", decimals=1)
        self.add_number("tap_ms", "A tap is at most", 100, 1000, step=50, unit=" ms")
        self.add_number("max_minutes", "Longest recording", 0.5, 60, step=0.5, unit=" min", decimals=1)
        self.add_switch("warm_stream", "Keep the microphone open")

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._set_testing(False)

    def close_test(self) -> None:
        """Ends the test's thread, with the window."""
        self._test.close()

    def _add_test(self) -> None:
        self._button = TextButton("Test", self)
        self._button.setAccessibleName("Test the microphone")
        self._button.clicked.connect(self._toggle)
        self._wave = Waveform(24, 28, "listening", self)
        self._words = QLabel("Press Test and speak: the bars show how loud you are.", self)
        self._words.setObjectName("muted")
        self._words.setWordWrap(True)
        again = IconButton("retry", "Look for microphones again", self)
        again.clicked.connect(self._look)
        row = QHBoxLayout()
        row.setContentsMargins(0, SPACE[2], 0, SPACE[2])
        row.setSpacing(SPACE[2])
        row.addWidget(self._button)
        row.addWidget(self._wave)
        row.addWidget(self._words, 1)
        row.addWidget(again)
        self.add_layout(row)

    def _options(self, devices: list[InputDevice]) -> list[tuple[str, str]]:
        """The default, what is there now, and the chosen one even if it is unplugged."""
        options = [_DEFAULT, *((device.name, device.name) for device in devices if not device.default)]
        chosen = str(self.editor.value("voice", "device"))
        if chosen not in [value for value, _ in options]:
            options.append((chosen, f"{chosen} (not found)" if devices else chosen))
        return options

    @Slot()
    def _look(self) -> None:
        self._background.run(_devices, self._show_devices, self._on_error)

    @Slot(list)
    def _show_devices(self, devices: list[InputDevice]) -> None:
        self._device.offer(self._options(devices))
        self._device.choose(str(self.editor.value("voice", "device")))
        if not devices:
            self._words.setText("No microphone was found. Plug one in, or switch it on in the system's sound settings.")

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self._words.setText(str(error))

    @Slot()
    def _toggle(self) -> None:
        self._set_testing(not self._testing)

    @Slot(str)
    def _on_device(self, _device: str) -> None:
        if self._testing:
            self._test.start(str(self.editor.value("voice", "device")))

    def _set_testing(self, testing: bool) -> None:
        if testing == self._testing:
            return
        self._testing = testing
        self._button.setText("Stop" if testing else "Test")
        self._wave.clear()
        if testing:
            self._words.setText("Opening the microphone…")
            self._test.start(str(self.editor.value("voice", "device")))
        else:
            self._words.setText("")
            self._test.stop()

    @Slot(float)
    def _on_level(self, level: float) -> None:
        if self._testing:
            self._words.setText("Listening: speak now.")
            self._wave.push(level)

    @Slot(str)
    def _on_failed(self, text: str) -> None:
        self._set_testing(False)
        self._words.setText(text)


def _devices() -> list[InputDevice]:
    from assistant.audio.devices import input_devices

    return input_devices(refresh=True)
