"""One conversation: its messages as widgets, kept in step with the history and with what streams in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from assistant.ui.conversation.answer import AnswerView
from assistant.ui.conversation.question import QuestionView
from assistant.ui.conversation.scroll import Column, FollowingScrollArea
from assistant.workers.background import Background
from assistant.workers.signals import ControllerSignals

if TYPE_CHECKING:
    from assistant.history.models import Message
    from assistant.history.store import History
    from assistant.ui.conversation.chips import Play

_FIRST = 12
"""Messages that are shown at once; older ones follow, one in each turn of the event loop, as the reader nears them."""
_EARLIER = 12
_NEAR_TOP = 600
_FLASH_MS = 1600

MessageView = QuestionView | AnswerView


class ConversationView(QWidget):
    """Shows the conversation that the controller has open."""

    picture_opened = Signal(object, object)
    link_clicked = Signal(str)
    retry_requested = Signal(int)
    delete_requested = Signal(int)
    corrected = Signal(int, str)
    suggested = Signal(str)
    """A question that was offered below a transcript."""
    failed = Signal(str)
    emptied = Signal(bool)
    """Whether there is nothing to show now."""

    def __init__(
        self,
        controller: ControllerSignals,
        history: History,
        background: Background,
        play: Play | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._history, self._background, self._play = history, background, play
        self._conversation = 0
        self._views: dict[int, MessageView] = {}
        self._earlier: list[Message] = []
        self._live: dict[int, str] = {}
        self._wanted = 0
        self._column = Column()
        self._scroll = FollowingScrollArea(self)
        self._scroll.setWidget(self._column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._scroll)
        self._builder = QTimer(self)
        self._builder.setInterval(0)
        self._builder.timeout.connect(self._build_earlier)
        self._to_build = 0
        self._scroll.verticalScrollBar().valueChanged.connect(self._near_top)
        self._listen(controller)

    @property
    def conversation(self) -> int:
        return self._conversation

    @property
    def views(self) -> list[MessageView]:
        """The messages that have widgets, oldest first."""
        return [self._views[key] for key in sorted(self._views)]

    @property
    def scroll_area(self) -> FollowingScrollArea:
        return self._scroll

    @Slot(int)
    def open(self, conversation: int) -> None:
        """Shows a conversation (0: none) from its end."""
        if conversation != self._conversation or not conversation:
            self._clear()
            self._conversation = conversation
            self._wanted = 0
        self.refresh()
        self._scroll.jump_to_latest()

    def jump_to(self, message: int) -> None:
        """Scrolls to a message of the open conversation and marks it for a moment."""
        self._wanted = message
        if message in self._views:
            self._show_wanted()
        else:
            self._to_build = sum(1 for each in self._earlier if each.id >= message) + 2
            self._builder.start()

    def refresh(self) -> None:
        """Brings the widgets in step with the history: adds what is new, drops what is gone."""
        messages = self._history.messages(self._conversation) if self._conversation else []
        known = {each.id for each in messages}
        for gone in [key for key in self._views if key not in known]:
            self._drop(gone)
        if not self._views:
            self._earlier = messages[:-_FIRST]
        waiting = {each.id for each in self._earlier}
        self._earlier = [each for each in messages if each.id in waiting]
        for message in messages:
            if message.id not in waiting:
                self._show(message)
        self.emptied.emit(not messages)

    def _listen(self, controller: ControllerSignals) -> None:
        controller.conversation_changed.connect(self.open)
        controller.turn_opened.connect(self._on_turn)
        controller.draft_kept.connect(self._on_draft)
        controller.message_changed.connect(self._on_changed)
        controller.delta.connect(self._on_delta)
        controller.stage.connect(self._on_stage)
        controller.turn_closed.connect(self._on_closed)

    @Slot(int, int, int)
    def _on_turn(self, conversation: int, _question: int, answer: int) -> None:
        self._live[answer] = ""
        if conversation == self._conversation:
            self.refresh()
            self._scroll.jump_to_latest()

    @Slot(int, int)
    def _on_draft(self, conversation: int, _message: int) -> None:
        if conversation == self._conversation:
            self.refresh()

    @Slot(int)
    def _on_changed(self, message: int) -> None:
        if message in self._views and (found := self._history.message(message)):
            self._show(found)

    @Slot(int, str)
    def _on_delta(self, answer: int, text: str) -> None:
        self._live[answer] = self._live.get(answer, "") + text
        view = self._views.get(answer)
        if isinstance(view, AnswerView):
            view.append(text)

    @Slot(str)
    def _on_stage(self, text: str) -> None:
        for answer in self._live:
            view = self._views.get(answer)
            if isinstance(view, AnswerView):
                view.show_stage(text)

    @Slot(int, str)
    def _on_closed(self, answer: int, _state: str) -> None:
        self._live.pop(answer, None)
        self._on_changed(answer)

    def _show(self, message: Message) -> None:
        """Updates a message's widget, or makes one at its place."""
        view = self._views.get(message.id)
        if view is None:
            self._insert(message)
        elif isinstance(view, AnswerView):
            view.show_message(message)
        else:
            view.show_message(message)

    def _insert(self, message: Message) -> None:
        view = self._make(message)
        index = sum(1 for key in self._views if key < message.id)
        self._views[message.id] = view
        self._column.column.insertWidget(index, view)
        view.show()

    def _make(self, message: Message) -> MessageView:
        if message.role == "user":
            question = QuestionView(message, self._history, self._background, self._play, self._column)
            question.picture_opened.connect(self.picture_opened)
            question.corrected.connect(self.corrected)
            question.retry_requested.connect(self.retry_requested)
            question.failed.connect(self.failed)
            return question
        answer = AnswerView(message, self._background, self._column)
        if message.state == "streaming" and (so_far := self._live.get(message.id) or message.text):
            answer.append(so_far)
        answer.retry_requested.connect(self.retry_requested)
        answer.delete_requested.connect(self.delete_requested)
        answer.link_clicked.connect(self.link_clicked)
        answer.suggested.connect(self.suggested)
        return answer

    def _drop(self, message: int) -> None:
        view = self._views.pop(message)
        self._column.column.removeWidget(view)
        view.hide()
        view.deleteLater()

    def _clear(self) -> None:
        self._builder.stop()
        self._earlier = []
        for key in list(self._views):
            self._drop(key)

    @Slot(int)
    def _near_top(self, value: int) -> None:
        if value < _NEAR_TOP and self._earlier and not self._scroll.following and not self._builder.isActive():
            self._to_build = _EARLIER
            self._builder.start()

    @Slot()
    def _build_earlier(self) -> None:
        """One older message a turn of the event loop: none holds up the window."""
        if self._to_build <= 0 or not self._earlier:
            self._builder.stop()
            self._scroll.hold_from_end(False)
            self._show_wanted()
            return
        self._to_build -= 1
        self._scroll.hold_from_end(True)
        self._insert(self._earlier.pop())

    def _show_wanted(self) -> None:
        wanted, self._wanted = self._wanted, 0
        view = self._views.get(wanted)
        if view is not None:
            self._column.layout().activate()  # type: ignore[union-attr]
            self._scroll.show_child(view)
            self._flash(view)

    def _flash(self, view: QWidget) -> None:
        mark = QWidget(self._column)
        mark.setObjectName("flash")
        mark.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        mark.setGeometry(view.geometry().adjusted(-8, -4, 8, 4))
        mark.lower()
        mark.show()
        QTimer.singleShot(_FLASH_MS, mark, mark.deleteLater)
