"""Plain text that is as wide as it needs to be, up to a limit, and can be selected."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class BubbleText(QLabel):
    """A question's words. Never markup: what a user typed or said is shown as it is."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setWordWrap(True)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Minimum)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)

    def fit(self, widest: int) -> None:
        """Takes the width of its longest line, or `widest` and as many lines as that needs."""
        lines = self.text().split("\n")
        metrics = self.fontMetrics()
        # Measuring more of a line than can fit is wasted work.
        longest = max((metrics.horizontalAdvance(line[:1000]) for line in lines), default=0)
        width = min(longest + 4, widest)
        self.setFixedWidth(max(width, 8))
        # A label never asks for less than its minimum, which is still that of the text before.
        self.setMinimumHeight(0)
        self.setFixedHeight(max(0, self.heightForWidth(max(width, 8))))
