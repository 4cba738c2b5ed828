"""The composer's microphone: hold it to talk, or press it shortly to talk until it is pressed again."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QEvent, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from assistant.ui.buttons import IconButton
from assistant.ui.theme import color, tokens
from assistant.ui.waveform import height_of

_TAP_MS = 300


class MicrophoneButton(IconButton):
    """While it records, a ring shows how loud it is."""

    recording_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("microphone", "Hold to record what you say", parent)
        self._recording = False
        self._stop_on_release = False
        self._level = 0.0
        self._held = QElapsedTimer()
        self.pressed.connect(self._on_pressed)
        self.released.connect(self._on_released)

    @property
    def recording(self) -> bool:
        return self._recording

    @Slot(float)
    def show_level(self, level: float) -> None:
        if self._recording:
            self._level = height_of(level)
            self.update()

    @Slot()
    def stop(self) -> None:
        """Ends a recording under way, if there is one."""
        if self._recording:
            self._set(False)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._recording:
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(color(tokens().listening, 0.18))
            side = min(self.width(), self.height()) * (0.55 + 0.45 * self._level)
            painter.drawEllipse(QRectF((self.width() - side) / 2, (self.height() - side) / 2, side, side))
            painter.end()
        super().paintEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.EnabledChange and not self.isEnabled():
            self.stop()

    @Slot()
    def _on_pressed(self) -> None:
        if self._recording:
            self._stop_on_release = True
        else:
            self._stop_on_release = False
            self._held.start()
            self._set(True)

    @Slot()
    def _on_released(self) -> None:
        if self._stop_on_release or self._held.elapsed() > _TAP_MS:
            self._set(False)

    def _set(self, recording: bool) -> None:
        if recording == self._recording:
            return
        self._recording = recording
        self._level = 0.0
        self.show_icon("microphone", "listening" if recording else "muted")
        self.rename("Stop recording" if recording else "Hold to record what you say")
        self.update()
        self.recording_changed.emit(recording)
