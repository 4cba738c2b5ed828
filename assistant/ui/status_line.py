"""The line at the bottom: what answers, on what, in which state; and how the last answer went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QToolButton, QWidget

from assistant.ui.theme import SPACE, color, tokens

if TYPE_CHECKING:
    from assistant.workers.signals import EngineStatus

_DOT = 8
_ROLES = {"off": "muted", "loading": "listening", "ready": "ready", "busy": "accent", "error": "danger"}
_WORDS = {"off": "not loaded", "ready": "ready", "busy": "working"}


class StatusLine(QFrame):
    """A click opens the engine's settings."""

    clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusLine")
        self._state = "off"
        self._engine = QToolButton(self)
        self._engine.setObjectName("status")
        self._engine.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._engine.setIconSize(QSize(_DOT, _DOT))
        self._engine.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._engine.setToolTip("Engine settings")
        self._engine.clicked.connect(self.clicked)
        self._numbers = QLabel(self)
        self._numbers.setObjectName("meta")
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE[1], 2, SPACE[2], 2)
        layout.addWidget(self._engine)
        layout.addStretch(1)
        layout.addWidget(self._numbers)
        self._show("Starting…", "")

    @property
    def text(self) -> str:
        return f"{self._engine.text()} {self._numbers.text()}".strip()

    @Slot(object)
    def show_status(self, status: EngineStatus) -> None:
        self._state = status.state
        self._show(engine_words(status), number_words(status))

    def _show(self, words: str, numbers: str) -> None:
        # The button leaves hardly a gap after its dot.
        self._engine.setText(f" {words}")
        self._engine.setAccessibleName(f"Engine: {words}. Open its settings")
        self._numbers.setText(numbers)
        self._colour()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "_engine"):
            self._colour()

    def _colour(self) -> None:
        self._engine.setIcon(_dot(getattr(tokens(), _ROLES.get(self._state, "muted"))))


def engine_words(status: EngineStatus) -> str:
    """ "Qwen2.5-Coder 1.5B · CPU · loading the language model, 40 %"."""
    state = _WORDS.get(status.state, status.detail or status.state)
    if status.state == "loading":
        state = f"loading {status.detail}".strip() + (f", {status.share:.0%}" if status.share else "…")
    elif status.state == "off" and status.detail:
        state = status.detail
    parts = [status.model or status.name or "No engine", status.device, state]
    return " · ".join(part for part in parts if part)


def number_words(status: EngineStatus) -> str:
    """How full the context is, and how quick the last answer was."""
    parts = []
    if status.context_used:
        parts.append(f"context {status.context_used:,} of {status.context_limit:,}")
    if status.first_token_seconds:
        parts.append(f"first word {status.first_token_seconds:.1f} s")
    if status.tokens_per_second:
        parts.append(f"{status.tokens_per_second:.0f} tokens/s")
    return "  ·  ".join(parts)


def _dot(colour: str) -> QIcon:
    drawn = QPixmap(_DOT * 2, _DOT * 2)
    drawn.setDevicePixelRatio(2)
    drawn.fill(Qt.GlobalColor.transparent)
    painter = QPainter(drawn)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color(colour))
    painter.drawEllipse(QRectF(0.5, 0.5, _DOT - 1, _DOT - 1))
    painter.end()
    return QIcon(drawn)
