"""What is done to whole conversations and messages, with the way back where there is one."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from assistant.core.errors import HearsightError
from assistant.ui.bars import BarStack
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.history.store import History
    from assistant.workers.controller import Controller


class ConversationActions(QObject):
    """Pin, delete with Undo, delete an answer. What rewrites the database runs in the pool."""

    message_removed = Signal()
    failed = Signal(str)

    def __init__(
        self, controller: Controller, history: History, background: Background, bars: BarStack, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._controller, self._history, self._background, self._bars = controller, history, background, bars

    @Slot(int, bool)
    def pin(self, conversation: int, pinned: bool) -> None:
        self._background.run(partial(self._history.pin, conversation, pinned), self._changed, self._on_error)

    @Slot(int, str)
    def remove_conversation(self, conversation: int, title: str) -> None:
        """Into the trash, with ten seconds to take it back."""
        self._controller.remove_conversation(conversation)
        undo = partial(self._controller.restore_conversation, conversation)
        self._bars.offer_undo(f"“{title}” was deleted.", undo)

    @Slot(int)
    def delete_answer(self, message: int) -> None:
        self._background.run(partial(self._history.remove_message, message), self._removed, self._on_error)

    @Slot(object)
    def _changed(self, _nothing: None) -> None:
        self._controller.history_changed.emit()

    @Slot(object)
    def _removed(self, _nothing: None) -> None:
        self.message_removed.emit()

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self.failed.emit(str(error))
