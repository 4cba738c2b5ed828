"""A row of buttons in the HUD, for what only the user can decide. Clicking one takes no focus from anybody."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from assistant.ui.buttons import TextButton
from assistant.ui.theme import SPACE


class Choices(QWidget):
    """Offers pairs of a word and what it stands for.

    Attributes:
        options: (key, label) of what is offered now.
    """

    chosen = Signal(str)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, SPACE[0], 0, 0)
        self._row.setSpacing(SPACE[1])
        self._row.addStretch(1)
        self._buttons: list[TextButton] = []
        self.options: tuple[tuple[str, str], ...] = ()
        self.hide()

    @property
    def labels(self) -> list[str]:
        """The words on the buttons."""
        return [button.text() for button in self._buttons]

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Shows one button for each (key, label), the first as the one to press."""
        self.clear()
        self.options = tuple(options)
        for at, (key, label) in enumerate(options):
            button = TextButton(label, self, kind="" if at else "primary")
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            button.clicked.connect(partial(self._choose, key))
            self._row.insertWidget(at, button)
            self._buttons.append(button)
        self.show()

    def click(self, key_at: int) -> None:
        """Presses a button by its place."""
        self._buttons[key_at].click()

    def clear(self) -> None:
        for button in self._buttons:
            button.hide()
            button.deleteLater()
        self._buttons = []
        self.options = ()
        self.hide()

    def _choose(self, key: str) -> None:
        self.clear()
        self.chosen.emit(key)
