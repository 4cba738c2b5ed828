"""Holds the GUI thread still for another one: see `core.stillness`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, Signal, Slot

_REACH_SECONDS = 0.5
"""How long a busy GUI thread is waited for."""
_MOST_SECONDS = 2.0
"""A still GUI thread goes on by itself after this."""


class _Moment:
    """One stillness: reached by the GUI thread, over when the other thread says so."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.over = threading.Event()


class Stillness(QObject):
    """Made on the GUI thread; `hold` belongs to any other one."""

    _wanted = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._owner = threading.get_ident()
        self._wanted.connect(self._stand)

    @contextmanager
    def hold(self) -> Iterator[bool]:
        """Whether the GUI thread stands still until the end of the `with`."""
        if threading.get_ident() == self._owner:
            yield True
            return
        moment = _Moment()
        self._wanted.emit(moment)
        try:
            yield moment.reached.wait(_REACH_SECONDS)
        finally:
            moment.over.set()

    @Slot(object)
    def _stand(self, moment: _Moment) -> None:
        moment.reached.set()
        # In Python, not in Qt: the other threads run meanwhile.
        moment.over.wait(_MOST_SECONDS)
