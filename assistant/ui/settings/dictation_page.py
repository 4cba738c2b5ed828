"""Dictation: its key, what happens when the focus moved, and how long dictations are kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QLabel

from assistant.ui.buttons import TextButton
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.key_field import KeyField
from assistant.ui.settings.languages import LANGUAGES
from assistant.ui.settings.page import Page
from assistant.ui.theme import SPACE

if TYPE_CHECKING:
    from collections.abc import Callable


class DictationPage(Page):
    """What is said into any program.

    Args:
        show_rules, show_history: open the text rules and what was dictated.
    """

    def __init__(
        self, editor: SettingsEditor, show_rules: Callable[[], object], show_history: Callable[[], object]
    ) -> None:
        super().__init__("Dictation", editor, "dictation")
        self.field = KeyField(editor.value("shortcuts", "dictate"), self)
        self.field.captured.connect(self._take)
        sentence = editor.description("shortcuts", "dictate") + ". Click the field and press the keys."
        self.add_row("Key", sentence, self.field)
        self._refusal = QLabel(self)
        self._refusal.setObjectName("error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        self.field.refused.connect(self._refuse)
        self.rows.insertWidget(self.rows.count() - 1, self._refusal)
        moved = (("ask", "Ask me where it goes"), ("wait", "Wait for its window"))
        self.add_choice("when_moved", "When the focus moved", moved, "Text never goes into another window by itself.")
        languages = (("", "As the microphone's"), *LANGUAGES)
        self.add_choice("language", "Language you dictate in", languages, "Text rules go by it too.")
        self.add_number("silence_seconds", "Silence that ends it", 0, 60, step=0.5, unit=" s", decimals=1)
        self.add_switch("screen_words", "Names on the screen")
        self.add_switch("polish", "Polish what was said")
        self.add_number("keep_days", "Keep dictations", 0, 3650, unit=" days")
        self.add_number("keep_megabytes", "Room for recordings", 0, 1_000_000, step=50, unit=" MB")
        self._add_buttons(show_rules, show_history)

    def _add_buttons(self, show_rules: Callable[[], object], show_history: Callable[[], object]) -> None:
        row = QHBoxLayout()
        row.setContentsMargins(0, SPACE[2], 0, SPACE[2])
        row.setSpacing(SPACE[1])
        for words, action in (("Text rules…", show_rules), ("Dictation history…", show_history)):
            button = TextButton(words, self)
            button.clicked.connect(action)
            row.addWidget(button)
        row.addStretch(1)
        self.add_layout(row)

    def _take(self, shortcut: str) -> None:
        if shortcut == self.editor.value("shortcuts", "ask"):
            self.field.show_shortcut(str(self.editor.value("shortcuts", "dictate")))
            self._refuse("That key asks about the screen already.")
        else:
            self.editor.change("shortcuts", "dictate", shortcut)

    def _refuse(self, text: str) -> None:
        self._refusal.setText(text)
        self._refusal.setVisible(bool(text))
