"""The controller's part that only touches the history: which conversation is open, and what happens to the others."""

from __future__ import annotations

import time

from PySide6.QtCore import Slot

from assistant.settings.models import Settings
from assistant.workers.parts import Parts
from assistant.workers.signals import ControllerSignals

UNDO_SECONDS = 10.0
"""How long a removed conversation can be taken back."""


class ControllerConversations(ControllerSignals):
    """Opens, renames and removes conversations; each call is one small write.

    Attributes:
        conversation: the open one; 0 when the next question starts a new one.
    """

    def __init__(self, parts: Parts, settings: Settings) -> None:
        super().__init__()
        self.parts = parts
        self.settings = settings
        self.conversation = 0

    @Slot()
    def new_conversation(self) -> None:
        self.open_conversation(0)

    @Slot(int)
    def open_conversation(self, conversation: int) -> None:
        self.conversation = conversation
        self.conversation_changed.emit(conversation)

    @Slot(int, str)
    def rename_conversation(self, conversation: int, title: str) -> None:
        self.parts.history.rename(conversation, title)
        self.history_changed.emit()

    @Slot(int)
    def remove_conversation(self, conversation: int) -> None:
        """Puts a conversation into the trash, from which `restore_conversation` takes it back."""
        self.parts.history.trash(conversation)
        if conversation == self.conversation:
            self.new_conversation()
        self.history_changed.emit()

    @Slot(int)
    def restore_conversation(self, conversation: int) -> None:
        self.parts.history.restore(conversation)
        self.history_changed.emit()

    def _continued(self) -> int:
        """The conversation that a spoken question goes on with: the open one if it is recent, else a new one (0)."""
        last = self.parts.history.messages(self.conversation)[-1:] if self.conversation else []
        recent = last and time.time() - last[0].created < self.settings.general.continue_minutes * 60
        return self.conversation if recent else 0
