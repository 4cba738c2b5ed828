"""Typing into another program: the window that is meant, what came of it, and what a system has to bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from assistant.core.cancel import CancelToken
from assistant.desktop.targets import Kind

Where = Literal["focused", "elsewhere", "gone"]
Undo = Literal["", "undo", "backspace"]


@dataclass(frozen=True)
class Target:
    """The window that had the focus at key-down.

    Attributes:
        id: the system's own name of the window; empty where the system tells programs nothing about windows.
        title: what stands in its title bar; never logged.
        program: the window's class ("XTerm", "org.gnome.gedit"); empty where unknown.
        kind: what sort of program it is. terminal: a line break would run a command. code: no capitals are put in.
        is_password: whether the system says that a password is asked for.
        pid: of its process; 0 where unknown.
        before: the text before the cursor, as much as the system tells (see `desktop.cursor`); None where nothing
            tells. The user's content: never logged, never stored.
    """

    id: str
    title: str
    program: str
    kind: Kind = "plain"
    is_password: bool = False
    pid: int = 0
    before: str | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class Inserted:
    """A text that went out.

    Attributes:
        handler: the way that was taken.
        characters: how many code points went out.
        receipt: whether the target was seen to take the whole text. Without it the text was sent, no more.
        seconds: how long each part took: "wait" (for the hands), "save", "keys", "read", "total", as far as they apply.
        notices: what the user should know, in plain sentences; empty when all is as it was before.
        target: where it went.
        undo: how it can be taken back ("", "undo", "backspace"); empty where it can't.
    """

    handler: str
    characters: int
    receipt: bool
    seconds: Mapping[str, float]
    notices: tuple[str, ...] = ()
    target: Target | None = None
    undo: Undo = ""


@dataclass(frozen=True)
class Availability:
    """One handler's state here, for `hearsight doctor`."""

    name: str
    works: bool
    reason: str = field(default="")


class TypingHandler(Protocol):
    """One way to put text into the focused window. Its calls may come from any thread, one at a time.

    Attributes:
        name: for people.
    """

    name: str

    def is_compatible(self) -> bool:
        """Whether this system and session are of the handler's kind. Cheap, and never raises."""
        ...

    def is_installed(self) -> bool:
        """Whether the parts it needs are on this machine. Cheap, and never raises."""
        ...

    def install_instructions(self) -> str:
        """What to do where `is_installed` says no."""
        ...

    def target(self) -> Target | None:
        """The window that has the focus now; None where none has it. Quick: it is called at key-down.

        Raises:
            HearsightError: the display can't be reached.
        """
        ...

    def where(self, target: Target) -> Where:
        """Whether the target still exists and has the focus."""
        ...

    def refuses(self, text: str, target: Target) -> str:
        """Why this handler can't put exactly this text there, in one plain sentence; empty when it can."""
        ...

    def insert(self, text: str, target: Target, cancel: CancelToken) -> Inserted:
        """Puts the text in at the cursor of the target, whole or not at all.

        Nothing goes out unless the target has the focus at that very moment, and no modifier is held.

        Raises:
            TargetLost: the target is gone; nothing went out.
            FocusMoved: another window has the focus; nothing went out.
            InsertRefused: it can't be done; nothing went out, unless the message says so.
            NotRead: it was offered and not taken in time; it is left in the clipboard.
            Cancelled: the token was set before anything went out.
        """
        ...

    def undo(self, inserted: Inserted) -> None:
        """Takes back what `insert` put in.

        Raises:
            InsertRefused: it can't be taken back there; says why.
            TargetLost: see `insert`.
            FocusMoved: see `insert`.
        """
        ...

    def activate(self, target: Target) -> None:
        """Asks the system to give the target the focus; harmless where it can't."""
        ...

    def copy(self, text: str) -> None:
        """Puts the text into the clipboard, for the user to paste.

        Raises:
            InsertRefused: the clipboard can't be reached.
        """
        ...

    def close(self) -> None:
        """Gives back what it holds; the user's clipboard outlives it. Harmless when nothing is held."""
        ...
