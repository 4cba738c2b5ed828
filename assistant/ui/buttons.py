"""Buttons that carry one of our icons and keep its colour right when the theme changes."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QPushButton, QToolButton, QWidget

from assistant.ui.icons import SIZE, icon


class IconButton(QToolButton):
    """An icon alone: its name for screen readers is its tooltip too. Takes the focus by keyboard only."""

    def __init__(self, icon_name: str, name: str, parent: QWidget | None = None, *, role: str = "muted") -> None:
        super().__init__(parent)
        self._icon_name = icon_name
        self._role = role
        self._concealed = False
        self.setIconSize(QSize(SIZE, SIZE))
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.rename(name)
        self._colour()

    def rename(self, name: str) -> None:
        self.setAccessibleName(name)
        self.setToolTip(name)

    def show_icon(self, icon_name: str, role: str | None = None) -> None:
        self._icon_name = icon_name
        self._role = role or self._role
        self._colour()

    def conceal(self, concealed: bool) -> None:
        """Shows no icon, but keeps its place and stays in the tab order."""
        if concealed != self._concealed:
            self._concealed = concealed
            self._colour()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()
        super().changeEvent(event)

    def _colour(self) -> None:
        self.setIcon(QIcon() if self._concealed else icon(self._icon_name, self._role))


class TextButton(QPushButton):
    """A button in words. `kind` is "" (plain), "primary" (the one to press) or "quiet" (like a link)
    or "plain" (words alone)."""

    def __init__(self, text: str, parent: QWidget | None = None, *, kind: str = "") -> None:
        super().__init__(text, parent)
        self.setObjectName(kind)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAutoDefault(False)
