"""The pages that are nothing but settings."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel

from assistant.desktop.hotkeys.main import is_up_to_the_desktop
from assistant.ui.settings.bindings_box import BindingsBox
from assistant.ui.settings.editor import SettingsEditor
from assistant.ui.settings.key_field import KeyField
from assistant.ui.settings.page import Page


class GeneralPage(Page):
    def __init__(self, editor: SettingsEditor) -> None:
        super().__init__("General", editor, "general")
        self.add_choice("theme", "Theme", (("system", "As the system"), ("light", "Light"), ("dark", "Dark")))
        self.add_number("font_size", "Font size", 9, 32, unit=" px")
        self.add_switch("close_to_tray", "Keep running when closed")
        self.add_switch("show_window_on_answer", "Show the window with the answer")
        self.add_number("continue_minutes", "Continue a conversation", 0, 1440, step=5, unit=" min", decimals=1)


class ScreenPage(Page):
    def __init__(self, editor: SettingsEditor) -> None:
        super().__init__("Screen", editor, "screen")
        self.add_switch("include_screen", "Take the screen along")
        self.add_choice(
            "target",
            "Which screen",
            (("pointer", "Under the pointer"), ("active", "With the active window"), ("all", "All screens")),
        )
        self.add_number("characters", "Text to read", 500, 16_000, step=500)


class ShortcutsPage(Page):
    """The global key, taken as it is pressed."""

    def __init__(self, editor: SettingsEditor) -> None:
        super().__init__("Shortcuts", editor, "shortcuts")
        self.field = KeyField(editor.value("shortcuts", "ask"), self)
        self.field.captured.connect(self._take)
        self.add_row(
            "Ask", editor.description("shortcuts", "ask") + ". Click the field and press the keys.", self.field
        )
        self._refusal = QLabel(self)
        self._refusal.setObjectName("error")
        self._refusal.setWordWrap(True)
        self.field.refused.connect(self._refusal.setText)
        self.rows.insertWidget(self.rows.count() - 1, self._refusal)
        if is_up_to_the_desktop():
            self.rows.insertWidget(self.rows.count() - 1, BindingsBox(editor, self))
        self.add_words(
            "In the window: Ctrl+N new conversation, Ctrl+F search, F2 rename, Ctrl+Shift+S picture of the screen, "
            "Enter send, Shift+Enter new line, Esc stop."
        )

    def _take(self, shortcut: str) -> None:
        self.editor.change("shortcuts", "ask", shortcut)


class PrivacyPage(Page):
    def __init__(self, editor: SettingsEditor) -> None:
        super().__init__("Privacy", editor, "privacy")
        self.add_words(
            "Speech, screens and answers are made and kept on this machine. They are in your user folder, readable by "
            "you alone; a deleted conversation takes its pictures and recordings with it."
        )
        self.add_switch("keep_recordings", "Keep recordings")
        self.add_switch("words_in_notifications", "Words in notifications")
        self.add_switch("offline", "Never touch the network")
