"""What the window's process and the engine's process say to each other over the control pipe. All of it is pickled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from assistant.core.errors import HearsightError
from assistant.core.events import Progress
from assistant.core.media import Window
from assistant.core.prompt import Role, Task

Method = Literal["load", "warm", "generate", "transcribe", "read_screen"]


@dataclass(frozen=True)
class PictureReference:
    """A picture without its pixels. `attached`: they follow on the channel of arrays; else the receiver has them."""

    sha256: str
    name: str
    windows: tuple[Window, ...]
    is_screen: bool
    attached: bool


@dataclass(frozen=True)
class ClipReference:
    """A clip without its samples, which follow on the channel of arrays."""

    name: str


@dataclass(frozen=True)
class PackedTurn:
    role: Role
    text: str
    screen_text: str
    pictures: tuple[PictureReference, ...]


@dataclass(frozen=True)
class PackedPrompt:
    history: tuple[PackedTurn, ...]
    pictures: tuple[PictureReference, ...]
    clip: ClipReference | None
    text: str
    task: Task


@dataclass(frozen=True)
class Call:
    """A request; `drop` names the pictures that the receiver need no longer keep."""

    number: int
    method: Method
    arguments: tuple[Any, ...] = ()
    drop: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cancel:
    number: int


@dataclass(frozen=True)
class Loading:
    """From the engine's process: how far loading has come."""

    what: str
    share: float


@dataclass(frozen=True)
class Events:
    """From the engine's process: what was emitted since the last message."""

    events: tuple[Progress, ...]


@dataclass(frozen=True)
class Returned:
    """From the engine's process: the call is over; `value` is what it returned."""

    value: object


@dataclass(frozen=True)
class Raised:
    """From the engine's process: the call failed."""

    error: HearsightError


@dataclass(frozen=True)
class WasCancelled:
    """From the engine's process: the call was stopped."""


Reply = Loading | Events | Returned | Raised | WasCancelled
