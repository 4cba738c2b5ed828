"""What the HUD shows: waveform, words, thumbnail. Knows nothing of turns; the HUD tells it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QImage, QTextDocumentFragment
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from assistant.ui.buttons import IconButton, TextButton
from assistant.ui.conversation.chips import Thumbnail
from assistant.ui.hud.choices import Choices
from assistant.ui.theme import SPACE, tokens
from assistant.ui.waveform import Waveform

_WIDTH, _WIDE = 560, 600
_BESIDE_TEXT, _BESIDE_ANSWER = 290, 90
"""Pixels of the width that waveform, thumbnail and buttons take."""
_BARS = 18
_ANSWER_LINES = 8
_TEXT_LINES = 2
_LISTENING = "Listening…"


@dataclass(frozen=True)
class Shown:
    """What the HUD says now, for those who show it elsewhere.

    Attributes:
        doing: what is going on while words are shown; else empty.
        words: what was said or answered.
        unsure: the end of what was said, which may still change.
        sentence: what the HUD itself has to say.
        action: (name, label) of the one button.
        choices: (key, label) of each answer to a question.
    """

    doing: str
    words: str
    unsure: str
    sentence: str
    action: tuple[str, str] | None
    choices: tuple[tuple[str, str], ...]


class Body(QWidget):
    """Left the waveform, in the middle the words, at the right the captured screen."""

    leave_out = Signal()
    enlarge = Signal()
    acted = Signal(str)
    resized = Signal()
    chosen = Signal(str)
    thumbnail_size = QSize(84, 48)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._width = _WIDTH
        self._action = ""
        self._transcript = ""
        self._job = "ask"
        self._doing = self._pale = ""
        self.escape_hint = " · Esc cancels"
        self.is_error = False
        self._still = False
        self.wave = Waveform(_BARS, 32, "listening", self)
        self._main = QLabel(self)
        self._main.setWordWrap(True)
        self._main.setTextFormat(Qt.TextFormat.PlainText)
        self._meta = QLabel(self)
        self._meta.setObjectName("meta")
        self.choices = Choices(self)
        self.choices.chosen.connect(self.chosen)
        self._button = TextButton("", self)
        self._button.clicked.connect(self._act)
        self._close = IconButton("close", "Close", self)
        self._close.clicked.connect(self._dismiss)
        self._thumbnail = Thumbnail("The captured screen: enlarge it", self.thumbnail_size, self)
        self._thumbnail.clicked.connect(self.enlarge)
        self._without = IconButton("close", "Leave the screen out of this question", self)
        self._without.clicked.connect(self.leave_out)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self._main)
        words.addWidget(self._meta)
        words.addWidget(self.choices)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(SPACE[3], 10, SPACE[2], 10)
        layout.setSpacing(SPACE[2])
        layout.addWidget(self.wave)
        layout.addLayout(words, 1)
        layout.addWidget(self._button)
        layout.addWidget(self._thumbnail)
        layout.addWidget(self._without)
        layout.addWidget(self._close)
        self.begin()

    def sizeHint(self) -> QSize:
        return QSize(self._width, max(68, self.layout().totalHeightForWidth(self._width)))  # type: ignore[union-attr]

    @property
    def text(self) -> str:
        """All words that are shown."""
        return f"{self._main_text} {self._meta.text()}".strip()

    @property
    def shown(self) -> Shown:
        """The same apart: whose words they are, and what can be pressed."""
        main, meta, doing = self._main_text, self._meta.text(), self._doing
        words = main if doing and main != doing else ""
        unsure = self._pale if words.endswith(self._pale) else ""
        sentence = meta if doing else main
        action = (self._action, self._button.text()) if self._button.isVisibleTo(self) else None
        sure = words.removesuffix(unsure)
        return Shown(doing, sure, unsure, "" if sentence == doing else sentence, action, self.choices.options)

    @property
    def _main_text(self) -> str:
        document = QTextDocumentFragment.fromHtml(self._main.text())
        is_rich = self._main.textFormat() == Qt.TextFormat.RichText
        return document.toPlainText() if is_rich else self._main.text()

    @property
    def has_thumbnail(self) -> bool:
        return self._thumbnail.isVisibleTo(self)

    def begin(self, job: str = "ask") -> None:
        """Before the first sound: no bars yet, they would be made up. `job` is "ask" or "dictate"."""
        self._job = job
        self.is_error = False
        self._transcript = self._pale = ""
        self.wave.clear()
        self.show_thumbnail(None)
        self._show("Getting ready…", "", wave=False)

    def show_listening(self, state: str, elapsed: str) -> None:
        if state == "arming":
            self._show("Getting ready…", "", wave=False)
            return
        done = "type it" if self._job == "dictate" else "send"
        hint = f"Hands-free · Press again to {done}" if state == "latched" else f"Let go to {done}{self.escape_hint}"
        self._show(self._transcript or _LISTENING, f"{elapsed} · {hint}", wave=True, doing=_LISTENING)

    def show_level(self, level: float) -> None:
        """Real loudness; where motion is unwanted, the words alone say that it listens."""
        if not self._still:
            self.wave.push(level)

    @Slot(bool)
    def set_still(self, still: bool) -> None:
        """The user wants less motion."""
        self._still = still

    def show_transcript(self, text: str) -> None:
        self._transcript, self._pale = escape(self._tail(text, _TEXT_LINES)), ""
        if not self.is_error:
            self._say(self._transcript)
            self.resized.emit()

    def show_live(self, confirmed: str, unconfirmed: str) -> None:
        """A dictation so far: what stays in the text's colour, what may still change paler."""
        shown = self._tail(confirmed + unconfirmed, _TEXT_LINES)
        self._pale = pale = shown[max(0, len(shown) - len(unconfirmed.strip())) :] if unconfirmed.strip() else ""
        sure = shown[: len(shown) - len(pale)]
        self._transcript = f"{escape(sure)}<span style='color: {tokens().muted}'>{escape(pale)}</span>" if shown else ""
        if not self.is_error and self._transcript:
            self._say(self._transcript)
            self.resized.emit()

    def show_choice(self, sentence: str, options: Sequence[tuple[str, str]]) -> None:
        """Something that the user decides: a sentence, and a button for each (key, label)."""
        self._width = _WIDE
        self._show(sentence, "", wave=False, close=True)
        self.choices.offer(options)
        self.resized.emit()

    def show_working(self, stage: str) -> None:
        """What is being done, below what was understood."""
        if not self.is_error:
            words = stage[:1].upper() + stage[1:] + "…"
            self._show(self._transcript or words, words if self._transcript else "", wave=False, doing=words)

    def show_answer(self, text: str) -> None:
        """The newest lines of the answer, where the window stays hidden."""
        self._width = _WIDE
        self._show(self._tail(text, _ANSWER_LINES), "", wave=False, close=True, doing="Answer")

    def show_words(self, text: str) -> None:
        self._show(text, "", wave=False, close=True)

    def show_error(self, text: str, label: str, action: str) -> None:
        """What went wrong, in plain words, with one action where there is one."""
        self._show(text, "", wave=False, close=True)
        self.is_error = True
        if label:
            self.offer(label, action)

    def offer(self, label: str, action: str) -> None:
        self._action = action
        self._button.setText(label)
        self._button.show()
        self.resized.emit()

    @Slot(object)
    def show_thumbnail(self, image: QImage | None) -> None:
        if image is not None:
            self._thumbnail.show_image(image)
        self._thumbnail.setVisible(image is not None)
        self._without.setVisible(image is not None)
        self.resized.emit()

    def _show(self, main: str, meta: str, *, wave: bool, close: bool = False, doing: str = "") -> None:
        self._doing = doing
        if not close:
            self._width = _WIDTH
        self.choices.clear()
        if main == self._transcript:
            self._say(main)
        else:
            self._main.setTextFormat(Qt.TextFormat.PlainText)
            self._main.setText(main)
        self._meta.setText(meta)
        self._meta.setVisible(bool(meta))
        self.wave.setVisible(wave and not self._still)
        self._close.setVisible(close)
        self._button.hide()
        if close:
            self._thumbnail.hide()
            self._without.hide()
        self.setAccessibleName(f"Hearsight: {self.text}")
        self.resized.emit()

    def _say(self, markup: str) -> None:
        """Shows the transcript, which is escaped but for its colours."""
        self._doing = self._doing or _LISTENING
        self._main.setTextFormat(Qt.TextFormat.RichText)
        self._main.setText(markup)

    def _tail(self, text: str, lines: int) -> str:
        """The end of a text, as much as fits: the newest words are the ones to see."""
        room = lines * (self._width - (_BESIDE_TEXT if lines == _TEXT_LINES else _BESIDE_ANSWER))
        metrics = self._main.fontMetrics()
        text = text[-2000:] if lines == _ANSWER_LINES else " ".join(text.split())[-600:]
        if metrics.horizontalAdvance(text) <= room:
            return text
        words = text.split(" ")
        while len(words) > 1 and metrics.horizontalAdvance("… " + " ".join(words)) > room:
            words = words[1 + len(words) // 40 :]
        return "… " + " ".join(words)

    @Slot()
    def _act(self) -> None:
        self.acted.emit(self._action)

    @Slot()
    def _dismiss(self) -> None:
        self.acted.emit("")
