"""What is usually asked about a transcript, as buttons that ask it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from assistant.ui.buttons import TextButton
from assistant.ui.theme import SPACE

SUMMARY = ("Summarise", "Summarise the transcript.")
ACTIONS = (
    "Action items",
    "List the action items of the transcript: who does what, by when. If there are none, say so.",
)


class Suggestions(QWidget):
    """A row of buttons."""

    asked = Signal(str)

    def __init__(self, language: str, parent: QWidget | None = None) -> None:
        """Args: language: of the transcript, ISO 639-1: what is in German already is offered in English."""
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, SPACE[0], 0, 0)
        row.setSpacing(SPACE[1])
        for label, question in (SUMMARY, _in("English" if language == "de" else "German"), ACTIONS):
            button = TextButton(label, self)
            button.setToolTip(question)
            button.clicked.connect(partial(self.asked.emit, question))
            row.addWidget(button)
        row.addStretch(1)


def _in(language: str) -> tuple[str, str]:
    return f"In {language}", f"Say in {language} what the transcript says."
