"""Puts the look on the application: the theme that the user chose, or the system's as it changes."""

from __future__ import annotations

import json
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase, QGuiApplication
from PySide6.QtWidgets import QApplication

from assistant.ui.stylesheet import stylesheet
from assistant.ui.theme import DARK, LIGHT, Tokens, palette


def apply_theme(application: QApplication, choice: str = "system", font_size: int = 13) -> None:
    """Gives the application its look, or changes it; `choice` is "system", "light" or "dark", `font_size` in pixels."""
    look = application.findChild(Appearance)
    if look is None:
        Appearance(application, choice, font_size)
    else:
        look.choose(choice, font_size)


def remembered(settings_file: Path) -> tuple[str, int]:
    """Theme and font size as the settings file has them, read without the settings' own (slower) module.

    What can't be read or used here is the settings' business a moment later; until then the defaults do.
    """
    try:
        general = json.loads(settings_file.read_bytes()).get("general", {})
        theme, size = general.get("theme", "system"), general.get("font_size", 13)
    except (OSError, ValueError, AttributeError):
        return "system", 13
    return (theme if theme in ("light", "dark") else "system"), (size if isinstance(size, int) else 13)


def is_dark(application: QGuiApplication, choice: str) -> bool:
    """Whether a chosen theme is dark, now."""
    if choice == "system":
        return application.styleHints().colorScheme() == Qt.ColorScheme.Dark
    return choice == "dark"


class Appearance(QObject):
    """Keeps the application's look as the user chose it, and follows the system where they chose that."""

    changed = Signal()
    """The colours or the font size are different now."""

    def __init__(self, application: QApplication, choice: str = "system", font_size: int = 13) -> None:
        super().__init__(application)
        self._application = application
        self._choice = choice
        self._font_size = font_size
        application.setStyle("Fusion")
        application.styleHints().colorSchemeChanged.connect(self._follow_system)
        self._apply()

    def choose(self, choice: str, font_size: int) -> None:
        """Changes the look at once; `choice` is "system", "light" or "dark", `font_size` in pixels."""
        if (choice, font_size) != (self._choice, self._font_size):
            self._choice, self._font_size = choice, font_size
            self._apply()

    @Slot()
    def _follow_system(self) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        wanted = self._wanted()
        self._application.setPalette(palette(wanted))
        font = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
        font.setPixelSize(self._font_size)
        self._application.setFont(font)
        self._application.setStyleSheet(stylesheet(wanted, self._font_size))
        self.changed.emit()

    def _wanted(self) -> Tokens:
        return DARK if is_dark(self._application, self._choice) else LIGHT
