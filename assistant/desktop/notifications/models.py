"""What a notification says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """One state of the notification; all texts are plain.

    Attributes:
        summary: what is going on. Never what somebody said, nor what is on the screen.
        words: what was said or answered: shown only where nothing keeps it, or with `even_if_kept`.
        unsure: more words, which may still change.
        hint: what can be done now; comes below the words, and is as harmless as the summary.
        actions: (key, label) of each button.
        is_urgent: it waits for the user, or tells what went wrong.
        even_if_kept: the user wants the words in it though the desktop keeps a list of notifications.
    """

    summary: str
    words: str = ""
    unsure: str = ""
    hint: str = ""
    actions: tuple[tuple[str, str], ...] = ()
    is_urgent: bool = False
    even_if_kept: bool = False


@dataclass(frozen=True)
class Server:
    """Who shows notifications here.

    Attributes:
        address: its unique name on the bus: another server that takes its place has another one.
    """

    address: str
    capabilities: frozenset[str]

    @property
    def keeps(self) -> bool:
        """It says that notifications stay with it until the user has seen them."""
        return "persistence" in self.capabilities

    @property
    def has_markup(self) -> bool:
        return "body-markup" in self.capabilities

    @property
    def has_buttons(self) -> bool:
        return "actions" in self.capabilities
