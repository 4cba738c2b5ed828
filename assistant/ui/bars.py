"""Bars above the composer: notices, Undo, and recordings that a crash left behind. Nothing of it is modal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QEvent, Qt, QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from assistant.ui.buttons import IconButton, TextButton
from assistant.ui.icons import pixmap
from assistant.ui.theme import tokens

UNDO_SECONDS = 10
_READ_SECONDS = 20
"""How long a notice that asks for nothing stays."""
_MOST = 3

Action = tuple[str, Callable[[], object]]


class Bar(QFrame):
    """One sentence with its actions and ×. Goes when an action was chosen or its time is over."""

    def __init__(
        self,
        text: str,
        actions: list[Action],
        *,
        icon_name: str = "info",
        seconds: float = 0,
        on_close: Callable[[], object] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAccessibleName(text)
        self._icon_name = icon_name
        self._on_close = on_close
        self._icon = QLabel(self)
        words = QLabel(text, self)
        words.setWordWrap(True)
        words.setTextFormat(Qt.TextFormat.PlainText)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(10, 5, 6, 5)
        layout.addWidget(self._icon)
        layout.addWidget(words, 1)
        for label, action in actions:
            button = TextButton(label, self, kind="quiet")
            button.clicked.connect(partial(self._act, action))
            layout.addWidget(button)
        close = IconButton("close", "Dismiss", self)
        close.clicked.connect(self.end)
        layout.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.end)
        if seconds:
            self._timer.start(round(seconds * 1000))
        self._colour()

    @property
    def text(self) -> str:
        return self.accessibleName()

    @Slot()
    def end(self) -> None:
        """Takes the bar away without any of its actions."""
        if self._on_close is not None:
            self._on_close()
        self._vanish()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_icon"):
            self._colour()

    def _act(self, action: Callable[[], object]) -> None:
        self._vanish()
        action()

    def _vanish(self) -> None:
        self._timer.stop()
        self._on_close = None
        self.hide()
        self.deleteLater()

    def _colour(self) -> None:
        look = tokens()
        colour = look.danger if self._icon_name == "warning" else look.muted
        self._icon.setPixmap(pixmap(self._icon_name, colour, 16))


class BarStack(QWidget):
    """At most three bars, the newest at the bottom; the same text never stands there twice."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(4)

    @property
    def bars(self) -> list[Bar]:
        return [bar for bar in self.findChildren(Bar) if not bar.isHidden()]

    def say(self, text: str, actions: list[Action] | None = None) -> Bar:
        """A notice; one with an action stays until it is used or dismissed."""
        return self._add(Bar(text, actions or [], seconds=0 if actions else _READ_SECONDS))

    def offer_undo(self, text: str, undo: Callable[[], object]) -> Bar:
        return self._add(Bar(text, [("Undo", undo)], icon_name="trash", seconds=UNDO_SECONDS))

    def offer(self, text: str, actions: list[Action]) -> Bar:
        """Something that waits for an answer."""
        return self._add(Bar(text, actions, icon_name="microphone"))

    def _add(self, bar: Bar) -> Bar:
        bars = self.bars
        same = [each for each in bars if each.text == bar.text]
        for old in same or bars[: max(0, len(bars) + 1 - _MOST)]:
            old.end()
        self._layout.addWidget(bar)
        bar.show()
        return bar
