"""A page of settings: rows with a name, a sentence and a control that changes one value."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from assistant.ui.choice import Choice
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.number_field import NumberField
from assistant.ui.settings.switch import Switch
from assistant.ui.theme import SPACE

_CONTROL_WIDTH = 210


class Page(QWidget):
    """Rows from top to bottom; each control shows the value as it is and changes it at once."""

    def __init__(self, title: str, editor: SettingsEditor, section: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("page")
        self.editor = editor
        self.section = section
        heading = QLabel(title, self)
        heading.setObjectName("title")
        self.rows = QVBoxLayout(self)
        self.rows.setContentsMargins(SPACE[4], SPACE[3], SPACE[4], SPACE[4])
        self.rows.setSpacing(0)
        self.rows.addWidget(heading)
        self.rows.addSpacing(SPACE[1])
        self.rows.addStretch(1)

    def add_choice(self, field: str, name: str, options: Sequence[tuple[str, str]], sentence: str = "") -> Choice:
        """Options are pairs of value and words; a sentence replaces the setting's own where that speaks of values."""
        control = Choice(options, self)
        control.choose(str(self.editor.value(self.section, field)))
        control.chosen.connect(partial(self.editor.change, self.section, field))
        self.add_row(name, sentence or self.editor.description(self.section, field), control)
        return control

    def add_switch(self, field: str, name: str) -> Switch:
        control = Switch(self)
        control.setChecked(self.editor.value(self.section, field))
        control.toggled.connect(partial(self.editor.change, self.section, field))
        self.add_row(name, self.editor.description(self.section, field), control)
        return control

    def add_number(
        self, field: str, name: str, low: float, high: float, *, step: float = 1, unit: str = "", decimals: int = 0
    ) -> NumberField:
        """A number with its unit; whole where it has no decimals."""
        control = NumberField(low, high, step, unit, decimals, self)
        control.show_number(self.editor.value(self.section, field))
        control.changed.connect(partial(self._change_number, field, decimals))
        self.add_row(name, self.editor.description(self.section, field), control)
        return control

    def add_row(self, name: str, sentence: str, control: QWidget) -> None:
        """Name and sentence at the left, the control at the right."""
        control.setAccessibleName(name)
        control.setAccessibleDescription(sentence)
        if not isinstance(control, Switch):
            control.setFixedWidth(_CONTROL_WIDTH)
        label, below = QLabel(name, self), QLabel(sentence, self)
        label.setBuddy(control)
        below.setObjectName("muted")
        below.setWordWrap(True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label)
        if sentence:
            words.addWidget(below)
        row = QHBoxLayout()
        row.setContentsMargins(0, SPACE[2], 0, SPACE[2])
        row.setSpacing(SPACE[4])
        row.addLayout(words, 1)
        row.addWidget(control, 0, Qt.AlignmentFlag.AlignTop)
        self.add_layout(row)
        self._add_line()

    def add_layout(self, layout: QHBoxLayout | QVBoxLayout) -> None:
        self.rows.insertLayout(self.rows.count() - 1, layout)

    def add_words(self, text: str) -> QLabel:
        label = QLabel(text, self)
        label.setObjectName("muted")
        label.setWordWrap(True)
        label.setContentsMargins(0, SPACE[1], 0, SPACE[1])
        label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.rows.insertWidget(self.rows.count() - 1, label)
        return label

    def _change_number(self, field: str, decimals: int, value: float) -> None:
        self.editor.change(self.section, field, value if decimals else round(value))

    def _add_line(self) -> None:
        line = QFrame(self)
        line.setObjectName("line")
        line.setFixedHeight(1)
        self.rows.insertWidget(self.rows.count() - 1, line)
