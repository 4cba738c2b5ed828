"""Collects the pieces of answers and hands them on at most 30 times a second: more repaints than that nobody sees."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QTimer, Slot

_INTERVAL_MS = 33


class DeltaBatcher(QObject):
    """On the GUI thread. Pieces of one answer keep their order; `flush` hands on what is left at once."""

    def __init__(self, hand_on: Callable[[int, str], None], parent: QObject) -> None:
        super().__init__(parent)
        self._hand_on = hand_on
        self._pieces: dict[int, list[str]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.flush)

    def add(self, answer: int, text: str) -> None:
        self._pieces.setdefault(answer, []).append(text)
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def flush(self) -> None:
        self._timer.stop()
        waiting, self._pieces = self._pieces, {}
        for answer, pieces in waiting.items():
            self._hand_on(answer, "".join(pieces))
