"""The main window: history at the left, the conversation, the composer, the status line.

It is drawn before the rest of the program is even imported: `MainWindow()` needs only Qt, and `attach` brings it to
life once controller, history and settings are there (see `session`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QHBoxLayout, QMainWindow, QSplitter, QStackedWidget, QVBoxLayout, QWidget

from assistant.ui import window_state
from assistant.ui.bars import BarStack
from assistant.ui.composer.composer import SCREENSHOT_KEY, Composer
from assistant.ui.conversation.empty import EmptyState
from assistant.ui.history_panel.panel import WIDTH, HistoryPanel
from assistant.ui.icons import application_icon
from assistant.ui.status_line import StatusLine
from assistant.ui.theme import SPACE, TEXT_WIDTH
from assistant.workers.background import Background

if TYPE_CHECKING:
    from assistant.history.store import History
    from assistant.settings.store import SettingsStore
    from assistant.ui.conversation.chips import Play
    from assistant.ui.conversation.view import ConversationView
    from assistant.ui.session import Session
    from assistant.ui.settings.editor import SettingsEditor
    from assistant.workers.controller import Controller
    from assistant.workers.downloads import Downloads

SIZE, SMALLEST = (1100, 720), (760, 520)
_HISTORY_SMALLEST, _CONVERSATION_SMALLEST = 180, 440


class MainWindow(QMainWindow):
    """Lays out the parts and behaves as a window; what they do is the `Session`'s.

    Args:
        controller, history, settings_store: given together, they are attached at once.
        play: plays a clip on the calling thread; without it recordings have no play button.
        downloads: fetches missing models from the engine's settings.
        state_file: where the window's place is kept between runs.
    """

    quit_requested = Signal()
    """The user closed the window where that ends the program, or pressed Ctrl+Q."""

    def __init__(
        self,
        controller: Controller | None = None,
        history: History | None = None,
        settings_store: SettingsStore | None = None,
        *,
        play: Play | None = None,
        downloads: Downloads | None = None,
        state_file: Path | None = None,
    ) -> None:
        super().__init__()
        self._state_file = state_file
        self._session: Session | None = None
        self.hides_on_close = False
        self.background = Background(self, threads=3)
        self.setWindowTitle("Hearsight")
        self.setWindowIcon(application_icon())
        self.setMinimumSize(*SMALLEST)
        self._build()
        if state_file is None or not window_state.restore(state_file, self, self._splitter):
            self.resize(*SIZE)
            self._splitter.setSizes([WIDTH, SIZE[0] - WIDTH])
        self.composer.editor.setFocus()
        if controller is not None and history is not None and settings_store is not None:
            self.attach(controller, history, settings_store, play=play, downloads=downloads)

    def attach(
        self,
        controller: Controller,
        history: History,
        settings_store: SettingsStore,
        *,
        play: Play | None = None,
        downloads: Downloads | None = None,
    ) -> None:
        """Connects the window with what it shows and commands. Once."""
        from assistant.ui.session import Session

        self._session = Session(self, controller, history, settings_store, play, downloads)
        self._stack.addWidget(self._session.conversation)
        self._session.begin()

    @property
    def session(self) -> Session:
        assert self._session is not None, "the window is not attached yet"
        return self._session

    @property
    def conversation(self) -> ConversationView:
        return self.session.conversation

    @property
    def settings(self) -> SettingsEditor:
        return self.session.settings

    def appear(self, *, focus: bool) -> None:
        """Brings the window up; without focus where the user is at work in another program."""
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, not focus)
        self.setWindowState(self.windowState() & ~Qt.WindowState.WindowMinimized)
        self.show()
        self.raise_()
        if focus:
            self.activateWindow()
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating, False)

    @Slot()
    def show_and_raise(self) -> None:
        """The window as the user wants it now: on top, with the focus."""
        self.appear(focus=True)

    @Slot(bool)
    def show_empty(self, empty: bool) -> None:
        """Shows the ways to ask instead of the conversation."""
        self._stack.setCurrentWidget(self.empty if empty else self.conversation)

    @Slot()
    def show_settings(self, page: str = "general") -> None:
        """Opens the settings, beside this window."""
        self.session.show_settings(page or "general")

    def closeEvent(self, event: QCloseEvent) -> None:
        self._keep_state()
        if self.hides_on_close:
            event.ignore()
            self.hide()
        else:
            super().closeEvent(event)
            # After the event: whoever quits on this may take the window apart.
            QTimer.singleShot(0, self, self.quit_requested.emit)

    def shut_down(self) -> None:
        """Writes what waits and ends the background threads; the window is of no use after."""
        self._keep_state()
        if self._session is not None:
            self._session.end()
        self.background.close()

    def _keep_state(self) -> None:
        if self._state_file is not None and self.isVisible():
            window_state.keep(self._state_file, self, self._splitter)

    def _build(self) -> None:
        self.history = HistoryPanel(self.background, self)
        self.history.setMinimumWidth(_HISTORY_SMALLEST)
        self.empty = EmptyState(SCREENSHOT_KEY, self)
        self.bars = BarStack(self)
        self.composer = Composer(self.background, self)
        self.status = StatusLine(self)
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.empty)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self.history)
        self._splitter.addWidget(self._right())
        self._splitter.setStretchFactor(1, 1)
        whole = QWidget(self)
        whole.setObjectName("page")
        rows = QVBoxLayout(whole)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._splitter, 1)
        rows.addWidget(self.status)
        self.setCentralWidget(whole)

    def _right(self) -> QWidget:
        right = QWidget(self)
        right.setMinimumWidth(_CONVERSATION_SMALLEST)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._stack, 1)
        column.addLayout(_centred(self.bars, self.composer))
        return right


def _centred(*widgets: QWidget) -> QHBoxLayout:
    """The widgets in a column a little wider than the conversation's text."""
    column = QVBoxLayout()
    column.setSpacing(SPACE[1])
    holder = QWidget()
    holder.setMaximumWidth(TEXT_WIDTH + 20)
    holder.setLayout(column)
    column.setContentsMargins(0, 0, 0, 0)
    for widget in widgets:
        column.addWidget(widget)
    row = QHBoxLayout()
    row.setContentsMargins(SPACE[3], 0, SPACE[3], SPACE[2])
    row.addStretch(1)
    row.addWidget(holder, 1000)
    row.addStretch(1)
    return row
