"""Puts the look on the application: the theme that the user chose, or the system's as it changes."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QFontDatabase
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
        if self._choice == "system":
            return DARK if self._application.styleHints().colorScheme() == Qt.ColorScheme.Dark else LIGHT
        return DARK if self._choice == "dark" else LIGHT
