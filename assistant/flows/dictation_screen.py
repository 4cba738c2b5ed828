"""Names and terms on the screen at key-down: what a dictation takes them from, and when they are read.

The screen is taken at key-down and read while the user speaks, in the time that the recogniser does not need: reading
stops at the release, at a pause and when a piece of speech is whole, so that it never holds up recognising by more
than the engine takes to heed a stop. What is read in time spells the names; a dictation too short for that goes on
with the window's title alone. The picture and its text stay in memory, and go with the dictation.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import replace

import numpy as np

from assistant.core.cancel import Cancelled, CancelToken
from assistant.core.errors import HearsightError
from assistant.core.media import Picture, Window
from assistant.dictation import spelling
from assistant.engine.base import Engine

log = logging.getLogger(__name__)


class ScreenWords:
    """One dictation's screen, between the thread that takes it and the engine's, which reads it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._picture: Picture | None = None
        self._text = ""
        self._over = False

    @property
    def waits(self) -> bool:
        """Whether there is something left to read."""
        return self._picture is not None

    def offer(self, screen: Picture) -> None:
        """Takes the screen as it was at key-down; too late, it is dropped."""
        with self._lock:
            if not self._over:
                self._picture = active_part(screen)

    def read(self, engine: Engine, stop: CancelToken) -> None:
        """Reads until done or stopped; stopped, the next call goes on. A screen that can't be read has no words."""
        picture = self._picture
        if picture is None:
            return
        try:
            self._text = engine.read_screen(picture, stop)
        except Cancelled:
            return
        except HearsightError as error:
            log.debug("the screen could not be read for a dictation: %s", type(error).__name__)
        self._picture = None

    def terms(self, language: str) -> tuple[str, ...]:
        """The names and terms read; none until all is read, and none for a language without a list of words."""
        return spelling.terms(self._text, language) if self._text else ()

    def drop(self) -> None:
        """Lets go of picture and text."""
        with self._lock:
            self._picture, self._text, self._over = None, "", True


def active_part(screen: Picture) -> Picture:
    """The active window's part of the screen, with the windows that lie on it; all of it where none is known."""
    active = next((window for window in screen.windows if window.active), None)
    if active is None or not active.rect.area:
        return screen
    rect = active.rect
    pixels = np.ascontiguousarray(screen.pixels[rect.y : rect.bottom, rect.x : rect.right])
    moved = [_moved(window, active) for window in screen.windows]
    return Picture(pixels, screen.name, tuple(window for window in moved if window.rect.area), screen.is_screen)


def _moved(window: Window, active: Window) -> Window:
    return replace(window, rect=window.rect.intersect(active.rect).moved(-active.rect.x, -active.rect.y))
