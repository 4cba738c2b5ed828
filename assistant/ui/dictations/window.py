"""The dictation history: a list with the newest on top, and the chosen one beside it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from assistant.ui.bars import Bar
from assistant.ui.dictations.detail import Detail
from assistant.ui.theme import SPACE
from assistant.ui.words import day_group, time_of_day
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.core.errors import HearsightError
    from assistant.history.dictations import Dictation, Dictations
    from assistant.ui.conversation.chips import Play
    from assistant.workers.controller import Controller

_MOST = 500
_UNDO_SECONDS = 10
_EMPTY = "Hold {key} in any program and speak: what you say is typed there, and is listed here."
_ENGINES = [("light", "Light engine"), ("phi4", "Phi-4-multimodal")]


class DictationsWindow(QDialog):
    """Stands beside the main window; nothing waits for it."""

    def __init__(
        self,
        controller: Controller,
        store: Dictations,
        background: Background,
        play: Play | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Dictation history")
        self.resize(860, 520)
        self._controller, self._store, self._background = controller, store, background
        self._found: dict[int, Dictation] = {}
        self._removed: set[int] = set()
        self.list = QListWidget(self)
        self.list.setAccessibleName("Dictations, the newest first")
        self.list.setUniformItemSizes(False)
        self.list.currentItemChanged.connect(self._on_chosen)
        self.detail = Detail(store, background, play, _ENGINES, self)
        self.detail.copy_wanted.connect(controller.dictating.copy)
        self.detail.retry_wanted.connect(controller.dictating.retry)
        self.detail.delete_wanted.connect(self._remove)
        self.detail.failed.connect(self._say)
        self._empty = QLabel(_EMPTY.format(key=controller.settings.shortcuts.dictate), self)
        self._empty.setObjectName("muted")
        self._empty.setWordWrap(True)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._build()
        controller.dictations_changed.connect(self.refresh)
        controller.notice.connect(self._on_notice)
        self.refresh()

    @Slot()
    def refresh(self) -> None:
        """Reads the list anew."""
        self._background.run(partial(self._store.latest, _MOST), self._show, self._on_error)

    def _build(self) -> None:
        left = QWidget(self)
        left.setObjectName("history")
        left.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        left.setFixedWidth(290)
        column = QVBoxLayout(left)
        column.setContentsMargins(SPACE[1], SPACE[1], SPACE[1], SPACE[1])
        column.addWidget(self.list)
        self._pages = QStackedWidget(self)
        self._pages.addWidget(self._empty)
        self._pages.addWidget(self.detail)
        self._bars = QVBoxLayout()
        self._bars.setContentsMargins(SPACE[3], 0, SPACE[3], SPACE[1])
        right = QVBoxLayout()
        right.addWidget(self._pages, 1)
        right.addLayout(self._bars)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(left)
        layout.addLayout(right, 1)

    @Slot(list)
    def _show(self, dictations: list[Dictation]) -> None:
        chosen = self._chosen()
        self._found = {d.id: d for d in dictations if d.id not in self._removed}
        self.list.blockSignals(True)
        self.list.clear()
        for dictation in self._found.values():
            self.list.addItem(_item(dictation))
        self.list.blockSignals(False)
        at = next((row for row, each in enumerate(self._found) if each == chosen), 0)
        self._pages.setCurrentIndex(1 if self._found else 0)
        if self._found:
            self.list.setCurrentRow(at)
            self._on_chosen()

    def _chosen(self) -> int:
        item = self.list.currentItem()
        return int(item.data(Qt.ItemDataRole.UserRole)) if item is not None else 0

    @Slot()
    def _on_chosen(self) -> None:
        if dictation := self._found.get(self._chosen()):
            self.detail.show_dictation(dictation)

    @Slot(int)
    def _remove(self, id: int) -> None:
        """Out of the list at once, off the disk when it can't be taken back any more."""
        self._removed.add(id)
        self._show([d for d in self._found.values()])
        self._add_bar(
            Bar(
                "The dictation was deleted.",
                [("Undo", partial(self._take_back, id))],
                icon_name="trash",
                seconds=_UNDO_SECONDS,
                on_close=partial(self._delete, id),
            )
        )

    def _take_back(self, id: int) -> None:
        self._removed.discard(id)
        self.refresh()

    def _delete(self, id: int) -> None:
        self._controller.dictating.delete(id)

    def closeEvent(self, event: object) -> None:
        """What was removed goes for good now."""
        for bar in self.findChildren(Bar):
            if not bar.isHidden():
                bar.end()
        super().closeEvent(event)  # type: ignore[arg-type]

    def reject(self) -> None:
        """Esc closes the window as its × does."""
        self.close()

    @Slot(str)
    def _say(self, text: str) -> None:
        self._add_bar(Bar(text, [], seconds=_UNDO_SECONDS))

    @Slot(str, str)
    def _on_notice(self, text: str, _action: str) -> None:
        if self.isActiveWindow():
            self._say(text)

    @Slot(object)
    def _on_error(self, error: HearsightError) -> None:
        self._say(str(error))

    def _add_bar(self, bar: Bar) -> None:
        self._bars.addWidget(bar)
        bar.show()


def _item(dictation: Dictation) -> QListWidgetItem:
    words = " ".join((dictation.text or dictation.error or "No words were understood.").split())
    head = f"{day_group(dictation.created)} {time_of_day(dictation.created)}"
    if dictation.program:
        head += f" · {dictation.program}"
    item = QListWidgetItem(f"{head}\n{words[:120]}")
    item.setData(Qt.ItemDataRole.UserRole, dictation.id)
    item.setToolTip(words[:600])
    item.setSizeHint(QSize(0, 48))
    return item
