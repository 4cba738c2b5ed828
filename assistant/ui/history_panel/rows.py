"""The rows of the history's list, and how the model hands them to views and delegate."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from PySide6.QtCore import Qt

from assistant.history.models import Conversation, Hit
from assistant.ui.words import day_group

NEW_TITLE = "New conversation"


class Role(IntEnum):
    ROW = Qt.ItemDataRole.UserRole + 1
    """The `Row` itself."""


@dataclass(frozen=True)
class Row:
    """One row: a group's heading, a conversation, or something that a search found.

    Attributes:
        heading: set for headings only.
        snippet: with matches marked as in `Hit.snippet`; set for hits only.
        message: where a hit is; 0 otherwise.
    """

    heading: str = ""
    conversation: int = 0
    title: str = ""
    pinned: bool = False
    snippet: str = ""
    message: int = 0
    when: float = 0.0


def of_conversation(each: Conversation) -> Row:
    return Row(conversation=each.id, title=each.title or NEW_TITLE, pinned=each.pinned, when=each.updated)


def of_hit(hit: Hit) -> Row:
    return Row(
        conversation=hit.conversation_id,
        title=hit.title or NEW_TITLE,
        snippet=hit.snippet,
        message=hit.message_id,
        when=hit.created,
    )


def grouped(conversations: list[Conversation], after: str = "") -> list[Row]:
    """Conversations with a heading before each group; `after`: the group that the list ended with so far."""
    rows: list[Row] = []
    for each in conversations:
        group = "Pinned" if each.pinned else day_group(each.updated)
        if group != after:
            rows.append(Row(heading=group))
            after = group
        rows.append(of_conversation(each))
    return rows
