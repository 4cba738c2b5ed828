"""The small buttons below a message: shown under the pointer and on keyboard focus, always in the tab order."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from assistant.ui.buttons import IconButton

HEIGHT = 28


class Toolbar(QWidget):
    """Keeps its place when it is not shown, so that nothing moves; its buttons then only stay empty."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._buttons: list[IconButton] = []
        self._note = QLabel(self)
        self._note.setObjectName("meta")
        self._hovered = False
        self.setFixedHeight(HEIGHT)
        self._layout = QHBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(2)
        self._layout.addWidget(self._note)
        parent.setAttribute(Qt.WidgetAttribute.WA_Hover)
        parent.installEventFilter(self)

    def add(self, icon_name: str, name: str, action: Callable[[], object]) -> IconButton:
        button = IconButton(icon_name, name, self)
        button.clicked.connect(action)
        button.installEventFilter(self)
        button.conceal(True)
        self._layout.insertWidget(len(self._buttons), button)
        self._buttons.append(button)
        return button

    def set_note(self, text: str) -> None:
        """Words beside the buttons ("Qwen2.5-Coder 1.5B · first word after 1.2 s")."""
        self._note.setText(text)
        self._note.setVisible(self._shown())

    def align_left(self) -> None:
        self._layout.addStretch(1)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind in (QEvent.Type.HoverEnter, QEvent.Type.HoverLeave) and watched is self.parent():
            self._hovered = kind == QEvent.Type.HoverEnter
            self._refresh()
        elif kind in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self._refresh()
        return super().eventFilter(watched, event)

    def _shown(self) -> bool:
        return self._hovered or any(button.hasFocus() for button in self._buttons)

    def _refresh(self) -> None:
        shown = self._shown()
        for button in self._buttons:
            button.conceal(not shown)
        self._note.setVisible(shown and bool(self._note.text()))
