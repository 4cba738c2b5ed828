"""Models that aren't here yet: what they are, a button that fetches them, a bar while that runs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QVBoxLayout, QWidget

from assistant.ui.buttons import TextButton
from assistant.ui.theme import SPACE
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.workers.downloads import Downloads

_STAGES = {
    "waiting": "Waiting for another download of",
    "fetching": "Fetching",
    "joining": "Joining",
    "checking": "Checking",
    "converting": "Converting",
}


class DownloadRow(QWidget):
    """Fetches what is missing of some models, one row at a time.

    Args:
        names: which models, asked whenever the row looks.
        offline: whether the settings forbid the network.
        words: what is shown for the missing ones, [] when all are here; the row hides where it is "".
        button: its text while nothing runs.
    """

    arrived = Signal()
    """All of them are here now."""

    def __init__(
        self,
        downloads: Downloads,
        background: Background,
        names: Callable[[], tuple[str, ...]],
        offline: Callable[[], bool],
        words: Callable[[list[str]], str],
        button: str = "Download",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._downloads, self._background = downloads, background
        self._names, self._offline, self._describe, self._idle_text = names, offline, words, button
        self._running = self._waiting = False
        self._add_parts()
        downloads.started.connect(self._on_started)
        downloads.progress.connect(self._on_progress)
        downloads.finished.connect(self._on_finished)

    def _add_parts(self) -> None:
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.bar = QProgressBar(self)
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("Download")
        self.bar.hide()
        self.button = TextButton(self._idle_text, self, kind="primary")
        self.button.clicked.connect(self._on_click)
        self.button.hide()
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        row.addWidget(self.button)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, SPACE[1], 0, SPACE[1])
        column.addLayout(row)
        column.addWidget(self.bar)

    @Slot()
    def look(self) -> None:
        """Which of them are not here; looked up in the pool."""
        if not self._running:
            self._background.run(partial(self._downloads.missing, self._names()), self._show_missing)

    @Slot(list)
    def _show_missing(self, missing: list[str]) -> None:
        if not self._running:
            words = self._describe(missing)
            self.button.setVisible(bool(missing) and not self._waiting)
            self.words.setText(words)
            self.setVisible(bool(words))

    @Slot()
    def _on_click(self) -> None:
        if self._running:
            self._downloads.pause()
            return
        self._running = True
        self.bar.setValue(0)
        self.bar.show()
        self.button.setText("Pause")
        self._downloads.start(self._names(), offline=self._offline())

    @Slot()
    def _on_started(self) -> None:
        """One download at a time: the other rows wait."""
        self._waiting = not self._running
        self.button.setVisible(self._running)

    @Slot(str, str, float)
    def _on_progress(self, name: str, stage: str, share: float) -> None:
        if self._running:
            self.words.setText(f"{_STAGES[stage]} {name}: {share:.0%}")
            self.bar.setValue(round(share * 1000))

    @Slot(str)
    def _on_finished(self, problem: str) -> None:
        if not self._running:
            self._waiting = False
            self.look()
            return
        self._running = False
        self.bar.hide()
        self.button.setText(self._idle_text)
        if problem:
            self.words.setText(problem)
            self.button.show()
        else:
            self.look()
            self.arrived.emit()
