"""One dictation: its text, its recording, and what can be done with it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from assistant.ui.buttons import IconButton, TextButton
from assistant.ui.choice import Choice
from assistant.ui.conversation.chips import AudioChip
from assistant.ui.settings.languages import LANGUAGES
from assistant.ui.theme import SPACE
from assistant.ui.words import clock, time_of_day
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.core.media import Clip
    from assistant.history.dictations import Dictation, Dictations
    from assistant.ui.conversation.chips import Play

_STATES = {"typed": "Typed", "kept": "Not typed", "waiting": "Waits to be typed", "failed": "Not understood"}


class Detail(QWidget):
    """Says what the user wants done; the window does it.

    Args:
        engines: pairs of name and words for the choice of another engine.
    """

    copy_wanted = Signal(str)
    retry_wanted = Signal(int, str, str)
    """Id, engine, language."""
    delete_wanted = Signal(int)
    failed = Signal(str)

    def __init__(
        self,
        store: Dictations,
        background: Background,
        play: Play | None,
        engines: list[tuple[str, str]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._store, self._background, self._play = store, background, play
        self._shown: Dictation | None = None
        self._chip: AudioChip | None = None
        self._meta = QLabel(self)
        self._meta.setObjectName("muted")
        self._meta.setWordWrap(True)
        self.text = QPlainTextEdit(self)
        self.text.setObjectName("boxed")
        self.text.setReadOnly(True)
        self.text.setAccessibleName("What was dictated")
        self._error = QLabel(self)
        self._error.setObjectName("error")
        self._error.setWordWrap(True)
        self._engine = Choice([("", "Same engine"), *engines], self)
        self._engine.setAccessibleName("Engine to recognise it with again")
        self._language = Choice([("", "As in the settings"), *LANGUAGES], self)
        self._language.setAccessibleName("Language it was spoken in")
        self._again = TextButton("Recognise again", self)
        self._again.clicked.connect(self._retry)
        self._copy = TextButton("Copy", self, kind="primary")
        self._copy.clicked.connect(self._copy_text)
        self._delete = IconButton("trash", "Delete this dictation and its recording", self)
        self._delete.clicked.connect(self._ask_delete)
        self._build()

    def show_dictation(self, dictation: Dictation) -> None:
        if self._shown is not None and self._shown.id == dictation.id and self._shown.audio == dictation.audio:
            self._fill(dictation)
            return
        self._fill(dictation)
        self._show_audio(dictation)

    def _fill(self, dictation: Dictation) -> None:
        self._shown = dictation
        what = [_STATES.get(dictation.state, dictation.state)]
        if dictation.program:
            what.append(f"for {dictation.program}")
        what += [clock(dictation.seconds), dictation.model or dictation.engine, dictation.language]
        self._meta.setText(f"{time_of_day(dictation.created)} · " + " · ".join(filter(None, what)))
        if self.text.toPlainText() != dictation.text:
            self.text.setPlainText(dictation.text)
        self._error.setText(dictation.error)
        self._error.setVisible(bool(dictation.error))
        self._copy.setEnabled(bool(dictation.text))
        self._again.setEnabled(dictation.audio is not None)

    def _show_audio(self, dictation: Dictation) -> None:
        if self._chip is not None:
            self._chip.hide()
            self._chip.deleteLater()
            self._chip = None
        if dictation.audio is not None:
            self._chip = AudioChip(partial(_clip, self._store, dictation), self._background, self._play, self)
            self._chip.failed.connect(self.failed)
            self._top.insertWidget(0, self._chip)

    def _build(self) -> None:
        self._top = QHBoxLayout()
        self._top.addStretch(1)
        self._top.addWidget(self._delete)
        row = QHBoxLayout()
        row.setSpacing(SPACE[1])
        row.addWidget(self._copy)
        row.addStretch(1)
        row.addWidget(self._engine)
        row.addWidget(self._language)
        row.addWidget(self._again)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE[3], SPACE[3], SPACE[3], SPACE[3])
        layout.setSpacing(SPACE[2])
        layout.addWidget(self._meta)
        layout.addLayout(self._top)
        layout.addWidget(self.text, 1)
        layout.addWidget(self._error, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(row)

    @Slot()
    def _retry(self) -> None:
        if self._shown is not None:
            engine, language = self._engine.currentData(), self._language.currentData()
            self.retry_wanted.emit(self._shown.id, str(engine or ""), str(language or ""))

    @Slot()
    def _copy_text(self) -> None:
        if self._shown is not None:
            self.copy_wanted.emit(self._shown.text)

    @Slot()
    def _ask_delete(self) -> None:
        if self._shown is not None:
            self.delete_wanted.emit(self._shown.id)


def _clip(store: Dictations, dictation: Dictation) -> Clip:
    from assistant.core.media import Clip

    return Clip(np.concatenate(list(store.audio_blocks(dictation))), "Dictation")
