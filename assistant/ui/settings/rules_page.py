"""The text rules: names, replacements, snippets, spoken commands and programs, with a preview that runs them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import ValidationError
from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLabel

from assistant.dictation.models import Profile, TextRules
from assistant.ui.choice import Choice
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.page import Page
from assistant.ui.settings.rule_preview import RulePreview
from assistant.ui.settings.rule_table import RuleTable
from assistant.ui.settings.switch import Switch

if TYPE_CHECKING:
    from assistant.workers.controller import Controller

_SAVE_MS = 400
_DATES = (
    ("as heard", "As heard"), ("year-month-day", "2026-11-23"), ("day.month.year", "23.11.2026"),
    ("day/month/year", "23/11/2026"), ("month/day/year", "11/23/2026"), ("day month year", "23 November 2026"),
)  # fmt: skip
_DIGITS = (("", "As heard"), ("0", "Always digits"), ("10", "From 10 on"), ("13", "From 13 on"))
_SWITCHES = (
    ("spoken_punctuation", "Spoken punctuation", "“comma”, “new line”, “scratch that” do what they say"),
    ("capitals_at_cursor", "Capitals by what stands before", "The first letter fits the text before the cursor"),
    ("screen_spelling", "Names from the screen", "Names in the window's title correct what was heard"),
)


class RulesPage(Page):
    """Each change is tried, applied at once, and written soon; one that can't be used is said and not taken."""

    def __init__(self, editor: SettingsEditor, controller: Controller) -> None:
        super().__init__("Text rules", editor, "dictation")
        self._controller = controller
        self._saving = QTimer(self)
        self._saving.setSingleShot(True)
        self._saving.setInterval(_SAVE_MS)
        self._saving.timeout.connect(self._take)
        self.preview = RulePreview(self)
        self.preview.asked.connect(self._try)
        self._refusal = QLabel(self)
        self._refusal.setObjectName("error")
        self._refusal.setWordWrap(True)
        self._refusal.hide()
        self._insert(self.preview)
        self._insert(self._refusal)
        self._switches = {name: self._add_switch(words, sentence, name) for name, words, sentence in _SWITCHES}
        self.digits = self._add_rule_choice("Numbers", "Number words as digits", _DIGITS)
        self.dates = self._add_rule_choice("Dates", "How dates with a year are written", _DATES)
        self.words = self._table(
            "Words and names",
            "Spelled like this; the second column is what is heard for it, with commas.",
            ("Word", "Heard as"),
        )
        self.replacements = self._table("Replacements", "What is heard becomes what is typed.", ("Heard", "Typed"))
        self.snippets = self._table("Snippets", "A phrase becomes a text, letter for letter.", ("You say", "Text"))
        which = "Names or window classes, with commas between. In a terminal nothing ever presses Enter."
        switches = ("Line breaks", "Capitals", "Full stop", "Space after")
        self.profiles = self._table("Programs", which, ("Programs", "Kind: plain, terminal, code"), switches)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._saving.isActive():
            self._fill(self._controller.dictating.rules)
        self._try()

    def rules(self) -> TextRules:
        """The rules as they are on the page.

        Raises:
            ValidationError: one can't be used.
        """
        before = self._controller.dictating.rules
        digits = self.digits.currentData()
        numbers = before.numbers.model_dump() | {"digits_from": int(digits) if digits else None}
        values: dict[str, Any] = before.model_dump() | {
            "words": [{"text": text, "sounds_like": _parts(heard)} for text, heard in self.words.rows()],
            "replacements": [{"heard": heard, "typed": typed} for heard, typed in self.replacements.rows()],
            "snippets": [{"say": say, "text": text} for say, text in self.snippets.rows()],
            "numbers": numbers | {"date": self.dates.currentData() or "as heard"},
            "profiles": [_profile(row, before.profiles) for row in self.profiles.rows()],
            **{name: switch.isChecked() for name, switch in self._switches.items()},
        }
        return TextRules.model_validate(values)

    def _fill(self, rules: TextRules) -> None:
        self.words.show_rows([(word.text, ", ".join(word.sounds_like)) for word in rules.words])
        self.replacements.show_rows([(each.heard, each.typed) for each in rules.replacements])
        self.snippets.show_rows([(each.say, each.text) for each in rules.snippets])
        self.profiles.show_rows(
            [
                (", ".join(p.programs), p.kind, p.newlines, p.capitals, p.full_stop, p.after == "space")
                for p in rules.profiles
            ]
        )
        for name, switch in self._switches.items():
            switch.setChecked(getattr(rules, name))
        self.digits.choose("" if rules.numbers.digits_from is None else str(rules.numbers.digits_from))
        self.dates.choose(rules.numbers.date)

    def _table(self, name: str, sentence: str, columns: tuple[str, ...], switches: tuple[str, ...] = ()) -> RuleTable:
        table = RuleTable(name, sentence, columns, switches, self)
        table.changed.connect(self._on_change)
        self._insert(table)
        return table

    def _add_switch(self, words: str, sentence: str, name: str) -> Switch:
        control = Switch(self)
        control.setChecked(getattr(self._controller.dictating.rules, name))
        control.toggled.connect(self._on_change)
        self.add_row(words, sentence + ".", control)
        return control

    def _add_rule_choice(self, name: str, sentence: str, options: tuple[tuple[str, str], ...]) -> Choice:
        control = Choice(options, self)
        control.chosen.connect(self._on_change)
        self.add_row(name, sentence + ".", control)
        return control

    def _insert(self, part: RulePreview | QLabel | RuleTable) -> None:
        self.rows.insertWidget(self.rows.count() - 1, part)

    @Slot()
    def _on_change(self) -> None:
        self._saving.start()
        self._try()

    @Slot()
    def _try(self) -> None:
        """Shows what the page's rules do, or why they can't be used."""
        try:
            rules = self.rules()
        except ValidationError as error:
            self._refuse(error)
            return
        self._refusal.hide()
        language = str(self.editor.value("dictation", "language") or self.editor.value("voice", "language"))
        self.preview.show_for(rules, language)

    @Slot()
    def _take(self) -> None:
        try:
            if (rules := self.rules()) != self._controller.dictating.rules:
                self._controller.dictating.save_rules(rules)
        except ValidationError as error:
            self._refuse(error)

    def _refuse(self, error: ValidationError) -> None:
        place = error.errors()[0]["loc"]
        name, row = str(place[0]), int(place[1]) + 1 if len(place) > 1 and isinstance(place[1], int) else 0
        where = f"{name.capitalize()}, row {row}" if row else name.capitalize()
        self._refusal.setText(f"{where}: {error.errors()[0]['msg']}. It is not used yet.")
        self._refusal.show()


def _parts(text: str | bool) -> list[str]:
    return [part.strip() for part in str(text).split(",") if part.strip()]


def _profile(row: tuple[str | bool, ...], before: tuple[Profile, ...]) -> dict[str, Any]:
    """A row's profile; what the table doesn't show stays as it was."""
    programs, kind, newlines, capitals, full_stop, after = row
    key = (tuple(_parts(programs)), str(kind).strip().lower() or "plain")
    former = next((p.model_dump() for p in before if (p.programs, p.kind) == key), {})
    shown = {"newlines": newlines, "capitals": capitals, "full_stop": full_stop, "after": "space" if after else "none"}
    return {**former, "programs": key[0], "kind": key[1], **shown}
