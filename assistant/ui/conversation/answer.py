"""An answer: markdown over the full width, what state it is in, and what can be done with it."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from assistant.flows.transcript_record import file_of, language_of
from assistant.history.models import Message
from assistant.ui.buttons import TextButton
from assistant.ui.conversation.suggestions import Suggestions
from assistant.ui.conversation.toolbar import Toolbar
from assistant.ui.markdown.view import MarkdownView
from assistant.workers.background import Background

_ENDINGS = {
    "cancelled": "Stopped before the end.",
    "interrupted": "Hearsight was closed before this answer was complete.",
    "failed": "This answer failed.",
}


class AnswerView(QWidget):
    """One message of the assistant's."""

    retry_requested = Signal(int)
    delete_requested = Signal(int)
    link_clicked = Signal(str)
    suggested = Signal(str)
    """A question about this transcript, chosen by its button."""

    def __init__(self, message: Message, background: Background, parent: QWidget) -> None:
        super().__init__(parent)
        self._message: Message | None = None
        self._suggestions: Suggestions | None = None
        self._build(background)
        self.show_message(message)

    @property
    def message(self) -> Message:
        assert self._message is not None
        return self._message

    @property
    def text(self) -> str:
        return self._markdown.text_so_far

    @property
    def status(self) -> str:
        """What is said below the answer; "" when it is simply done."""
        return self._status.text() if self._status.isVisibleTo(self) else ""

    def show_message(self, message: Message) -> None:
        """Shows the message as the history has it; while it streams, its text comes by `append`."""
        before, self._message = self._message, message
        streaming = message.state == "streaming"
        if streaming and before is not None and before.state != "streaming":
            # It is being answered again, in the same place.
            self._markdown.show_markdown("")
        elif not streaming:
            if message.text == self._markdown.text_so_far:
                self._markdown.finish()
            else:
                self._markdown.show_markdown(message.text)
        self._show_status("Thinking…" if streaming else _ending(message), failed=message.state == "failed")
        self._frame_ending(message.state in _ENDINGS)
        self._toolbar.setVisible(not streaming)
        self._toolbar.set_note(_note(message))
        self._markdown.setVisible(bool(self._markdown.text_so_far))
        self._suggest(not streaming and bool(message.text) and file_of(message) is not None)

    def append(self, text: str) -> None:
        """The next piece of the answer."""
        self._markdown.append(text)
        self._markdown.show()
        if self._status.isVisibleTo(self):
            self._show_status("")

    def show_stage(self, text: str) -> None:
        """What is being done, until the first words come."""
        if self.message.state == "streaming" and not self._markdown.text_so_far:
            self._show_status(text[:1].upper() + text[1:] + "…")

    def _build(self, background: Background) -> None:
        self._markdown = MarkdownView(background, self)
        self._markdown.link_clicked.connect(self.link_clicked)
        self._status = QLabel(self)
        self._status.setWordWrap(True)
        self._again = TextButton("Try again", self)
        self._again.clicked.connect(self._retry)
        self._box = QFrame(self)
        row = QHBoxLayout(self._box)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._status, 1)
        row.addWidget(self._again)
        self._toolbar = Toolbar(self)
        self._toolbar.align_left()
        self._toolbar.add("copy", "Copy the answer", self._copy)
        self._toolbar.add("retry", "Answer again", self._retry)
        self._toolbar.add("trash", "Delete the answer", self._delete)
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(self._markdown)
        layout.addWidget(self._box)
        layout.addWidget(self._toolbar)

    def _suggest(self, wanted: bool) -> None:
        if wanted and self._suggestions is None:
            self._suggestions = Suggestions(language_of(self.message), self)
            self._suggestions.asked.connect(self.suggested)
            self._column.addWidget(self._suggestions)
        if self._suggestions is not None:
            self._suggestions.setVisible(wanted)

    def _frame_ending(self, ended: bool) -> None:
        """An answer that did not end well says so in a box, with what can be done."""
        self._again.setVisible(ended)
        self._box.setObjectName("notice" if ended else "")
        self._box.style().polish(self._box)
        self._box.layout().setContentsMargins(*((12, 6, 6, 6) if ended else (0, 0, 0, 0)))  # type: ignore[union-attr]

    def _show_status(self, text: str, *, failed: bool = False) -> None:
        self._status.setObjectName("error" if failed else "muted")
        self._status.style().polish(self._status)
        self._status.setText(text)
        self._status.setVisible(bool(text))
        self._box.setVisible(bool(text))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._markdown.text_so_far)

    @Slot()
    def _retry(self) -> None:
        self.retry_requested.emit(self.message.id)

    @Slot()
    def _delete(self) -> None:
        self.delete_requested.emit(self.message.id)


def _ending(message: Message) -> str:
    return message.error or _ENDINGS[message.state] if message.state in _ENDINGS else ""


def _note(message: Message) -> str:
    parts = [message.model]
    if first := message.timings.get("first_token"):
        parts.append(f"first word after {first:.1f} s")
    return " · ".join(part for part in parts if part)
