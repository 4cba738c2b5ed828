"""Tries the text rules: what is typed for what was said, and which rules had a part in it."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QLineEdit, QVBoxLayout, QWidget

from assistant.dictation.models import Context, TextRules
from assistant.dictation.rules import preview
from assistant.ui.choice import Choice
from assistant.ui.theme import SPACE

SAMPLE = "dear all comma new line the meeting is at nine period"
_KINDS = (("plain", "In a text"), ("terminal", "In a terminal"), ("code", "In a code editor"))


class RulePreview(QWidget):
    """Runs the very rules that a dictation does, at each change of the text or of a rule."""

    asked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.said = QLineEdit(SAMPLE, self)
        self.said.setAccessibleName("Something that was said")
        self.said.setPlaceholderText("Type what you would say")
        self.said.textChanged.connect(self.asked)
        self.kind = Choice(_KINDS, self)
        self.kind.setAccessibleName("Kind of program")
        self.kind.chosen.connect(self.asked)
        self.kind.setFixedWidth(150)
        self.typed = QLabel(self)
        self.typed.setObjectName("preview")
        self.typed.setWordWrap(True)
        self.typed.setAccessibleName("What is typed for it")
        self.steps = QLabel(self)
        self.steps.setObjectName("meta")
        self.steps.setWordWrap(True)
        row = QHBoxLayout()
        row.setSpacing(SPACE[1])
        row.addWidget(self.said, 1)
        row.addWidget(self.kind)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE[1], 0, SPACE[1])
        layout.setSpacing(SPACE[1])
        layout.addLayout(row)
        layout.addWidget(self.typed)
        layout.addWidget(self.steps)

    def show_for(self, rules: TextRules, language: str) -> None:
        """What these rules make of the text in the field."""
        context = Context.model_validate({"kind": self.kind.currentData() or "plain", "language": language})
        steps = preview(self.said.text(), rules, context)
        self.typed.setText(_visible(steps[-1].text) or "(nothing)")
        changed = [step.name for step in steps if step.changed]
        self.steps.setText(f"Rules that changed it: {', '.join(changed)}." if changed else "No rule changes it.")


def _visible(text: str) -> str:
    """With signs for what can't be seen."""
    return text.replace("\n", "↵\n").replace("\t", "⇥") if text.strip() else ""
