"""One dictation under way, as the controller sees it, and what its threads tell."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from assistant.core.cancel import CancelToken
from assistant.core.errors import HearsightError
from assistant.desktop.typing.models import Target
from assistant.flows.dictate import Delivered, Written
from assistant.flows.dictation_screen import ScreenWords
from assistant.flows.dictation_speech import LiveSpeech
from assistant.flows.listening import Listening

_PIN_SECONDS = 5.0


@dataclass(eq=False)
class DictationTurn:
    """From its first key event until its text is in the window.

    Attributes:
        to_type: whether its text is wanted in the window; else it is only kept.
        closing: seconds from the release until the microphone had delivered everything.
        target: the window that had the focus at key-down, once `pinned`.
    """

    speech: LiveSpeech = field(default_factory=LiveSpeech)
    screen: ScreenWords = field(default_factory=ScreenWords)
    listening: Listening | None = None
    stop: CancelToken = field(default_factory=CancelToken)
    to_type: bool = True
    closing: float = 0.0
    target: Target | None = None
    no_target: HearsightError | None = None
    _pinned: threading.Event = field(default_factory=threading.Event)

    def pin(self, target: Target | None, error: HearsightError | None = None) -> None:
        self.target, self.no_target = target, error
        self._pinned.set()

    def pinned_target(self) -> Target | None:
        """The target, as soon as it is known."""
        self._pinned.wait(_PIN_SECONDS)
        return self.target


@dataclass(frozen=True)
class Typing:
    """The text goes out now; or it waits until its window has the focus again."""

    waits: bool = False


@dataclass(frozen=True)
class Ended:
    """The dictation is over.

    Attributes:
        delivered: what became of its text `written`; None where it was only kept.
        id: in the history; 0 where nothing was said.
        problem: why not all of it was recognised.
    """

    id: int
    delivered: Delivered | None = None
    written: Written | None = None
    problem: HearsightError | None = None
