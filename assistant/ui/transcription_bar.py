"""How far the transcription of a file is, above the composer; Cancel ends it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from assistant.flows.paragraphs import clock
from assistant.ui.buttons import TextButton
from assistant.workers.transcribing import Transcription

_NAME_WIDTH = 260


class TranscriptionBar(QFrame):
    """There while a file is transcribed."""

    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._words = QLabel(self)
        self._bar = QProgressBar(self)
        self._bar.setTextVisible(False)
        self._bar.setAccessibleName("Transcribed")
        cancel = TextButton("Cancel", self, kind="quiet")
        cancel.setToolTip("Stop here. What is written so far stays.")
        cancel.clicked.connect(self.cancelled)
        column = QVBoxLayout()
        column.setSpacing(4)
        column.addWidget(self._words)
        column.addWidget(self._bar)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 6, 6, 6)
        layout.addLayout(column, 1)
        layout.addWidget(cancel)
        self.hide()

    @property
    def text(self) -> str:
        return self._words.text()

    @Slot(object)
    def show_progress(self, progress: Transcription | None) -> None:
        """None ends it."""
        self.setVisible(progress is not None)
        if progress is None:
            return
        name = self.fontMetrics().elidedText(progress.name, Qt.TextElideMode.ElideMiddle, _NAME_WIDTH)
        several = f" ({progress.number} of {progress.of})" if progress.of > 1 else ""
        total = f" of {clock(progress.total)}" if progress.total else ""
        self._words.setText(f"Transcribing {name}{several}: {clock(progress.seconds)}{total}")
        # Without a length the bar only says that something goes on.
        self._bar.setRange(0, round(progress.total))
        self._bar.setValue(min(round(progress.seconds), round(progress.total)))
