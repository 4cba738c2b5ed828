"""A question: a soft bubble at the right, with what was attached to it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from assistant.core.errors import HearsightError
from assistant.history.models import Attachment, Message
from assistant.history.store import History
from assistant.ui.buttons import TextButton
from assistant.ui.conversation.bubble_text import BubbleText
from assistant.ui.conversation.chips import AudioChip, Thumbnail, load_thumbnail
from assistant.ui.conversation.toolbar import Toolbar
from assistant.ui.conversation.transcript_editor import TranscriptEditor
from assistant.ui.theme import SPACE
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.ui.conversation.chips import Play

_BUBBLE_SHARE = 0.8
"""Of the conversation's width: a bubble leaves room at its left."""


class QuestionView(QWidget):
    """One message of the user's."""

    picture_opened = Signal(object, object)
    """`Attachment`, `Message`."""
    corrected = Signal(int, str)
    retry_requested = Signal(int)
    failed = Signal(str)

    def __init__(
        self, message: Message, history: History, background: Background, play: Play | None, parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._history = history
        self._background = background
        self._play = play
        self._attachments: tuple[int, ...] = ()
        self._editor: TranscriptEditor | None = None
        self._build()
        self.show_message(message)

    @property
    def message(self) -> Message:
        return self._message

    def show_message(self, message: Message) -> None:
        """Brings the bubble up to date: its transcript or its attachments may have come."""
        self._message = message
        self._show_attachments(message.attachments)
        self._text.setText(message.text)
        self._text.setVisible(bool(message.text) and self._editor is None)
        self._bubble.setAccessibleName(f"Your question: {message.text}")
        draft = message.state == "draft"
        self._draft.setVisible(draft)
        self._correct.setVisible(self._was_spoken() and bool(message.text) and not draft)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _build(self) -> None:
        self._bubble = QFrame(self)
        self._bubble.setObjectName("bubble")
        self._inside = QVBoxLayout(self._bubble)
        self._inside.setContentsMargins(SPACE[2], 9, SPACE[2], 10)
        self._inside.setSpacing(SPACE[1])
        self._chips = QHBoxLayout()
        self._chips.setSpacing(SPACE[1])
        self._inside.addLayout(self._chips)
        self._text = BubbleText(self._bubble)
        self._inside.addWidget(self._text)
        self._draft = self._draft_row()
        self._toolbar = Toolbar(self)
        self._toolbar.add("copy", "Copy the question", self._copy)
        self._correct = self._toolbar.add("rename", "Correct what was heard and ask again", self._edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        row = QHBoxLayout()
        row.setSpacing(SPACE[0])
        row.addStretch(1)
        row.addWidget(self._toolbar, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self._bubble)
        layout.addLayout(row)
        layout.addWidget(self._draft, 0, Qt.AlignmentFlag.AlignRight)

    def _draft_row(self) -> QWidget:
        row = QWidget(self)
        words = QLabel("Not sent. It is kept here until you ask it.", row)
        words.setObjectName("meta")
        button = TextButton("Ask it now", row, kind="quiet")
        button.clicked.connect(self._retry)
        layout = QHBoxLayout(row)
        layout.setContentsMargins(0, 2, 0, 0)
        layout.addWidget(words)
        layout.addWidget(button)
        return row

    def _fit(self) -> None:
        inner = self._inside.contentsMargins()
        self._text.fit(int(self.width() * _BUBBLE_SHARE) - inner.left() - inner.right())

    def _was_spoken(self) -> bool:
        return any(each.kind == "audio" for each in self._message.attachments)

    def _show_attachments(self, attachments: tuple[Attachment, ...]) -> None:
        """Adds the chips that are new; attachments never go while a message lives."""
        for each in attachments:
            if each.id not in self._attachments:
                self._chips.addWidget(self._chip(each), 0, Qt.AlignmentFlag.AlignBottom)
        self._attachments = tuple(each.id for each in attachments)

    def _chip(self, attachment: Attachment) -> QWidget:
        if attachment.kind == "audio":
            chip = AudioChip(partial(self._history.load_clip, attachment), self._background, self._play, self._bubble)
            chip.failed.connect(self.failed)
            return chip
        name = f"{attachment.name or 'Picture'}: show it and what the model read"
        thumbnail = Thumbnail(name, parent=self._bubble)
        thumbnail.clicked.connect(partial(self._open_picture, attachment))
        self._background.run(partial(load_thumbnail, attachment.path), thumbnail.show_image, self._on_error)
        return thumbnail

    def _open_picture(self, attachment: Attachment) -> None:
        self.picture_opened.emit(attachment, self._message)

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self.failed.emit(str(error))

    @Slot()
    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._message.text)

    @Slot()
    def _retry(self) -> None:
        self.retry_requested.emit(self._message.id)

    @Slot()
    def _edit(self) -> None:
        if self._editor is None:
            self._editor = TranscriptEditor(self._message.text, self._bubble)
            self._editor.accepted.connect(self._accept)
            self._editor.cancelled.connect(self._close_editor)
            self._inside.addWidget(self._editor)
            self._text.hide()
            self._editor.setFocus()

    @Slot(str)
    def _accept(self, text: str) -> None:
        self._close_editor()
        self.corrected.emit(self._message.id, text)

    @Slot()
    def _close_editor(self) -> None:
        if self._editor is not None:
            self._editor.hide()
            self._editor.deleteLater()
            self._editor = None
            self._text.show()
