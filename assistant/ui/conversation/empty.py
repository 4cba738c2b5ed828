"""What an empty conversation shows: the ways to ask, each with its key and a try that works."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from assistant.ui.buttons import TextButton
from assistant.ui.icons import pixmap
from assistant.ui.theme import SPACE, tokens

_WIDEST = 600


class EmptyState(QWidget):
    """Three cards, one a gesture."""

    press = Signal()
    release = Signal()
    type_requested = Signal()
    screenshot_requested = Signal()

    def __init__(self, screenshot_key: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        title = QLabel("What would you like to know?", self)
        title.setObjectName("title")
        below = QLabel("Speech, screen and answer stay on this machine.", self)
        below.setObjectName("muted")
        below.setWordWrap(True)
        self._speak = _Card(
            "microphone",
            "Ask out loud",
            "Hold the key anywhere, speak, let go. The screen under the pointer comes along.",
            "",
            "Hold to try",
        )
        self._type = _Card(
            "keyboard",
            "Ask by typing",
            "Write below; drop pictures or recordings. Long sound and films become text.",
            "Enter",
            "Try it",
        )
        self._screen = _Card(
            "screen", "Ask about the screen", "Take a picture of it, then type or say what it is about.",
            screenshot_key, "Try it",
        )  # fmt: skip
        self._speak.button.pressed.connect(self.press)
        self._speak.button.released.connect(self.release)
        self._type.button.clicked.connect(self.type_requested)
        self._screen.button.clicked.connect(self.screenshot_requested)
        inner = QVBoxLayout()
        inner.setSpacing(SPACE[1])
        inner.addWidget(title)
        inner.addWidget(below)
        inner.addSpacing(SPACE[2])
        for card in (self._speak, self._type, self._screen):
            card.setMaximumWidth(_WIDEST)
            inner.addWidget(card)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(SPACE[4], SPACE[3], SPACE[4], SPACE[3])
        layout.addStretch(2)
        centre = QHBoxLayout()
        centre.addStretch(1)
        centre.addLayout(inner, 100)
        centre.addStretch(1)
        layout.addLayout(centre)
        layout.addStretch(3)

    def set_ask_key(self, key: str) -> None:
        """Until the settings are read, no key is shown."""
        self._speak.key.setText(key)
        self._speak.key.setVisible(bool(key))


class _Card(QFrame):
    def __init__(self, icon_name: str, title: str, text: str, key: str, action: str) -> None:
        super().__init__()
        self.setObjectName("card")
        self._icon_name = icon_name
        self._icon = QLabel(self)
        heading, words = QLabel(title, self), QLabel(text, self)
        heading.setObjectName("heading")
        words.setObjectName("muted")
        words.setWordWrap(True)
        self.key = QLabel(key, self)
        self.key.setVisible(bool(key))
        self.key.setObjectName("key")
        self.button = TextButton(action, self)
        self.button.setAccessibleName(f"{title}: {action}")
        top = QHBoxLayout()
        top.setSpacing(SPACE[1])
        top.addWidget(heading)
        top.addWidget(self.key)
        top.addStretch(1)
        middle = QVBoxLayout()
        middle.setSpacing(4)
        middle.addLayout(top)
        middle.addWidget(words)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE[3], SPACE[2], SPACE[3], SPACE[2])
        layout.setSpacing(SPACE[3])
        layout.addWidget(self._icon)
        layout.addLayout(middle, 1)
        layout.addWidget(self.button, 0, Qt.AlignmentFlag.AlignVCenter)
        self._colour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._colour()

    def _colour(self) -> None:
        self._icon.setPixmap(pixmap(self._icon_name, tokens().accent, 22))
